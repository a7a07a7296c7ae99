# SPDX-License-Identifier: Apache-2.0
"""Comparisons of ways to set hyperparameters, by the program `evobrnn`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evobrnn import program
from evobrnn.progress import Progress, follower

if TYPE_CHECKING:
    import pandas


def read_table(file: Path) -> pandas.DataFrame:
    """A table of the program's: only an empty cell is no value, for an arm may be named "NA" or "None"."""
    import pandas

    return pandas.read_csv(file, keep_default_na=False, na_values=["", "nan"])


class Comparison:
    """What a comparison came to, in its folder; docs/COMPARISONS.md says how each number is made."""

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        if not (self.folder / "comparison.json").exists():
            raise FileNotFoundError(f"{folder} holds no finished comparison: {self.folder / 'comparison.json'} is not there")

    def __repr__(self) -> str:
        return f"<Comparison {self.folder}: {self.conclusion}>"

    @property
    def numbers(self) -> dict[str, Any]:
        """All of it, as comparison.json has it."""
        return json.loads((self.folder / "comparison.json").read_text())

    @property
    def conclusion(self) -> str:
        """What follows, in words."""
        return self.numbers["conclusion"]

    @property
    def tables(self) -> dict[str, pandas.DataFrame]:
        """repeats, pairs, curves, hyperparameters and importance: the CSV files of the folder."""
        return {file.stem: read_table(file) for file in sorted(self.folder.glob("*.csv"))}

    @property
    def repeats(self) -> pandas.DataFrame:
        """One row a repetition of each arm."""
        return read_table(self.folder / "repeats.csv")

    @property
    def pairs(self) -> pandas.DataFrame:
        """One row a pair of arms: differences, intervals, tests."""
        return read_table(self.folder / "pairs.csv")


def compare(
    config: str | os.PathLike[str] | Mapping[str, Any],
    *,
    profile: str | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - as the program's --set
    data: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress = True,
) -> Comparison:
    """Asks which way of setting hyperparameters is better, evolution or gradients, and how sure that is.

    config: a comparison's TOML file, as those of configs/compare/, or the same as a dict. profile: quick or full, where the file has
    them. The others as those of `run`. Ctrl-C ends it cleanly, and `resume` goes on.
    """
    from evobrnn.runs import options, settings_file

    def on_event(event: Mapping[str, Any]) -> None:
        if event.get("event") == "repetition":
            show({"done": event["done"], "expected": event["of"], "failed": 0, "best": None, **event})

    show, close = follower(progress, "repetitions")
    with settings_file(config) as file:
        words = ["compare", file, *options({"profile": profile, "data": data, "out": out, "workers": workers}, set)]
        try:
            end = program.follow(words, on_event, ", and evobrnn.resume(folder) goes on")
            close(True)
        finally:
            close()
    return Comparison(end["folder"])
