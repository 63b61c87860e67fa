# SPDX-License-Identifier: Apache-2.0
"""Ranks and jobs that end, stop or run out of something."""
import json
import os
import random
import re
import resource
import signal
import time

from jobs import require

STOPPED = r"stopped by a signal after step (\d+)"
LIMIT_MIB = 1000
SLOWLY = "slow:*:*:30"  # 30 steps take a second, so that a signal meets the run


def resumed_at(result):
    found = re.search(r"resuming after step (\d+)", result.said)
    return int(found[1]) if found else 0


def killed(work, more):
    """1: SIGKILL of a rank at a random step: the job ends within 5 s, the next goes on from the last save to the clean end."""
    work.kill_at_once(False)
    clean = work.train("clean", 1)
    for seed in range(more or 3):
        ranks = (2, 2, 4)[seed % 3]
        job = work.start(f"run{seed}", ranks, faults=f"kill:{random.Random(seed).randrange(ranks)}:~30/{seed}")
        step = int(job.wait_to_hear(r"a fault on purpose: kill:\S+ at step (\d+)")[1])
        struck = time.monotonic()
        job.wait(30).must_end(137)
        ended = time.monotonic() - struck
        require(ended <= 5, f"the job ended {ended:.1f} s after its rank")
        saved = max(work.checkpoints(f"run{seed}"), default=0)
        require(saved <= step, f"step {saved} was saved before step {step}, at which the rank died")
        resumed = resumed_at(work.run(f"run{seed}", ranks).must_end(0))
        require(resumed == saved, f"resumed after step {resumed}, the last save is of step {saved}")
        require(work.state(f"run{seed}") == clean, "the end differs from the clean run's")
        print(f"seed {seed}, {ranks} ranks: killed at step {step}, ended {ended:.1f} s later, resumed after step {resumed}, same end")


def ended(work, _):
    """2: exit, abort, exception, segmentation fault of a rank: the job has its exit code and its log names the rank."""
    for fault, code in (("exit:1:5:3", 3), ("exit:1:5:42", 42), ("throw:1:5", 1), ("abort:1:5", 134), ("segv:1:5", 139),
                        ("kill:1:5", 137)):
        result = work.run(fault.replace(":", "-"), 2, faults=fault).must_end(code)
        named = re.search(r"error \(rank 1\).*|Process name: \[\[\d+,1\],1\]|mpirun noticed that process rank 1 .*", result.said)
        require(named, "rank 1 is not named in", result)
        print(f"{fault}: exit {result.code}, \"{named[0]}\"")


def signalled(work, _):
    """3: SIGUSR1 to mpirun, to one rank, SIGTERM with a longer grace: all ranks stop at one step, saved, exit 75, resumed exactly."""
    clean = work.train("clean", 1)
    # On SIGTERM mpirun waits for so long, sends it on, waits as long again, and then sends SIGKILL.
    grace = ("--mca", "odls_base_sigkill_timeout", "2")
    cases = [(2, signal.SIGUSR1, (), SLOWLY), (4, signal.SIGUSR1, (), SLOWLY), (2, signal.SIGTERM, grace, "slow:*:*:150"),
             (2, None, (), "usr1:1:7")]
    for number, (ranks, number_of_signal, mpi, faults) in enumerate(cases):
        name = f"run{number}"
        job = work.start(name, ranks, faults=faults, mpi=mpi)
        if number_of_signal:
            job.wait_to_hear("step 3/30")
            os.kill(job.process.pid, number_of_signal)
        result = job.wait(40).must_say(STOPPED)
        if number_of_signal != signal.SIGTERM:  # then mpirun's own code is that of its signal
            result.must_end(75)
        require(result.code != 0, result)
        steps = {rank: re.findall(STOPPED, log) for rank, log in work.logs(name).items()}
        require(len(steps) == ranks and len({tuple(found) for found in steps.values()}) == 1, "the ranks stopped at", steps)
        stopped = int(steps[0][0])
        require(max(work.checkpoints(name)) == stopped, "saved are", sorted(work.checkpoints(name)))
        require(resumed_at(work.run(name, ranks).must_end(0)) == stopped, f"not resumed after step {stopped}")
        require(work.state(name) == clean, "the end differs from the clean run's")
        what = number_of_signal.name + " to mpirun" if number_of_signal else "SIGUSR1 to rank 1 alone"
        print(f"{what}, {ranks} ranks: exit {result.code}, all stopped and saved after step {stopped}, same end")


def stopped(work, _):
    """9: a rank that is stopped: the job ends within its deadline, naming rank, collective and last sample, with stacks."""
    work.kill_at_once(False)
    for ranks, fault in ((2, "stop:1:7@backward"), (4, "stop:2:7@update")):
        job = work.start(f"run{ranks}", ranks, "engine.deadline_seconds=4", "run.log_every=30", faults=fault)
        job.wait_to_hear("a fault on purpose")
        struck = time.monotonic()
        pids = job.ranks()
        result = job.wait(30)
        took = time.monotonic() - struck
        require(took <= 4 + 5, f"ended after {took:.1f} s:", result)
        result.must_end(5).must_say(rf"rank {fault[5]}\b", r"p\d+\.png", r"\[0x[0-9a-f]+\]")
        require(job.gone(pids, 1), "ranks live on")
        shown = [line for line in result.said.splitlines() if "deadline" in line or ".png" in line]
        print(f"{ranks} ranks, {fault}: exit 5 after {took:.1f} s (deadline 4 s):\n    " + "\n    ".join(shown[:8]))


def other_ranks(work, _):
    """16: 4, 2, 1, then 4 ranks, each preempted: the same bits as one rank alone; a mode that promises less says so."""
    clean = work.train("clean", 1)
    for ranks, fault, code in ((4, "usr1:3:6", 75), (2, "usr1:0:12", 75), (1, "usr1:0:19", 75), (4, "", 0)):
        result = work.run("run", ranks, faults=fault).must_end(code)
        print(f"{ranks} ranks: from step {resumed_at(result)} to step {max(work.checkpoints('run'))}")
    require(work.state("run") == clean, "the end differs from the clean run's")
    alone = work.train("threads", 0, "engine.thread_ranks=4")
    require(alone == clean, "4 ranks as threads end differently")
    print(f"state {clean[:16]} after 30 steps on 1, on 4-2-1-4 ranks by mpirun, on 4 ranks as threads")


def out_of_memory(work, _):
    """20: no memory: injected, and by RLIMIT_AS: a message with sizes, a clean end, no peer that waits."""
    elastic = work.run("elastic", 2, faults="oom:1:7")
    require(elastic.code not in (0, 137), elastic)
    elastic.must_say(r"(?i)memory", r"elastic|virtual")
    print(f"injected, elastic: exit {elastic.code} after {elastic.seconds:.1f} s")
    halved = work.run("halved", 2, 'engine.determinism="run"', "engine.virtual_ranks=0", faults="oom:1:7")
    halved.must_end(0).must_say(r"(?i)memory.*micro|micro.*memory")
    print("injected, determinism run: all ranks halve the micro-batch; " +
          next(line for line in halved.said.splitlines() if "micro" in line))
    for ranks, determinism in ((2, "elastic"), (4, "run")):
        # Attention over the 4096 patches of an image takes 128 MiB a layer.
        loose = () if determinism == "elastic" else ('engine.determinism="run"', "engine.virtual_ranks=0")
        result = work.run(f"limit-{determinism}", ranks, "model.two_tower.image_size=512", *loose,
                          prefix=("prlimit", f"--as={LIMIT_MIB << 20}"), seconds=40)
        require(result.code not in (0, 5) and result.code < 128, result)
        said = r"out of memory with a micro-batch of (?:one|\d+) image.*"
        result.must_say(said)
        print(f"RLIMIT_AS of {LIMIT_MIB} MiB, {ranks} ranks, {determinism}: exit {result.code} after {result.seconds:.1f} s:",
              re.search(said, result.said)[0])


def odd_machine(work, _):
    """21: the clock jumps, /dev/shm is full, few files may be open: the run goes on, or a message that can be read."""
    clean = work.train("clean", 1)
    for jump in (-7200, 86400):
        env = {"LD_PRELOAD": work.library, "CLOCK_JUMP": f"{jump}", "CLOCK_JUMP_AFTER": "1"}
        result = work.run(f"jump{jump}", 2, faults=SLOWLY, env=env).must_end(0)
        require(work.state(f"jump{jump}") == clean, "the end differs from the clean run's")
        print(f"clock jumps by {jump} s: exit {result.code}, same end")
    for files in (64, 12):
        result = work.run(f"files{files}", 2, prefix=("prlimit", f"--nofile={files}"), mpi=("--mca", "btl", "self,vader,tcp"))
        check_readable(work, result, f"files{files}", clean, f"{files} open files", r"(?i)too many open files|file descriptors")
    work.mount("/dev/shm", "size=64k")
    result = work.run("shm", 2)
    check_readable(work, result, "shm", clean, "/dev/shm of 64 KiB", r"(?i)no space|shm|shared memory")


def check_readable(work, result, name, clean, what, message):
    if result.code == 0:
        require(work.state(name) == clean, "the end differs from the clean run's")
        print(f"{what}: the run goes on, same end")
        return
    require(result.code < 128, "ended by a signal:", result)
    result.must_say(message)
    print(f"{what}: exit {result.code}: " + next(line for line in result.said.splitlines() if re.search(message, line)))


def kill_loop(work, seconds, mean, save_seconds, ranks=2, seed=1, step_milliseconds=20):
    """Kills a random rank, or mpirun itself, at random times until `seconds` are over; gives the shares and delays."""
    work.kill_at_once(False)
    draw, end = random.Random(seed), time.monotonic() + seconds
    kept = executed = kills = 0
    delays, killed_at = [], None
    while time.monotonic() < end:
        job = work.start("soak", ranks, "run.steps=1000000", "run.save_every=1000000", f"run.save_seconds={save_seconds}",
                         faults=f"slow:*:*:{step_milliseconds}")
        first = int(job.wait_to_hear(r"\nstep (\d+)/", 30)[1])
        if killed_at is not None:
            delays.append(time.monotonic() - killed_at)
        require(first > kept, f"progress went back: step {first} again, {kept} steps had been kept")
        kept = first - 1
        time.sleep(draw.expovariate(1 / mean))
        ranks_then = job.ranks()
        killed_at = time.monotonic()
        os.kill(draw.choice([*ranks_then.values(), job.process.pid]), signal.SIGKILL)
        result = job.wait(20)
        require(job.gone(ranks_then, 20), "ranks live on")  # those of an mpirun that was killed itself end too
        last = max(int(step) for step in re.findall(r"\nstep (\d+)/", result.said))
        executed += last - kept
        kills += 1
        print(f"kill {kills}: from step {kept} to step {last}; new step {delays[-1]:.1f} s after the kill before" if delays else
              f"kill {kills}: from step {kept} to step {last}", flush=True)
    final = work.run("soak", ranks, "run.steps=1000000", "run.save_every=1000000", f"run.save_seconds={save_seconds}",
                     faults=f"usr1:0:{last + 10}", seconds=120).must_end(75)
    kept, stopped = resumed_at(final), max(work.checkpoints("soak"))
    require(stopped == last + 11, f"the last run was asked to stop after step {last + 11}, not {stopped}")
    return {"kills": kills, "kept": stopped, "executed": executed + stopped - kept, "delays": sorted(delays)}


def soak(work, more):
    """22: a kill loop: progress never goes back; what is kept of what was executed is told (engine.6 is the long one)."""
    found = kill_loop(work, more or 15, mean=4, save_seconds=0.5)
    share = found["kept"] / found["executed"]
    print(json.dumps({**found, "share": round(share, 3), "delays": [round(delay, 2) for delay in found["delays"]]}))
    require(share >= 0.8, f"{share:.0%} of the steps executed were kept, wanted 80 %")
