// SPDX-License-Identifier: Apache-2.0
// Character references of HTML in texts that come from web pages: &amp; &eacute; &#233; &#xE9;, by the rules of HTML 5
// (html.spec.whatwg.org, section 13.2.5), as Python's html.unescape applies them.
#pragma once

#include <string>

namespace weft {

// One pass: "&amp;lt;" becomes "&lt;".  What refers to nothing stays as it is.
std::string resolve_references(const std::string& text);

extern const char* const kHtmlNames;  // html_names.cc: "name=1F+2A ", "!name=..." where the semicolon may be missing

}  // namespace weft
