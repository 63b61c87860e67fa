// SPDX-License-Identifier: Apache-2.0
// Rows of tables, with each separator and without one; brace patterns of archives' names.
#include "data/formats/csv.h"

#include <sstream>

#include "data/importers/import_webdataset.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  return {bytes_of("\xEF\xBB\xBFimage,caption\r\na.png,\"one \"\"two\"\"\nthree\"\r\nb.png,\r\n"),
          bytes_of("a;b;c\n1;-2.5e3;\"x;y\"\n\n3;4\n"), bytes_of("a\tb\r1\t2\r"), bytes_of("s-{000..012}-{a,b}.tar")};
}

void parse(const Bytes& input) {
  for (const char separator : {'\0', ',', '\t', ' '}) try {
      CsvTable table(CsvReader(std::make_unique<std::istringstream>(text_of(input)), "table.csv", separator));
      size_t bytes = 0;
      while (table.next()) {
        WEFT_ASSERT(!table.problem().empty() || table.size() == table.columns().size());
        for (size_t column = 0; column < table.size(); ++column) {
          bytes += table.at(column).size();
          number_of(table.at(column));
        }
      }
      WEFT_ASSERT(bytes <= input.size());
    } catch (const Error&) {
    }
  expand_braces(text_of(input));
}

}  // namespace weft::fuzz
