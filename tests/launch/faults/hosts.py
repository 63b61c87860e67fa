# SPDX-License-Identifier: Apache-2.0
"""Two pretended hosts on one machine, each with its own network, joined by a link that can be cut, slowed and choked."""
import pathlib
import re
import statistics
import subprocess
import time

from dying import SLOWLY
from jobs import require

AGENT = pathlib.Path(__file__).resolve().parent.parent / "host_agent"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class TwoHosts:
    """hostA is this program's own network, hostB another; mpirun reaches it as if by ssh."""

    def __init__(self, work):
        work.mount("/run")
        ip("netns", "add", "hostB")
        ip("link", "set", "lo", "up")
        ip("-n", "hostB", "link", "set", "lo", "up")
        ip("link", "add", "toB", "type", "veth", "peer", "name", "toA", "netns", "hostB")
        for words, address in (((), "toB 10.77.0.1/24"), (("-n", "hostB"), "toA 10.77.0.2/24")):
            device, number = address.split()
            ip(*words, "addr", "add", number, "dev", device)
            ip(*words, "link", "set", device, "up")
        for words in ("toB",), ("-n", "hostB", "toA"):
            while "state UP" not in subprocess.run(["ip", *words[:-1], "link", "show", words[-1]], check=True, capture_output=True,
                                                   text=True).stdout:
                time.sleep(0.01)
        self.agent = work.path / "agent"
        self.agent.write_text("#!/bin/sh\n"
                              f'case $1 in hostB) exec ip netns exec hostB {AGENT} "$@" ;; *) exec {AGENT} "$@" ;; esac\n')
        self.agent.chmod(0o755)
        self.work = work

    def start(self, name, *overrides, per_host=1, **options):
        mpi = ("--mca", "plm_rsh_agent", str(self.agent), "-H", f"hostA:{per_host},hostB:{per_host}", "-x", "WEFT_FAULTS",
               "-x", "OMP_NUM_THREADS", "--wdir", str(self.work.path), "--mca", "btl_tcp_if_include", "10.77.0.0/24",
               "--mca", "oob_tcp_if_include", "10.77.0.0/24")
        return self.work.start(name, 2 * per_host, *overrides, mpi=mpi, **options)

    def cut(self):
        ip("link", "set", "toB", "down")

    def mend(self):
        ip("link", "set", "toB", "up")

    def shape(self, *words):
        """A queueing discipline on both ends of the link; False where the kernel has no such."""
        for inside, device in (((), "toB"), (("ip", "netns", "exec", "hostB"), "toA")):
            tried = subprocess.run([*inside, "tc", "qdisc", "replace", "dev", device, "root", *words], capture_output=True, text=True,
                                   check=False)
            if tried.returncode:
                print(f"tc {' '.join(words)}: {tried.stderr.strip()}")
                return False
        return True


def cut(work, more):
    """18: the link between two hosts is cut: the job ends within its deadline, naming rank, collective and last sample."""
    work.kill_at_once(False)
    hosts = TwoHosts(work)
    clean = work.train("clean", 1)
    hosts.start("whole").wait().must_end(0)
    require(work.state("whole") == clean, "two hosts end differently")
    for per_host in (2, 1) if more else (2,):
        job = hosts.start(f"cut{per_host}", "engine.deadline_seconds=5", per_host=per_host, faults=SLOWLY)
        job.wait_to_hear("step 3/30")
        pids = job.ranks()
        hosts.cut()
        struck = time.monotonic()
        result = job.wait(60)
        took = time.monotonic() - struck
        hosts.mend()
        # mpirun cannot reach its helper on hostB and would wait for ever: the rank beside it ends it after 10 s.
        require(result.code in (5, 137) and took <= 5 + 10 + 4, f"ended after {took:.1f} s:", result)
        result.must_say(r"waited 5 s in vain in", r"rank \d.*p\d+\.png")
        require(job.gone(pids, 10), "ranks live on")
        print(f"{per_host} ranks a host, link cut: exit {result.code} after {took:.1f} s (deadline 5 s)")
        for line in result.said.splitlines():
            if re.search(r"in vain|^ *rank \d", line):
                print("   ", line)


def seconds_a_step(work, name):
    lines = work.metrics(name)[5:]
    return statistics.median(8 / line["samples_per_second"] for line in lines)


def shaped(work, _):
    """19: a link that is slow, narrow, or loses packets: no hang, the same end, and steps as long as their bytes take."""
    hosts = TwoHosts(work)
    short = ("engine.deadline_seconds=20", "run.steps=20")
    clean = work.train("clean", 1, *short)
    shapes = [("as it is", (), 0), ("20 Mbit/s", ("tbf", "rate", "20mbit", "burst", "16kb", "latency", "400ms"), 20e6),
              ("5 Mbit/s, a queue of 8 packets: the rest is lost", ("tbf", "rate", "5mbit", "burst", "4kb", "limit", "12000"), 5e6),
              ("2 % loss, 5 ms each way", ("netem", "delay", "5ms", "loss", "2%"), 0)]
    for what, words, bits_a_second in shapes:
        name = re.sub(r"\W+", "-", what)
        if words and not hosts.shape(*words):
            print(f"{what}: this kernel has no such discipline; not run")
            continue
        result = hosts.start(name, *short).wait(180).must_end(0)
        require(work.state(name) == clean, "the end differs from the clean run's")
        took = seconds_a_step(work, name)
        print(f"{what}: exit 0 after {result.seconds:.1f} s, {1000 * took:.1f} ms a step, same end")
        if not words:
            alone = took
        if bits_a_second:  # a host sends half of the gradients and half of the weights
            wanted = alone + 32 * int(re.search(r"(\d+) parameters", result.said)[1]) / bits_a_second
            require(0.75 < took / wanted < 1.5, f"{1000 * took:.1f} ms a step; its bytes make {1000 * wanted:.1f}")
    hosts.shape("pfifo")
    job = hosts.start("flapping", *short, faults=SLOWLY)
    for _ in range(3):
        job.wait_to_hear("step 3/20")
        hosts.cut()
        time.sleep(0.3)
        hosts.mend()
        time.sleep(0.3)
    result = job.wait(60).must_end(0)
    require(work.state("flapping") == clean, "the end differs from the clean run's")
    print(f"down for 0.3 s three times: exit 0 after {result.seconds:.1f} s, same end")
