# SPDX-License-Identifier: Apache-2.0
"""Searches and trainings of networks, by the program `evobrnn`."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from evobrnn import frames, program
from evobrnn.champion import Champion
from evobrnn.comparisons import Comparison
from evobrnn.progress import Progress, follower

if TYPE_CHECKING:
    import pandas

Config = Union[str, os.PathLike[str], Mapping[str, Any]]
Folder = Union[str, os.PathLike[str]]


class Run:
    """A run of networks in its folder: one that `run` or `resume` gave, or any other, also one under way."""

    def __init__(self, folder: Folder):
        self.folder = Path(folder)
        if not (self.folder / "experiment.toml").exists():
            raise FileNotFoundError(f"{folder} holds no run: {self.folder / 'experiment.toml'} is not there")

    def __repr__(self) -> str:
        return f"<Run {self.folder}>"

    @property
    def status(self) -> dict[str, Any]:
        """How far it is, as `evobrnn status --json` says: its state (complete, running, stopped), trials, failures, champion so far."""
        return json.loads(program.call(["status", str(self.folder), "--json"]))

    @property
    def complete(self) -> bool:
        """Whether it came to its end; else `resume` goes on."""
        return self.status["state"] == "complete"

    @property
    def settings(self) -> dict[str, Any]:
        """All its settings by section, as resolved."""
        return tomllib.loads((self.folder / "experiment.toml").read_text())

    @property
    def trials(self) -> pandas.DataFrame:
        """Every trial so far: see read_trials."""
        return frames.read_trials(self.folder)

    @property
    def finals(self) -> pandas.DataFrame:
        """The final tests: champion, best of generation 0 and default settings, each on fresh seeds."""
        trials = self.trials
        return trials[trials["role"] != "search"]

    @cached_property
    def champion(self) -> Champion:
        """The champion's network. FileNotFoundError where the run has not come to its end."""
        return Champion(self.folder / "weights" / "champion.safetensors")


class Training:
    """One trained network in its folder, as `train` gave it."""

    def __init__(self, folder: Folder):
        self.folder = Path(folder)

    def __repr__(self) -> str:
        return f"<Training {self.folder}>"

    @cached_property
    def network(self) -> Champion:
        """The trained network."""
        return Champion(self.folder / "weights" / "trained.safetensors")

    @property
    def curve(self) -> pandas.DataFrame:
        """The learning curve."""
        import pandas

        return pandas.read_csv(self.folder / "curve.csv", index_col="step")


def _flat(config: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in config.items():
        path = before + name
        if isinstance(value, Mapping):
            yield from _flat(value, path + ".")
        else:
            yield f"{path} = {program.toml(value)}\n"


@contextmanager
def settings_file(config: Config) -> Iterator[str]:
    """The file, or one that holds the dict."""
    if not isinstance(config, Mapping):
        yield os.fspath(config)
        return
    with tempfile.TemporaryDirectory(prefix="evobrnn-") as folder:
        file = Path(folder) / "settings.toml"
        file.write_text("".join(_flat(config)))
        yield str(file)


def options(values: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> list[str]:
    """The words of a command line: --name value for all that is given, and --set path=value."""
    words: list[str] = []
    for name, value in values.items():
        if value is not None:
            words += [f"--{name}", os.path.expanduser(value) if name in ("data", "out") else str(value)]
    for path, value in (changes or {}).items():
        words += ["--set", f"{path}={program.toml(value)}"]
    return words


def run(
    config: Config,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - as the program's --set
    data: Folder | None = None,
    out: Folder | None = None,
    workers: int | None = None,
    isolation: str | None = None,
    extend_from: Iterable[Folder] = (),
    progress: Progress = True,
) -> Run:
    """Searches hyperparameters of networks as a settings file says, and tests the champion.

    config: a TOML file, or the same as a dict: {"model": {"name": "leaky"}, "genes": {"model.n": {"low": 5, "high": 50}}, …}.
    set: further settings by path, over those of the file: {"search.generations": 5, "seed": 7}.
    data: folder of data sets. out: the run's folder; runs/NAME where not given. workers: trials at once; changes no result.
    isolation: "process" trains every candidate in a process of its own.
    extend_from: old runs, whose best candidates are tried first and whose trials are taken over.
    progress: as for evolve.

    Ctrl-C ends it cleanly, and `resume` goes on; so it does after any other end, and where a limit of the run was reached.
    ProgramError where settings, data or folder are wrong, with all mistakes at once.
    """
    show, close = follower(progress, "evobrnn")
    with settings_file(config) as file:
        words = ["run", file, *options({"data": data, "out": out, "workers": workers, "isolation": isolation}, set)]
        for old in extend_from:
            words += ["--extend-from", os.fspath(old)]
        try:
            end = program.follow(words, lambda event: show(event) if "done" in event else None, ", and evobrnn.resume(folder) goes on")
            close(end["complete"])
        finally:
            close()
    return Run(end["run"])


def resume(
    folder: Folder,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    data: Folder | None = None,
    workers: int | None = None,
    isolation: str | None = None,
    progress: Progress = True,
) -> Run | Comparison:
    """Goes on with a run or a comparison that was stopped or killed, to the same end.

    set: settings that may change: more search.generations, final.seeds, and what changes no result, as limits.
    """
    words = ["resume", os.fspath(folder), *options({"data": data, "workers": workers, "isolation": isolation}, set)]
    show, close = follower(progress, "evobrnn")
    try:
        end = program.follow(words, lambda event: show(event) if "best" in event else None, ", and evobrnn.resume(folder) goes on")
        close(end.get("complete", True))
    finally:
        close()
    return Run(end["run"]) if "run" in end else Comparison(end["folder"])


def train(
    config: Config,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    data: Folder | None = None,
    out: Folder | None = None,
) -> Training:
    """Trains one network with the settings as they stand, without a search. Arguments as those of `run`; out: runs/NAME-train where not
    given."""
    with settings_file(config) as file:
        if out is None:
            name = (set or {}).get("name") or tomllib.loads(Path(file).read_text()).get("name", "run")
            out = Path("runs") / f"{name}-train"
        program.call(["train", file, "--quiet", *options({"data": data, "out": out}, set)])
    return Training(out)
