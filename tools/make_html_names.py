#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes data/html_names.cc: the named character references of HTML 5 (html.spec.whatwg.org, section 13.5) as Python's
standard library lists them.  Usage: tools/make_html_names.py > data/html_names.cc"""
import html.entities
import textwrap

names = html.entities.html5
entries = []
for name in sorted(name for name in names if name.endswith(";")):
    points = "+".join(f"{ord(c):X}" for c in names[name])
    entries.append(f"{'!' if name[:-1] in names else ''}{name[:-1]} {points}")
print("""// SPDX-License-Identifier: Apache-2.0
// The names of HTML 5's character references and their code points, by tools/make_html_names.py.  "!": known without its
// semicolon, too.
#include "data/html_references.h"

namespace weft {

const char* const kHtmlNames =""")
lines = textwrap.wrap(",".join(entries).replace(" ", "=").replace(",", ", "), 110)
print("\n".join(f'    "{line.replace(", ", " ")}{" " if i + 1 < len(lines) else ""}"' for i, line in enumerate(lines))
      .replace(', "', ' "').replace(",", "") + ";")
print("""
}  // namespace weft""")
