# SPDX-License-Identifier: Apache-2.0
"""Kills the program at its storing system calls, one after the other, and shows that nothing is lost.

Every command is run once whole, and its storing calls are counted (tests/apps/killing_disk.cpp: rename, unlink, mkdir,
fsync, ftruncate, write, …). Then it is run anew for each of them, killed in its place, and the same command, or
`resume`, must go on and end with what the uninterrupted one has. --kills: how many calls a command are tried, spread
over all; 0: every one.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SETTINGS = """name = "kill"
seed = 4
[model]
n = 6
[task]
name = "digits"
train_samples = 60
validation_samples = 30
test_samples = 30
[train]
batch = 20
samples = 60
[search]
population = 3
generations = 2
[run]
workers = 1
checkpoint_seconds = 1e-6
[final]
seeds = 2
[genes]
model.dt = { low = 0.1, high = 0.9 }
model.n = { low = 4, high = 9 }
"""
TRAINING = SETTINGS.split("[search]")[0] + "[run]\ncheckpoint_seconds = 1e-6\n"
COMPARISON = """name = "kill"
seed = 3
[compare]
repeats = 2
flops = 1e7
[model]
n = 6
[task]
name = "digits"
train_samples = 60
validation_samples = 30
test_samples = 30
[train]
batch = 20
samples = 40
[run]
workers = 1
[search]
population = 3
[genes]
model.dt = { low = 0.1, high = 0.9 }
[arms.ga]
how = "ga"
[arms.fixed]
how = "fixed"
"""
KILLED = -9


def is_draft(file):
    return file.name.startswith(".") and ".evobrnn-" in file.name


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


class Command:
    """One command with what it begins from, how it goes on, and what it must have come to."""

    name = ""
    base = ()  # folders of the common place that a trial begins with
    words = ()
    whole = ()  # files that must be the same bytes as those of the uninterrupted command
    runs = ()  # run folders that must be the same by `evobrnn diff`

    def again(self, place):
        return self.words

    def at_once(self, place):
        """What must hold already when the process was just killed; an empty text is well."""
        return ""

    def done(self, place, outcome):
        """Whether a command that does not go on says that all is there."""
        return False


class Run(Command):
    name = "run"
    words = ("run", "s.toml", "--out", "r", "--quiet")
    runs = ("r",)
    whole = ("r/weights/champion.safetensors", "r/weights/config.json", "r/experiment.toml")

    def again(self, place):
        return ("resume", "r", "--quiet") if (place / "r").exists() else self.words


class Resume(Run):
    name = "resume"
    base = ("half",)
    words = ("resume", "half", "--quiet", "--set", "run.max_trials=0")
    runs = ("half",)
    whole = ("half/weights/champion.safetensors", "half/weights/config.json")

    def again(self, place):
        return self.words


class More(Resume):
    name = "resume --set search.generations"
    base = ("done",)
    words = ("resume", "done", "--quiet", "--set", "search.generations=3")
    runs = ("done",)
    whole = ("done/weights/champion.safetensors", "done/weights/config.json", "done/experiment.toml")

    def at_once(self, place):
        """The old champion's weights or the new one's, whole, at any moment."""
        weights = place / "done/weights/champion.safetensors"
        if not weights.exists():
            return "the champion's weights are gone"
        known = {digest(self.common / "done/weights/champion.safetensors"), digest(self.reference / "done/weights/champion.safetensors")}
        return "" if digest(weights) in known else "the champion's weights are neither the old nor the new ones"


class Train(Command):
    name = "train"
    words = ("train", "t.toml", "--out", "t", "--quiet", "--checkpoint", "t.checkpoint")
    whole = ("t/weights/trained.safetensors", "t/weights/config.json", "t/curve.csv", "t/experiment.toml")

    def done(self, place, outcome):
        return "holds this very training, whole" in outcome.stderr


class Compare(Command):
    name = "compare"
    words = ("compare", "c.toml", "--out", "c", "--quiet")
    runs = ("c/arms/ga/01", "c/arms/ga/02", "c/arms/fixed/01", "c/arms/fixed/02")
    whole = ("c/comparison.toml",)

    def again(self, place):
        return ("resume", "c", "--quiet") if (place / "c").exists() else self.words


class Examine(Command):
    name = "examine"
    base = ("done",)
    words = ("examine", "done", "--no-training", "--quiet", "--out", "e", "--workers", "1")
    whole = ("e/examination.json", "e/examination.html", "e/examination.md")


class Report(Command):
    name = "report"
    base = ("done",)
    words = ("report", "done", "--out", "report.html")
    whole = ("report.html",)


class Export(Command):
    name = "export --out"
    base = ("done",)
    words = ("export", "done", "--out", "trials.csv")
    whole = ("trials.csv",)


class Fetch(Command):
    name = "data fetch"
    words = ()
    whole = tuple(
        f"data/mnist/{name}"
        for name in (
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        )
    )

    def __init__(self, source):
        self.words = ("data", "fetch", "mnist", "--from", source, "--data", "data")


class Injection:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.common = scratch / "common"
        self.common.mkdir()
        for name, text in (("s.toml", SETTINGS), ("t.toml", TRAINING), ("c.toml", COMPARISON)):
            (self.common / name).write_text(text)
        self.environment = {**os.environ, "XDG_STATE_HOME": str(scratch / "state"), "OMP_NUM_THREADS": "1"}
        self.require(self.call(self.common, ("run", "s.toml", "--out", "done", "--quiet")), 0)
        self.require(self.call(self.common, ("run", "s.toml", "--out", "half", "--quiet", "--set", "run.max_trials=2")), 3)

    def call(self, place, words, kill_at=None, count=None):
        environment = dict(self.environment)
        if kill_at is not None:
            environment |= {"LD_PRELOAD": str(self.options.shim), "EVOBRNN_KILL_AT": str(kill_at)}
        if count:
            environment["EVOBRNN_KILL_COUNT"] = str(count)
        return subprocess.run([self.options.program, *words], cwd=place, env=environment, capture_output=True, text=True, timeout=300)

    @staticmethod
    def require(outcome, code):
        if outcome.returncode != code:
            sys.exit(f"{' '.join(map(str, outcome.args))}: exit {outcome.returncode}, not {code}\n{outcome.stdout}{outcome.stderr}")

    def place(self, name, command):
        folder = self.scratch / name
        folder.mkdir()
        for file in self.common.iterdir():
            if file.suffix == ".toml":
                shutil.copy(file, folder)
        for base in command.base:
            shutil.copytree(self.common / base, folder / base)
        return folder

    def lost(self, command, place, reference):
        """What is not as the uninterrupted command left it."""
        for name in command.whole:
            if not (place / name).exists():
                return f"{name} is missing"
            if digest(place / name) != digest(reference / name):
                return f"{name} has other bytes"
        for name in command.runs:
            diff = self.call(self.scratch, ("diff", reference / name, place / name))
            if diff.returncode != 0:
                return f"{name}: {diff.stdout}{diff.stderr}"
        if command.name in ("resume --set search.generations", "run"):
            verify = self.call(place, ("verify", command.runs[0], "--trials", "0"))
            if verify.returncode != 0:
                return verify.stdout + verify.stderr
        drafts = [str(file.relative_to(place)) for file in place.rglob("*") if is_draft(file)]
        return f"left over: {drafts}" if drafts else ""

    def kill_once(self, command, at, reference):
        """Nothing where the command ended before; else whether it went on, and what was lost."""
        place = self.place("killed", command)
        try:
            if self.call(place, command.words, kill_at=at).returncode != KILLED:
                return None
            wrong = command.at_once(place)
            outcome = self.call(place, command.again(place))
            went_on = outcome.returncode == 0 or command.done(place, outcome)
            if not went_on:
                wrong = wrong or f"exit {outcome.returncode}: {outcome.stderr.strip()}"
            return went_on, wrong or self.lost(command, place, reference)
        finally:
            shutil.rmtree(place)

    def moments(self, calls):
        most = self.options.kills
        if most == 0 or most >= calls:
            return range(1, calls + 1)
        return sorted({1 + (2 * i + 1) * calls // (2 * most) for i in range(most)})

    def inject(self, command):
        reference = self.place("whole", command)
        count = self.scratch / "count"
        self.require(self.call(reference, command.words, kill_at=0, count=count), 0)
        command.common, command.reference = self.common, reference
        calls = int(count.read_text())
        kills = went_on = lost = 0
        for at in self.moments(calls):
            found = self.kill_once(command, at, reference)
            if found is None:
                continue
            kills += 1
            went_on += found[0]
            if found[1]:
                lost += 1
                print(f"{command.name}, killed at storing call {at} of {calls}: {found[1]}", file=sys.stderr, flush=True)
        shutil.rmtree(reference)
        print(f"{command.name:<32}{calls:>14}{kills:>8}{went_on:>10}{lost:>7}", flush=True)
        return lost + (kills == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, required=True, help="build/release/evobrnn or where it lies")
    parser.add_argument("--shim", type=pathlib.Path, required=True, help="libkilling_disk.so of the build")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--only", default="", help="the commands whose names hold this text")
    parser.add_argument("--mnist", help="URL of a folder with MNIST's four files, as file:///…: tries data fetch too")
    options = parser.parse_args()
    options.program, options.shim = options.program.resolve(), options.shim.resolve()
    commands = [Run(), Resume(), More(), Train(), Compare(), Examine(), Report(), Export()]
    if options.mnist:
        commands.append(Fetch(options.mnist))
    with tempfile.TemporaryDirectory(prefix="evobrnn-kill-") as scratch:
        injection = Injection(options, pathlib.Path(scratch))
        print(f"{'command':<32}{'storing calls':>14}{'kills':>8}{'went on':>10}{'lost':>7}")
        lost = sum(injection.inject(command) for command in commands if options.only in command.name)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
