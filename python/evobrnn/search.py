# SPDX-License-Identifier: Apache-2.0
"""Evolution of any objective that is a Python function."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evobrnn import _search, folder as folders, frames
from evobrnn.objective import Answer, Trial, call, wants_trial
from evobrnn.progress import Progress, follower
from evobrnn.space import Gene, plain, to_gene
from evobrnn.workers import Workers

if TYPE_CHECKING:
    import pandas

# What the settings of a search say of networks alone.
_OF_NETWORKS = {
    "search.flops": "counts operations of training a network",
    "search.genomes": "names a file; give the genomes as first=[...]",
    "search.defaults_first": "needs the default settings of a network",
    "final.flops": "counts operations of training a network",
    "final.samples": "counts training samples of a network",
    "final.trained": "names what gradients train in a network",
    "final.finer_steps": "divides the time step of a network",
    "run.workers": "is processes=...",
    "run.isolation": "is processes=...",
    "run.memory": "is about the memory of networks",
    "run.trial_memory": "is about the memory of networks",
    "run.max_flops": "counts operations of training a network",
    "run.checkpoint_seconds": "is about the checkpoints of a training",
}


@dataclass
class Search:
    """What a search came to."""

    folder: Path | None  #: where its trials are; None where it had no folder
    complete: bool  #: False where a limit ended it; the same call then goes on
    limit: str  #: which, as "run.max_trials = 20"; empty: none
    genome: dict[str, Any] | None  #: the champion's: best score, the first of equal ones; None where no trial has ended yet
    score: float | None  #: its score
    metrics: dict[str, float]  #: its metrics
    evaluated: int  #: trials that this call evaluated; 0: all were known from earlier calls
    trials: pandas.DataFrame = field(repr=False)  #: every trial: see read_trials


class AllTrialsFailed(RuntimeError):
    """No trial of a search succeeded; the message has the counts and the commonest cause."""

    def __init__(self, message: str, trials: pandas.DataFrame):
        super().__init__(message)
        self.trials = trials  #: every trial with its cause: see read_trials


class _Interrupt:
    """Ctrl-C while a search runs: the first ends it cleanly, the second at once."""

    def __init__(self, stop: _search.Stop, kill: Callable[[], None]):
        self.asked = False
        self.in_objective = False  # of this process: leave it at once
        self._stop, self._kill = stop, kill
        self._previous: Any = None

    def __enter__(self) -> _Interrupt:
        # Only the main thread is told of signals; who installed a handler of their own keeps it.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def _handle(self, signum: int, frame: Any) -> None:
        if self.asked:
            self._kill()
        self.asked = True
        self._stop.set()
        if self.in_objective:
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)


class _Here:
    """Calls the objective in the thread that called evolve(), for search threads that wait meanwhile."""

    def __init__(self, objective: Callable[..., Any], events: queue.SimpleQueue[tuple[Any, ...]]):
        self._objective, self._events = objective, events
        self._with_trial = wants_trial(objective)

    def __call__(self, genome: str, seed: int, hooks: Any) -> Answer:
        reply: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._events.put(("call", genome, seed, hooks, reply))
        return reply.get()

    def answer(self, genome: str, seed: int, hooks: Any, interrupt: _Interrupt) -> Answer:
        if interrupt.asked:
            return Answer("cancelled", "stopped")
        trial = Trial(hooks.progress, hooks.should_stop) if self._with_trial else None
        hooks.started()
        try:
            interrupt.in_objective = True
            try:
                return call(self._objective, json.loads(genome), seed, trial)
            finally:
                interrupt.in_objective = False
        except KeyboardInterrupt:
            interrupt.in_objective = False
            interrupt.asked = True  # raised by a handler of the user's, or by the objective itself
            return Answer("cancelled", "stopped")

    def kill(self) -> None:
        """Nothing to end: the objective was left by the first Ctrl-C."""

    def close(self) -> None:
        """Nothing to close."""


def _given_settings(arguments: dict[str, Any], more: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    given = [(path, value, "evolve()") for path, value in arguments.items() if path not in more and value is not None]
    for path, value in more.items():
        if path in _OF_NETWORKS:
            raise _search.SettingsError(f"settings: {path} {_OF_NETWORKS[path]}")
        if path.startswith("failures.") and value == "gentler":
            raise _search.SettingsError(f'settings: {path} = "gentler" lowers the learning rate of a network; an objective of yours has none')
        given.append((path, [plain(v) for v in value] if isinstance(value, (list, tuple)) else plain(value), "settings"))
    return [("final.seeds", 0, "evolve()"), *given]  # no final tests unless asked for


def _space_of(space: Mapping[str, Gene]) -> tuple[_search.SearchSpace, list[dict[str, Any]]]:
    genes = [to_gene(name, gene) for name, gene in space.items()]
    return _search.SearchSpace(genes), genes


def evolve(
    objective: Callable[..., Any],
    space: Mapping[str, Gene],
    folder: str | os.PathLike[str] | None = None,
    *,
    strategy: str = "ga",
    population: int = 20,
    generations: int | None = None,
    seed: int = 1,
    processes: int = 1,
    maximise: bool = True,
    first: Iterable[Mapping[str, Any]] = (),
    settings: Mapping[str, Any] | None = None,
    time_limit: float | None = None,
    progress: Progress = True,
    version: str | None = None,
) -> Search:
    """Searches the genome whose objective is best, and keeps every trial.

    objective: `f(genome, seed)`, where `genome` is a dict name → value, gives a number, or a dict with `score` and, where it likes,
        `metrics`, a dict of numbers. It draws whatever is random from `seed`, and then the search gives the same bits at any time.
        With a third argument it gets a Trial: `trial.progress(step, steps, loss)` and `trial.should_stop()`.
    space: name → Real, Integer or Categorical.
    folder: where the trials are kept, each on the disk before anything follows from it. The same call with the same folder goes on
        where a search ended, however it ended, to the same trials as if it had never been stopped, and with more generations further; another
        search in it is a UsageError. None: nothing is kept.
    strategy: `evobrnn.strategies()` describes them.
    generations: the first, random one included; 10 where not given. The strategies grid and list end by themselves.
    seed: of the search.
    processes: how many trials run at once, each in a process of its own; 1: in this process and thread. Changes no result. The
        objective must then be importable (not a lambda, not of a notebook's cell), and a crash of its process costs one trial.
        Libraries that start threads of their own (NumPy's BLAS, PyTorch) should be held to one a process, as by OMP_NUM_THREADS=1.
    maximise: False: the smallest score is the best.
    first: genomes that are tried first.
    settings: further settings of the search by their path, as {"search.ga.elites": 2, "failures.crashed": "retry",
        "run.max_trials": 100, "final.seeds": 5}; `evobrnn.settings()` describes them.
    time_limit: seconds after which a trial ends as timeout; needs processes of their own.
    progress: a bar in a terminal or a notebook; False: none; a function: called with a dict after every trial.
    version: a name for the objective as it is. A folder keeps what its objective was, and the same call with a changed one is refused with
        what changed. Without a version that is what can be seen of its code: `evobrnn.fingerprint.parts_of` says what is and what is not
        (data files, other modules). Give one of your own, and another with every change that changes results, where that is too little or
        too much.

    An exception in the objective is a trial with the status crashed and its text, and counts as worse than any score; a process that
    dies is crashed (a signal) or lost, a score that is infinite or NaN is diverged; `failures.…` in the settings says what follows.
    Ctrl-C ends the search: trials under way in this process, and those that do not ask `trial.should_stop()`, are given up at once,
    others have `run.grace_seconds`; a second Ctrl-C ends those too. KeyboardInterrupt follows, and the same call goes on.
    """
    if time_limit is not None and processes == 1:
        raise ValueError("time_limit needs processes of their own: processes=2 or more")
    if processes < 1:
        raise ValueError(f"processes must be 1 or more, not {processes}")
    made_space, genes = _space_of(space)
    arguments = {"search.strategy": strategy, "search.population": population, "search.generations": generations, "seed": seed}
    made_settings = _search.SearchSettings(_given_settings(arguments, settings or {}))
    first_texts = [
        made_space.canonical(json.dumps({name: plain(value) for name, value in genome.items()})) for genome in first
    ]
    sign = 1.0 if maximise else -1.0
    with folders.opened(folder, objective, maximise, version) as place:
        outcome = _run(objective, made_space, made_settings, first_texts, place, processes, time_limit, progress, sign)
        trials = frames.frame_of(_search.trials(place / frames.LEDGER))
    champion, state = outcome["champion"], outcome["progress"]
    if outcome["failure"]:
        kept = "" if folder is None else f"; they are kept in {place}"
        raise AllTrialsFailed(f"no trial succeeded, {outcome['failure']}{kept}", trials)
    return Search(
        folder=None if folder is None else place,
        complete=outcome["complete"],
        limit=outcome["limit"],
        genome=json.loads(champion["genome"]) if champion else None,
        score=champion["score"] if champion else None,
        metrics=champion["metrics"] if champion else {},
        evaluated=state["done"] - state["reused"],
        trials=trials,
    )


def _run(
    objective: Callable[..., Any],
    space: _search.SearchSpace,
    settings: _search.SearchSettings,
    first: list[str],
    place: Path,
    processes: int,
    time_limit: float | None,
    progress: Progress,
    sign: float,
) -> dict[str, Any]:
    """The search in a thread of its own; this one calls the objective, draws the progress and takes Ctrl-C."""
    events: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    stop = _search.Stop()
    failures: list[BaseException] = []
    if processes == 1:
        calls: Any = _Here(objective, events)
    else:
        calls = Workers(objective, processes, settings.grace_seconds, time_limit)

    def train(genome: str, seed: int, role: str, repeat: int, hooks: Any) -> Answer:
        try:
            answer = calls(genome, seed, hooks)
            return answer._replace(score=sign * answer.score)
        except BaseException as failure:  # no candidate's fault: the search ends and this trial is not kept
            failures.append(failure)
            stop.set()
            return Answer("cancelled", "stopped")

    def observe(event: str, trial: dict[str, Any] | None, state: dict[str, Any]) -> None:
        if progress and event != "started":
            events.put(("progress", state))

    def search() -> None:
        try:
            events.put(("end", _search.run(space, settings, first, place, processes, sign > 0, train, observe, stop)))
        except BaseException as failure:
            failures.append(failure)
            events.put(("end", None))

    show, close = follower(progress, "evolve", sign)
    outcome = None
    try:
        with _Interrupt(stop, calls.kill) as interrupt:
            thread = threading.Thread(target=search, name="evobrnn search")
            thread.start()
            while True:
                event, *rest = events.get()
                if event == "call":
                    genome, seed, hooks, reply = rest
                    reply.put(calls.answer(genome, seed, hooks, interrupt))
                    if interrupt.asked:
                        stop.set()
                elif event == "progress":
                    show(rest[0])
                else:
                    outcome = rest[0]
                    break
            thread.join()
    finally:
        close(outcome is not None and outcome["complete"])
        calls.close()
    if failures:
        raise failures[0]
    if interrupt.asked and not outcome["complete"]:
        raise KeyboardInterrupt(f"stopped; {outcome['progress']['done']} trials are kept in {place}, and the same call goes on")
    return outcome


def strategies() -> pandas.DataFrame:
    """The strategies of a search: name and what each does."""
    import pandas

    return pandas.DataFrame(_search.strategies()).set_index("name")


def settings() -> pandas.DataFrame:
    """The settings of a search: path, kind, default, rule, unit and meaning. Those about networks alone do not apply to evolve()."""
    import pandas

    return pandas.DataFrame(_search.settings()).set_index("path")
