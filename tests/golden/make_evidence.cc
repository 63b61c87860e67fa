// SPDX-License-Identifier: Apache-2.0
// Wrote tests/golden/evidence_v2, at the release that brought version 2 of the format:
//   ninja make_evidence_golden && tests/data/make_evidence_golden FOLDER, then FOLDER/evidence/labels moved there
// It is never written again: what a release has written must load in all later ones.
#include "tests/data/golden_evidence.h"

int main(int, char** argv) {
  weft::golden::version_2().publish(argv[1]);
}
