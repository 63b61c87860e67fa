// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "data/text_coder.h"

namespace weft {

std::unique_ptr<TextCoder> make_sentencepiece(const std::string&, const std::string& name) {
  fail(name, ": is no merges file, and if it is a sentencepiece model, this weft was built without the library ",
       "sentencepiece (libsentencepiece.a; docs/INSTALL.md)");
}

}  // namespace weft
