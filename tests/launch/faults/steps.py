# SPDX-License-Identifier: Apache-2.0
"""What a step meets: slow ranks, bad data, bad numbers, ranks that do not agree."""
import re
import shutil

from dying import resumed_at
from jobs import png, require


def slow(work, _):
    """8: a slow rank: the report names rank and section; the deadline, longer than a step, is not missed."""
    for ranks, fault, section in ((2, "slow:1:*:60", "data"), (4, "slow:2:*:60@backward", "computing")):
        name = f"run{ranks}"
        result = work.run(name, ranks, "run.log_every=10", "engine.deadline_seconds=10", faults=fault).must_end(0)
        reports = re.findall(r"rank \d+ is slow in .*", result.said)
        wanted = f"rank {fault[5]} is slow in {section}"
        require(len(reports) == 3 and all(report.startswith(wanted) for report in reports), f"wanted {wanted}, got", reports)
        print(f"{ranks} ranks, {fault}: exit 0, \"{reports[0]}\"")
    result = work.run("even", 2, "run.log_every=30", faults="slow:*:*:30").must_end(0)
    require("is slow in" not in result.said, "ranks that are equally slow are reported:", result)
    print("all ranks equally slow: no report")


def bad_data(work, _):
    """10: a hung or dead loading thread, damaged images, a file that cannot be read: no hang, the sample is named and counted."""
    hung = work.run("hung", 2, "engine.deadline_seconds=5", faults="loader_hang:1:7")
    hung.must_end(5).must_say(r"rank 1.*step 7", r"a thread hangs at sample \d+ \(p\d+\.png\)")
    require(hung.seconds < 5 + 7, hung)
    print(f"hung: exit 5 after {hung.seconds:.1f} s:", re.search("a thread hangs.*", hung.said)[0])
    dead = work.run("dead", 2, faults="loader_death:1:7").must_end(1)
    dead.must_say(r"while making sample \d+ \(p\d+\.png\) of step 7")
    print("dead: exit 1:", re.search("while making.*", dead.said)[0])

    shard = next((work.path / "dataset").glob("images-*.h5"))
    whole = shard.read_bytes()
    place = whole.index(png(3))
    shard.write_bytes(whole[:place + 60] + bytes([whole[place + 60] ^ 1]) + whole[place + 61:])
    work.run("strict", 2).must_end(4).must_say(r"reading sample \d+ \(p3\.png\)", "CRC-32C")
    work.run("lenient", 2, "data.damage_budget=100").must_end(0).must_say(r"reading sample \d+ \(p3\.png\)")
    print("one bit of p3.png: exit 4 with a budget of 0, exit 0 with 100; named in both")
    shard.write_bytes(whole[:len(whole) // 2])
    work.run("cut", 2).must_end(2).must_say(shard.name)
    shard.write_bytes(whole)
    print("a shard cut in half: exit 2 before the first step")
    env = {"LD_PRELOAD": work.library, "FAIL_CALL": "pread", "FAIL_PATH": "images-", "FAIL_AFTER": "160"}
    work.run("eio", 2, env=env).must_end(4).must_say("(?i)input/output error", r"sample \d+ \(p\d+\.png\)")
    print("EIO while samples are read: exit 4, named")


def losses(work, name):
    return [line["loss"] for line in work.metrics(name)]


def uneven(work, _):
    """11: ranks with unequal shares: no hang, each sample once, the same mean as one rank's."""
    loose = ('engine.determinism="run"', "engine.virtual_ranks=0", "batch.global=7", "run.log_every=1")
    work.train("run1", 1, *loose)
    for ranks in (2, 3, 4):
        work.train(f"run{ranks}", ranks, *loose)
        far = max(abs(a - b) for a, b in zip(losses(work, "run1"), losses(work, f"run{ranks}"), strict=True))
        require(far <= 1e-5, f"losses of {ranks} ranks differ from one rank's by {far}")
        counts = [[line.get("counts") for line in work.metrics(name)] for name in ("run1", f"run{ranks}")]
        require(counts[0] == counts[1] and counts[0][0], "the counts differ:", counts[0][:2], counts[1][:2])
        print(f"7 images on {ranks} ranks: losses within {far:.1e} of one rank's, the same counts in every step")


def not_finite(work, _):
    """12: NaN on one rank: skipped on all in the same step, nothing changed; after m in a row exit 3, without a rollback."""
    for ranks in (2, 4):
        name = f"run{ranks}"
        work.run(name, ranks, "run.steps=12", "run.save_every=1", "run.keep=40", faults=f"nan:{ranks - 1}:7").must_end(0)
        skipped = {rank: re.findall(r"step (\d+): skipped", log) for rank, log in work.logs(name).items()}
        require(skipped == {rank: ["7"] for rank in range(ranks)}, "skipped were", skipped)
        before, after, later = (work.state(name, step) for step in (7, 8, 9))
        require(before == after != later, "the state changed in the step that was skipped")
        print(f"{ranks} ranks, NaN on rank {ranks - 1} in step 7: skipped by all, state {before[:16]} before and after")
    many = work.run("many", 2, "run.steps=12", "run.save_every=1", "run.keep=40", "run.skips_allowed=3", faults="nan:1:5+").must_end(3)
    many.must_say("diverged: 4 steps in a row")
    last = max(work.checkpoints("many"))
    require(work.state("many", last) == work.state("many", 5), "the last state is not that before the first NaN")
    print(f"NaN from step 5 on, 3 allowed: exit 3 after step {last}, the state is that of step 5")


def unused(work, _):
    """13: parameters without a gradient on some ranks, or on all: no hang, the right sum, a report."""
    work.make_dataset("one_text", lambda number: ["a shade"])
    work.make_dataset("few_texts", lambda number: ["a shade"] if number % 12 == 0 else [])
    for dataset, what in (("one_text", "the one text is on one rank"), ("few_texts", "most steps have no text at all")):
        states = {}
        for ranks in (1, 2, 4):
            result = work.run(f"{dataset}{ranks}", ranks, f"data.dataset={dataset}").must_end(0)
            states[ranks] = work.state(f"{dataset}{ranks}")
            if dataset == "one_text" and ranks > 1:
                result.must_say(r"\d+ parameters had no gradient on this rank")
        require(len(set(states.values())) == 1, "the ends differ:", states)
        print(f"{what}: 1, 2 and 4 ranks end with state {states[1][:16]}")


def out_of_step(work, _):
    """14: another collective on one rank: found before data move, with what both were about to do."""
    for ranks in (2, 4):
        result = work.run(f"run{ranks}", ranks, faults=f"desync:{ranks - 1}:7")
        require(result.code not in (0, 137) and result.seconds < 15, result)
        result.must_say(rf"rank \d is at all_gather number (\d+) of \d+ bytes, rank {ranks - 1} at all_gather number \1 of 1 bytes")
        print(f"{ranks} ranks: exit {result.code} after {result.seconds:.1f} s:",
              next(line for line in result.said.splitlines() if "do not do the same" in line))


def mismatch(work, _):
    """15: ranks with another recipe or another dataset: refused before the first step."""
    weft = work.weft
    two = lambda first, second: ["mpirun", "--bind-to", "none", "--oversubscribe", "-np", "1", *first, ":", "-np", "1", *second]
    recipe = lambda *more: [weft, "train", "toy.toml", "run.folder=run", *more]
    result = work.run("recipe", 0, command=two(recipe(), recipe("optimizer.lr=0.5"))).must_end(2)
    result.must_say(r"rank 1 was not started as rank 0 was:\n *optimizer.lr is")
    require(not work.checkpoints("run") and "step 1/" not in result.said, result)
    print("another recipe: exit 2:", re.search("optimizer.lr is.*", result.said)[0])
    shutil.copytree(work.path / "dataset", work.path / "elsewhere/dataset")
    work.make_dataset("other", lambda number: [f"other {number}"])
    (work.path / "elsewhere/toy.toml").write_text((work.path / "toy.toml").read_text())
    shutil.rmtree(work.path / "elsewhere/dataset")
    shutil.copytree(work.path / "other", work.path / "elsewhere/dataset")
    result = work.run("data", 0, command=two(recipe(), ["-wdir", str(work.path / "elsewhere"), *recipe()])).must_end(2)
    result.must_say("rank 1 was not started as rank 0 was", "content of dataset")
    require("step 1/" not in result.said, result)
    print("another dataset: exit 2:", re.search("content of.*", result.said)[0])


def drift(work, _):
    """17: one bit of one parameter flips on one rank: the check finds rank and tensor."""
    for ranks in (2, 4):
        result = work.run(f"run{ranks}", ranks, "engine.check_every=5", faults=f"flip:{ranks - 1}:10")
        require(result.code not in (0, 137), result)
        result.must_say(rf"rank {ranks - 1}\b", r"\w+\.(weight|bias)|logit_scale|embedding|proj")
        print(f"{ranks} ranks: exit {result.code}:", next(line for line in result.said.splitlines() if "error" in line))
        require(resumed_at(work.run(f"run{ranks}", ranks, "engine.check_every=5").must_end(0)) <= 10, "resumed from a damaged state")
