#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One row of the catalogue of faults (docs/CLUSTER.md), or all of them:  run_row.py WEFT FAULT_LIBRARY ROW|all [MORE]
MORE: for rows that can be made longer by hand: 1 seeds, 4 every 32 KiB, 18 one rank a host too, 22 seconds.  Exit 77: it cannot run here.
"""
import subprocess
import sys
import time

import disk
import dying
import hosts
import steps
from jobs import CannotRun, Failed, Work, enter_namespaces

ROWS = {1: dying.killed, 2: dying.ended, 3: dying.signalled, 4: disk.killed_while_writing, 5: disk.full, 6: disk.tampered,
        7: disk.not_writable, 8: steps.slow, 9: dying.stopped, 10: steps.bad_data, 11: steps.uneven, 12: steps.not_finite,
        13: steps.unused, 14: steps.out_of_step, 15: steps.mismatch, 16: dying.other_ranks, 17: steps.drift, 18: hosts.cut,
        19: hosts.shaped, 20: dying.out_of_memory, 21: dying.odd_machine, 22: dying.soak}


# What a row changes that nobody else should see.
NAMESPACES = {5: ("mount",), 7: ("mount",), 18: ("mount", "net"), 19: ("mount", "net"), 21: ("mount",)}


def run(weft, library, row, more):
    start = time.monotonic()
    work = None
    try:
        if row in NAMESPACES:
            enter_namespaces(*NAMESPACES[row])
        print(f"row {ROWS[row].__doc__}", flush=True)
        work = Work(weft, library)
        ROWS[row](work, more)
        status, verdict = 0, "holds"
    except CannotRun as reason:
        status, verdict = 77, f"cannot run here: {reason.args[1]} (tests/allowed_skips.txt: {reason.args[0]})"
    except Failed as what:
        status, verdict = 1, f"FAILS: {what}"
    finally:
        if work:
            work.close()
    print(f"row {row} {verdict} ({time.monotonic() - start:.1f} s)", flush=True)
    return status


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    weft, library, row = sys.argv[1:4]
    if row != "all":
        sys.exit(run(weft, library, int(row), int(sys.argv[4]) if len(sys.argv) == 5 else 0))
    # Each in a process of its own: some enter namespaces.
    status = {row: subprocess.run([sys.executable, __file__, weft, library, str(row)], check=False).returncode for row in ROWS}
    held = [row for row in status if status[row] == 0]
    print(f"{len(held)} of {len(ROWS)} rows hold" + "".join(f"; row {row}: {'cannot run here' if code == 77 else 'fails'}"
                                                            for row, code in status.items() if code))
    sys.exit(len(held) != len(ROWS))


if __name__ == "__main__":
    main()
