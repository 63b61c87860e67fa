# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the files of the tree, and C++ text with comments and literals blanked out."""
import os
import pathlib
import re
import sys

CODE = (".h", ".cc", ".cu", ".cuh")
MADE = ("build", "runs", "datasets", "__pycache__")  # as in .gitignore


def root():
    """The tree to check: the first argument, else the one this file lies in."""
    folders = [word for word in sys.argv[1:] if not word.startswith("-")]
    return pathlib.Path(folders[0] if folders else pathlib.Path(__file__).parent.parent).resolve()


def files(top, suffixes=CODE):
    """The files of the tree, committed or not, as paths from `top`; what is built, written by runs or hidden is not of it."""
    found = []
    for folder, inner, names in os.walk(top):
        inner[:] = [name for name in inner if not name.startswith(".") and name not in MADE]
        found += [pathlib.Path(folder, name).relative_to(top) for name in names if name.endswith(suffixes)]
    return sorted(found)


def read(top, name):
    return (top / name).read_text(encoding="utf-8")


# In this order: what starts first in the text wins, so that a quote in a comment or // in a string mislead nobody.
_INERT = re.compile(r'''
    //(?:[^\n\\]|\\.|\\\n)*                               # line comment
  | /\*.*?\*/                                             # block comment
  | (?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"   # raw string
  | "(?:[^"\\\n]|\\.)*"                                   # string
  | (?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+'                  # character; not the ' inside 1'000
''', re.VERBOSE | re.DOTALL)


def blanked(text):
    """The text with every comment and literal replaced by blanks; line breaks and offsets stay."""
    return _INERT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)] if ordered else 0


def verdict(name, figures, problems):
    """Prints the offences and the figures; the status to exit with."""
    for problem in problems:
        print(problem)
    print(f"check_{name}: {figures}: {'failed' if problems else 'passed'}")
    return 1 if problems else 0
