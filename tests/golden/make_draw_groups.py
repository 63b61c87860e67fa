# SPDX-License-Identifier: Apache-2.0
# The groups that data/store_writer.cc's draw_groups draws, and the folds that data/manifest.cc gives them, by the Python
# package xxhash (4.1).  Prints the numbers that tests/data/draw_groups_test.cc holds.
import xxhash

GROUPS = [f"group-{i}" for i in range(20)]


def drawn(fraction, seed):
    return sorted(g for g in GROUPS if xxhash.xxh3_64_intdigest(g.encode(), seed=seed) < fraction * 2**64)


for fraction, seed in [(0.3, 7), (0.3, 8), (0.5, 7)]:
    print(fraction, seed, drawn(fraction, seed))

for count, seed in [(5, 0), (3, 7)]:
    print(count, seed, [xxhash.xxh3_64_intdigest(f"fold of {g}".encode(), seed=seed) % count for g in GROUPS])
