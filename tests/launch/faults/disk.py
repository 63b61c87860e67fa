# SPDX-License-Identifier: Apache-2.0
"""Checkpoints on disks that fail, and in folders that were tampered with."""
import json
import os
import shutil
import signal
import time

from dying import SLOWLY, resumed_at
from jobs import require

MIB = 1 << 20


def goes_on_from(work, name, step, clean, *overrides, ranks=2):
    """The same command again resumes after `step` and ends as the clean run does."""
    result = work.run(name, ranks, *overrides).must_end(0)
    resumed = resumed_at(result)
    require(resumed == step, f"resumed after step {resumed}, wanted {step}:", result)
    require(work.state(name) == clean, "the end differs from the clean run's")
    require(not work.left_over(name), "left over:", work.left_over(name))
    return result


def killed_while_writing(work, more):
    """4: SIGKILL at byte offsets of the write, a second signal during the save: the save before still loads, and is chosen."""
    clean = work.train("clean", 1)
    written = sum(file.stat().st_size for file in work.checkpoints("clean")[30].iterdir())
    for ranks, victim, shares in ((2, 1, (0, .35, .7)), (4, 0, (.5,))):
        most = written // ranks
        for offset in range(0, most * 3 // 4, 32 << 10) if more else [int(share * most) for share in shares]:
            name = f"run{ranks}-{offset}"
            result = work.run(name, ranks, "run.save_every=10", faults=f"kill_write:{victim}:20:{offset}").must_end(137)
            result.must_say("a fault on purpose: kill_write")
            require(max(work.checkpoints(name)) == 10, "whole are", sorted(work.checkpoints(name)))
            goes_on_from(work, name, 10, clean, "run.save_every=10", ranks=ranks)
            print(f"{ranks} ranks, rank {victim} killed after {offset} bytes of the save of step 20: resumed after step 10, same end")
            shutil.rmtree(work.path / name)
    job = work.start("signals", 2, "run.save_every=1", faults=SLOWLY)
    job.wait_to_hear("step 3/30")
    while "stopped by a signal" not in job.said():  # mpirun itself dies of a signal that comes after its ranks have ended
        os.kill(job.process.pid, signal.SIGUSR1)
        time.sleep(0.005)
    job.wait().must_end(75)
    goes_on_from(work, "signals", max(work.checkpoints("signals")), clean, "run.save_every=1")
    print("a signal every 5 ms until all is saved: exit 75, saved, same end")


def full(work, _):
    """5: the disk is full, a file may not grow: a clear error, the training goes on, the old save is whole, nothing is left over."""
    clean = work.train("clean", 1)
    size = sum(file.stat().st_size for file in work.checkpoints("clean")[30].iterdir())
    name, folder = "full", work.path / "full/checkpoints"
    folder.mkdir(parents=True)
    work.mount(folder, f"size={size * 3 // 2}")
    result = work.run(name, 2, "run.keep=1")
    result.must_say(r"(?i)no space left on device", "step 30/30")
    saved = sorted(work.checkpoints(name))
    require(saved == [5] and not work.left_over(name), "there are", saved, work.left_over(name))
    print(f"a disk for one save and a half: exit {result.code}, went on to step 30, step 5 kept:",
          next(line for line in result.said.splitlines() if "No space left" in line))
    work.mount(folder, "remount", "size=64m")
    goes_on_from(work, name, 5, clean, "run.keep=1")
    print("with room again: resumed after step 5, same end")
    for what, ranks, options in (("ENOSPC after 10000 bytes of step 10", 2, {"faults": "write_error:1:10:10000"}),
                                 ("RLIMIT_FSIZE", 0, {"prefix": ("prlimit", f"--fsize={size // 4}")})):
        name = what.split()[0]
        result = work.run(name, ranks, **options)
        result.must_say("(?i)no space left on device|file too large", "step 30/30")
        require(not work.left_over(name), "left over:", work.left_over(name))
        print(f"{what}: exit {result.code}, saved are {sorted(work.checkpoints(name))}")
        if work.checkpoints(name):
            require(10 not in work.checkpoints(name), "step 10 counts as saved")
            require(work.state(name) == clean, "the end differs from the clean run's")


def truncate(file):
    os.truncate(file, file.stat().st_size // 2)


def flip_a_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) * 3 // 4] ^= 1
    file.write_bytes(content)


def tampered(work, _):
    """6: truncated, flipped, missing, empty, foreign: refused with file, place and hash, and the save before is taken."""
    clean = work.train("clean", 1)
    work.run("other", 2, "run.seed=2").must_end(0)
    work.run("run", 2, faults="usr1:0:24").must_end(75)
    shutil.copytree(work.path / "run", work.path / "whole")
    last = max(work.checkpoints("run"))
    before = sorted(work.checkpoints("run"))[-2]
    shard = max(work.checkpoints("run")[last].glob("*.safetensors"), key=lambda file: file.stat().st_size).name
    foreign = work.checkpoints("other")[max(work.checkpoints("other"))] / "manifest.json"
    for what, damage, message in (
            ("truncated", lambda folder: truncate(folder / shard), shard), ("flipped", lambda folder: flip_a_bit(folder / shard), shard),
            ("missing", lambda folder: (folder / shard).unlink(), shard),
            ("empty", lambda folder: (folder / shard).write_bytes(b""), shard),
            ("foreign manifest", lambda folder: shutil.copy(foreign, folder / "manifest.json"), r"manifest|hash|XXH3"),
            ("cut manifest", lambda folder: truncate(folder / "manifest.json"), "manifest.json"),
            ("empty manifest", lambda folder: (folder / "manifest.json").write_bytes(b""), "manifest.json")):
        shutil.rmtree(work.path / "run")
        shutil.copytree(work.path / "whole", work.path / "run")
        damage(work.checkpoints("run")[last])
        result = goes_on_from(work, "run", before, clean).must_say(message)
        print(f"{what}: step {before} taken, same end:",
              next(line for line in result.said.splitlines() if f"{last:08}" in line or "damaged" in line))


def not_writable(work, _):
    """7: a read-only or vanished folder, EIO: as a full disk."""
    clean = work.train("clean", 1)
    for what in ("read-only", "vanished"):
        folder = work.path / what / "checkpoints"
        folder.mkdir(parents=True)
        work.mount(folder)
        job = work.start(what, 2, "run.keep=1", faults=SLOWLY)
        job.wait_for(lambda name=what: 5 in work.checkpoints(name))
        if what == "read-only":
            work.mount(folder, "remount", "ro")
            result = job.wait()
            result.must_say("(?i)read-only file system", "step 30/30")
            work.mount(folder, "remount", "rw")
            require(sorted(work.checkpoints(what)) == [5], "saved are", sorted(work.checkpoints(what)))
            goes_on_from(work, what, 5, clean, "run.keep=1")
        else:
            shutil.rmtree(folder, ignore_errors=True)
            result = job.wait().must_say("step 30/30")
            goes_on_from(work, what, max(work.checkpoints(what), default=0), clean, "run.keep=1")
        print(f"{what}: exit {result.code}, went on to step 30; again: same end")
    for call in ("write", "fsync"):
        env = {"LD_PRELOAD": work.library, "FAIL_CALL": call, "FAIL_PATH": "step-00000010"}
        result = work.run(call, 2, env=env).must_say("(?i)input/output error", "step 30/30")
        require(10 not in work.checkpoints(call) and not work.left_over(call), "there are", sorted(work.checkpoints(call)))
        require(work.state(call) == clean, "the end differs from the clean run's")
        print(f"EIO of {call} in the save of step 10: exit {result.code}, saved are {sorted(work.checkpoints(call))}, same end")
