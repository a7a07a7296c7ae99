# SPDX-License-Identifier: Apache-2.0
"""What trained networks remember, by the program `evobrnn`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from evobrnn import program
from evobrnn.comparisons import read_table

if TYPE_CHECKING:
    import numpy
    import pandas

Input = Union[str, os.PathLike[str]]


class Examination:
    """What an examination found, in its folder; docs/EXAMINATION.md says how each number is measured."""

    def __init__(self, folder: Input):
        self.folder = Path(folder)
        if not (self.folder / "examination.json").exists():
            raise FileNotFoundError(f"{folder} holds no finished examination: {self.folder / 'examination.json'} is not there")

    def __repr__(self) -> str:
        return f"<Examination {self.folder}>"

    @property
    def numbers(self) -> dict[str, Any]:
        """All of it, as examination.json has it."""
        return json.loads((self.folder / "examination.json").read_text())

    @property
    def figures(self) -> dict[str, pandas.DataFrame]:
        """The table of each figure, blank_delay, decoding, lesions, …: columns group and network, then its own, with their units."""
        return {file.stem: read_table(file) for file in sorted(self.folder.glob("*.csv"))}

    @property
    def text(self) -> str:
        """The summary and the findings, as Markdown."""
        return (self.folder / "examination.md").read_text()

    @property
    def recordings(self) -> dict[str, dict[str, numpy.ndarray[Any, Any]]]:
        """What units did in the first test samples, of each network by GROUP-NUMBER: r and, where it has them, z, u, x_s,
        [times, samples, units] each; steps [times]; units [units]."""
        from safetensors.numpy import load_file

        return {file.stem: load_file(file) for file in sorted((self.folder / "recordings").glob("*.safetensors"))}


def examine(
    inputs: Input | Iterable[Input],
    *,
    suite: str = "quick",
    out: Input | None = None,
    data: Input | None = None,
    input_sizes: Iterable[int] = (),
    seeds: int | None = None,
    training: bool = True,
    workers: int | None = None,
) -> Examination:
    """Shows what trained networks remember, for how long, and how.

    inputs: a run (its champion), a comparison (every arm), a folder of `train`, or a file of weights; or several of these.
    suite: "quick", minutes, or "full". out: folder of the results; examination-SUITE beside a single input where not given.
    input_sizes: also trains anew with images cut into chunks of so many values a step, on so many `seeds`.
    training: False does not train each network once more to watch its parameters.

    Ctrl-C keeps what is finished, and the same call goes on.
    """
    several = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    if out is None:
        if len(several) != 1:
            raise ValueError("several inputs need a folder for the results: out=...")
        place = Path(several[0])
        out = (place if place.is_dir() else place.parent) / f"examination-{suite}"
    from evobrnn.runs import options

    sizes = ",".join(str(int(size)) for size in input_sizes) or None
    words = ["examine", *map(os.fspath, several), "--quiet"]
    words += options({"suite": suite, "out": out, "data": data, "input-sizes": sizes, "seeds": seeds, "workers": workers})
    program.call(words + ([] if training else ["--no-training"]), ", and the same call goes on")
    return Examination(out)
