# SPDX-License-Identifier: Apache-2.0
"""Small training jobs for the fault rows: a dataset made here, runs by mpirun, signals by process, checkpoints by their tensors."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

RECIPE = """[run]
steps = 30
save_every = 5
log_every = 1
keep = 3
[data]
dataset = "dataset"
[model.two_tower]
image_size = 16
patch = 8
image_width = 32
image_layers = 1
head_width = 16
text_context = 8
text_width = 32
text_layers = 1
text_heads = 2
embed = 16
[loss.infonce]
[batch]
global = 8
[engine]
threads = 1
determinism = "elastic"
virtual_ranks = 4
deadline_seconds = 20
"""


class Failed(Exception):
    """What had to hold does not."""


class CannotRun(Exception):
    """This machine does not let the row be run: its name in tests/allowed_skips.txt, and the reason."""


def require(holds, *what):
    if not holds:
        raise Failed(" ".join(map(str, what)))


def png(number):
    """A 32 x 32 picture; no two numbers have the same."""
    rows = b"".join(b"\0" + bytes((40 * c + 7 * number + (90 if x < 8 else 0) + y * (number % 5)) % 256
                                  for x in range(32) for c in range(3)) for y in range(32))
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def captions(number):
    return [f"shade {number % 8}" + (" again" if k else "") for k in range(number % 3)]


class Result:
    def __init__(self, code, seconds, said):
        self.code, self.seconds, self.said = code, seconds, said

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.1f} s\n" + "\n".join("    | " + line for line in self.said.splitlines()[-40:])

    def must_end(self, code):
        require(self.code == code, f"wanted exit {code}, got", self)
        return self

    def must_say(self, *patterns):
        for pattern in patterns:
            require(re.search(pattern, self.said), f'wanted "{pattern}" in', self)
        return self


class Job:
    """A running job."""

    def __init__(self, command, env, log, cwd):
        self.log, self.start = log, time.monotonic()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=cwd)

    def said(self):
        return self.log.read_text(errors="replace")

    def wait(self, seconds=60):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            said = self.said()
            self.end()
            raise Failed(f"the job still runs: {Result(None, time.monotonic() - self.start, said)}") from None
        return Result(code if code >= 0 else 128 - code, time.monotonic() - self.start, self.said())

    def wait_for(self, what, seconds=20):
        """Until what() is true; gives its value.  The job must not end before."""
        until = time.monotonic() + seconds
        while not (found := what()):
            now = Result(self.process.poll(), time.monotonic() - self.start, self.said())
            require(now.code is None, "the job ended before:", now)
            require(time.monotonic() < until, f"not within {seconds} s:", now)
            time.sleep(0.005)
        return found

    def wait_to_hear(self, pattern, seconds=20):
        return self.wait_for(lambda: re.search(pattern, self.said()), seconds)

    def ranks(self):
        """rank -> process."""
        return ranks_below(self.process.pid)

    def gone(self, pids, seconds):
        """Whether these ranks have ended, within so many seconds."""
        until = time.monotonic() + seconds
        while any(lives(pid) for pid in pids.values()):
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def end(self):
        """SIGKILL for everything that the job started."""
        for pid in [self.process.pid, *self.ranks().values()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def ranks_below(ancestor):
    parent, rank = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(folder.name)
            parent[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found = re.search(rb"\0OMPI_COMM_WORLD_RANK=(\d+)\0", (folder / "environ").read_bytes())
            if found and os.path.basename(os.readlink(folder / "exe")) == "weft":
                rank[pid] = int(found[1])

    def is_below(pid):
        while pid in parent and pid != ancestor:
            pid = parent[pid]
        return pid == ancestor

    return {number: pid for pid, number in rank.items() if is_below(pid)}


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Work:
    """A scratch folder with the dataset and a recipe; runs in it are named by their folder."""

    def __init__(self, weft, library):
        self.weft, self.library = os.path.abspath(weft), os.path.abspath(library)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="weft-faults-"))
        self.jobs, self.count, self.mounted = [], 0, []
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OMPI_MCA_btl_vader_single_copy_mechanism="none")
        if os.geteuid() == 0:
            self.environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        self.environment.pop("WEFT_FAULTS", None)
        self.kill_at_once()
        self.make_dataset("dataset", captions)
        (self.path / "toy.toml").write_text(RECIPE)

    def kill_at_once(self, at_once=True):
        """Where a rank has failed, mpirun gives the others two seconds unless it is told otherwise."""
        if at_once:
            self.environment["OMPI_MCA_odls_base_sigkill_timeout"] = "0"
        else:
            self.environment.pop("OMPI_MCA_odls_base_sigkill_timeout", None)

    def close(self):
        for job in self.jobs:
            if job.process.poll() is None:
                job.end()
        for process in pathlib.Path("/proc").glob("[0-9]*"):  # helpers of mpirun that outlived it work in this folder
            with contextlib.suppress(OSError):
                if pathlib.Path(os.readlink(process / "cwd")).is_relative_to(self.path):
                    os.kill(int(process.name), signal.SIGKILL)
        for folder in reversed(self.mounted):
            subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(self.path)

    def mount(self, folder, *options):
        """A small file system in memory; with the option remount, another size or mode of it."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options) or "rw", "none", folder], check=True)
        if "remount" not in options:
            self.mounted.append(folder)

    def make_dataset(self, name, captions_of, count=24):
        pictures = self.path / f"{name}-pictures"
        pictures.mkdir()
        lines = []
        for number in range(count):
            (pictures / f"p{number}.png").write_bytes(png(number))
            lines += [f"p{number}.png\t{caption}\n" for caption in captions_of(number) or [""]]
        (pictures / "pairs.tsv").write_text("".join(lines))
        subprocess.run([self.weft, "data", "import", "tsv", pictures / "pairs.tsv", self.path / name, "held_back=0", "header=no",
                        "tokenizer_merges=50"], check=True, capture_output=True, env=self.environment)

    def start(self, name, ranks, *overrides, faults="", env=None, mpi=(), prefix=(), command=None):
        """ranks: a number for mpirun, or 0 for the program alone."""
        self.count += 1
        run = command or [self.weft, "train", "toy.toml", f"run.folder={name}", *overrides]
        launcher = ["mpirun", "-np", str(ranks), "--bind-to", "none", "--oversubscribe", *mpi] if ranks else []
        environment = dict(self.environment, **(env or {}), **({"WEFT_FAULTS": faults} if faults else {}))
        job = Job([*launcher, *prefix, *run], environment, self.path / f"job{self.count}.log", self.path)
        self.jobs.append(job)
        return job

    def run(self, name, ranks, *overrides, seconds=60, **options):
        return self.start(name, ranks, *overrides, **options).wait(seconds)

    def train(self, name, ranks, *overrides, **options):
        """A run that must end well; gives the hash of its last state."""
        self.run(name, ranks, *overrides, **options).must_end(0)
        return self.state(name)

    def checkpoints(self, name):
        """step -> folder, of those that are whole as far as their manifest tells."""
        return {int(found.parent.name[5:]): found.parent
                for found in sorted(self.path.glob(f"{name}/checkpoints/step-*/manifest.json")) if found.parent.suffix != ".tmp"}

    def left_over(self, name):
        return sorted(str(path.relative_to(self.path)) for path in self.path.glob(f"{name}/checkpoints/**/*.tmp*"))

    def state(self, name, step=None):
        """SHA-256 over every tensor of a checkpoint, by name: the same for any number of files."""
        found = self.checkpoints(name)
        require(found, f"{name} has no checkpoint")
        return state_of(found[max(found) if step is None else step])

    def metrics(self, name):
        return [json.loads(line) for line in (self.path / name / "metrics.jsonl").read_text().splitlines()]

    def logs(self, name):
        return {int(path.name[8:-4]): path.read_text() for path in (self.path / name).glob("log.rank*.txt")}


def state_of(checkpoint):
    tensors = {}
    for file in sorted(checkpoint.glob("*.safetensors")):
        content = file.read_bytes()
        size = struct.unpack("<Q", content[:8])[0]
        for name, entry in json.loads(content[8:8 + size]).items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                tensors[file.name.split("-")[0] + ":" + name] = (str(entry["shape"]), content[8 + size + begin:8 + size + end])
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode() + tensors[name][0].encode() + tensors[name][1])
    return total.hexdigest()


def enter_namespaces(*kinds):
    """Starts this program again where it may mount ("mount") and make network links ("net") that nobody else sees."""
    if os.environ.get("WEFT_FAULT_NAMESPACES"):
        return
    command = ["unshare", *(f"--{kind}" for kind in kinds), *(["--map-root-user"] if os.geteuid() else [])]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise CannotRun("faults.namespaces", f"{' '.join(command)}: {tried.stderr.strip()}")
    os.environ["WEFT_FAULT_NAMESPACES"] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])

