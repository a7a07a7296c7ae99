# SPDX-License-Identifier: Apache-2.0
"""One call of a user's objective, and how it ended."""

from __future__ import annotations

import inspect
import os
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """How a trial ended, in the order in which the search library takes it."""

    status: str
    cause: str = ""
    score: float = 0.0
    metrics: dict[str, float] = {}
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


class Trial:
    """What an objective of three arguments gets as its third: how it talks to the search while it runs."""

    def __init__(self, progress: Callable[[int, int, float], None], should_stop: Callable[[], bool]):
        self._progress = progress
        self._should_stop = should_stop
        self.stopped = False  # whether the objective was told to stop

    def progress(self, step: int, steps: int, loss: float = float("nan")) -> None:
        """Says how far the trial is: step of steps, and its loss where it has one."""
        self._progress(int(step), int(steps), float(loss))

    def should_stop(self) -> bool:
        """Whether the trial is to end now: by Ctrl-C, a limit, or because it takes too long. What it returns then is not kept."""
        self.stopped = self.stopped or self._should_stop()
        return self.stopped


def wants_trial(objective: Callable[..., Any]) -> bool:
    """Whether the objective takes a Trial as its third argument. TypeError where it does not even take two."""
    try:
        signature = inspect.signature(objective)
    except ValueError:  # some built-in functions have none
        return False
    for arguments in (3, 2):
        try:
            signature.bind(*[None] * arguments)
            return arguments == 3
        except TypeError:
            continue
    raise TypeError(f"the objective must take a genome and a seed, and may take a trial: f(genome, seed, trial); it is {signature}")


def _where(error: BaseException) -> str:
    """The place in the user's code: the last line that is not this file's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    return f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""


def _score_and_metrics(value: Any) -> tuple[float, dict[str, float]]:
    if not isinstance(value, Mapping):
        try:
            return float(value), {}
        except TypeError:
            raise TypeError(f"the objective must return a number, or a dict with score and metrics; it returned {value!r}") from None
    if "score" not in value or set(value) - {"score", "metrics"}:
        raise TypeError(f"the objective's dict must have score, and may have metrics, and nothing else; it has {sorted(map(str, value))}")
    return float(value["score"]), {str(name): float(number) for name, number in value.get("metrics", {}).items()}


def call(objective: Callable[..., Any], genome: dict[str, Any], seed: int, trial: Trial | None) -> Answer:
    """Runs the objective; whatever it raises is a status with its cause, but for KeyboardInterrupt. `trial`: None where it takes none."""
    wall, cpu = time.perf_counter(), time.thread_time()
    status, cause, score, metrics = "ok", "", 0.0, {}
    try:
        value = objective(genome, seed) if trial is None else objective(genome, seed, trial)
        if trial is not None and trial.stopped:
            status, cause = "cancelled", "stopped"
        else:
            score, metrics = _score_and_metrics(value)
    except MemoryError:
        status, cause = "out_of_memory", "MemoryError"
    except (Exception, SystemExit) as error:
        if trial is not None and trial.stopped:
            status, cause = "cancelled", "stopped"
        else:
            status, cause = "crashed", f"{type(error).__name__}: {error}{_where(error)}"
    return Answer(status, cause, score, metrics, time.perf_counter() - wall, time.thread_time() - cpu)
