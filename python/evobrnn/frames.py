# SPDX-License-Identifier: Apache-2.0
"""Ledgers as pandas data frames."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evobrnn import _search

if TYPE_CHECKING:
    import pandas

LEDGER = "ledger.sqlite"
# Those of `evobrnn export`, and the learning curve.
BEFORE_GENES = ("id", "generation", "role", "repeat", "fidelity", "seed", "parents", "status", "cause", "score")
AFTER_METRICS = (
    "steps", "samples", "flops", "wall_seconds", "cpu_seconds", "peak_bytes", "worker", "started", "content", "origin", "curve",
)  # fmt: skip


def frame_of(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    """One row a trial. Genes are columns `params.NAME`, metrics `metrics.NAME`, so that no name of users is one of ours."""
    import pandas

    genomes = [json.loads(row["genome"]) for row in rows]
    genes = list(dict.fromkeys(name for genome in genomes for name in genome))
    metrics = sorted({name for row in rows for name in row["metrics"]})
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in BEFORE_GENES}
    columns["score"] = [float("nan") if row["score"] is None else row["score"] for row in rows]
    for gene in genes:
        values = [genome.get(gene) for genome in genomes]
        whole = None in values and all(type(value) is int for value in values if value is not None)
        columns[f"params.{gene}"] = pandas.array(values, dtype="Int64") if whole else values  # else a missing one makes them real
    for metric in metrics:
        columns[f"metrics.{metric}"] = [row["metrics"].get(metric, float("nan")) for row in rows]
    columns |= {name: [row[name] for row in rows] for name in AFTER_METRICS}
    frame = pandas.DataFrame(columns)
    frame["started"] = pandas.to_datetime(frame["started"], unit="s")
    return frame.set_index("id")


def read_trials(folder: str | os.PathLike[str]) -> pandas.DataFrame:
    """Every trial of a run or a search as a data frame, also of one that is under way.

    One row a trial, by its number: generation (-1: a final test), role, seed, parents, status, cause, score (NaN where it is not
    ok; as the objective gave it, also where it is minimised), the genes as params.NAME, the metrics as metrics.NAME, what it cost,
    and its learning curve as a list of dicts, which pandas.DataFrame(trials["curve"][7]) makes a data frame: step, samples,
    train_loss, validation_loss, validation_score. Of an objective that is not a network the curve is the progress that it told: step,
    and the loss as train_loss. A ledger that is damaged is a StorageError that says what is.
    """
    ledger = Path(folder) / LEDGER
    if not ledger.exists():
        raise FileNotFoundError(f"{folder} holds no run: {ledger} is not there")
    return frame_of(_search.trials(ledger))
