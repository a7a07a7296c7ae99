# SPDX-License-Identifier: Apache-2.0
"""Processes that call a user's objective, so that Python code runs in parallel and a crash costs one trial."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from evobrnn.objective import Answer, Trial, call, wants_trial

# Fresh interpreters: a fork of a process with threads, as the search's, is not safe.
_CONTEXT = multiprocessing.get_context("spawn")
_POLL_SECONDS = 0.1
_LONGEST_GAP = 1.0  # between two polls; in a longer one this process was suspended


class _Awake:
    """Seconds in which this process could run; asked at every poll."""

    def __init__(self) -> None:
        self._seconds, self._last = 0.0, time.monotonic()

    def seconds(self) -> float:
        now = time.monotonic()
        self._seconds += min(now - self._last, _LONGEST_GAP)
        self._last = now
        return self._seconds


class WorkerError(RuntimeError):
    """A worker process could not begin, so no trial can run."""


def pickled(objective: Callable[..., Any]) -> bytes:
    """The objective as bytes for another process. TypeError that says what to do where it cannot be sent."""
    name = getattr(objective, "__qualname__", repr(objective))
    advice = (
        "Define it with `def` at the top level of a module (a .py file; in a notebook: a cell that begins with %%writefile objective.py) "
        "and import it from there, or use processes=1, which runs it in this process"
    )
    main = sys.modules.get("__main__")
    if getattr(objective, "__module__", "") == "__main__" and not hasattr(main, "__file__"):
        raise TypeError(f"the objective {name} was defined in a notebook or at a prompt, where worker processes cannot find it. {advice}")
    try:
        return pickle.dumps(objective)
    except Exception as error:  # pickle raises PicklingError, AttributeError, TypeError, whatever __reduce__ does
        raise TypeError(f"the objective {name} cannot be sent to worker processes: {error}. {advice}") from None


def _end_with_parent() -> None:
    """Ends this process when the one that started it is gone, also while the objective runs."""

    def watch() -> None:
        wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _serve(connection: Connection, objective_bytes: bytes) -> None:
    """The worker process: answers requests until the connection closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the search decides what follows
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _end_with_parent()
    try:
        _answer_requests(connection, objective_bytes)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the search has ended


def _answer_requests(connection: Connection, objective_bytes: bytes) -> None:
    try:
        objective = pickle.loads(objective_bytes)
        with_trial = wants_trial(objective)
    except BaseException as error:
        connection.send(("unusable", f"{type(error).__name__}: {error}"))
        return
    connection.send(("ready",))
    while True:
        message = connection.recv()
        if message[0] != "call":
            continue  # told to stop, when its answer was already under way
        trial = Trial(lambda *at: connection.send(("progress", *at)), connection.poll) if with_trial else None
        connection.send(("answer", call(objective, message[1], message[2], trial)))


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self, objective_bytes: bytes):
        self.connection, there = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_serve, args=(there, objective_bytes), name="evobrnn worker")
        # The process is deaf to Ctrl-C from its first moment on: it imports the objective before it can say so itself.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        there.close()
        self.ready = False

    def receive(self, timeout: float | None) -> tuple[Any, ...] | None:
        """The next message; nothing where none came in time. EOFError where the process has ended."""
        ready = wait([self.connection, self.process.sentinel], timeout)
        if self.connection in ready or self.connection.poll():
            try:
                return self.connection.recv()
            except (ConnectionResetError, OSError) as error:
                raise EOFError from error
        if ready:
            raise EOFError
        return None

    def await_ready(self, should_stop: Callable[[], bool]) -> bool:
        """Whether it has loaded the objective; not where the search is to end before, however long the imports take."""
        if self.ready:
            return True
        try:
            while (message := self.receive(_POLL_SECONDS)) is None:
                if should_stop():
                    return False
        except EOFError:
            if should_stop():
                return False
            self.process.join()
            raise WorkerError(
                f"a worker process ended with code {self.process.exitcode} before it began; what it wrote is above. "
                'A script that calls evolve() with several processes needs its `if __name__ == "__main__":`'
            ) from None
        if message[0] != "ready":
            raise WorkerError(f"a worker process cannot load the objective: {message[1]}")
        self.ready = True
        return True

    def ended(self) -> Answer:
        """How a trial ended whose process is gone."""
        self.process.join()
        code = self.process.exitcode
        if code is not None and code < 0:
            name = signal.strsignal(-code) or "unknown"
            with contextlib.suppress(ValueError):  # real-time signals have no name
                name = signal.Signals(-code).name
            return Answer(f"signal {-code}", f"its process was ended by signal {-code} ({name})")
        return Answer("lost", f"its process ended with code {code} and no answer")

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class Workers:
    """As many processes as the search has threads; each thread borrows one for a trial."""

    def __init__(self, objective: Callable[..., Any], count: int, grace_seconds: float, time_limit: float | None):
        self._objective = pickled(objective)
        # What never asks whether to stop has nothing to finish.
        self._grace = grace_seconds if wants_trial(objective) else 0.0
        self._limit = time_limit
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._all: list[_Worker] = []
        resource_tracker.ensure_running()  # would else take back the mask of signals that a worker starts with
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # how a worker ended could not be seen
        try:
            for _ in range(count):
                self._all.append(_Worker(self._objective))
        except BaseException:
            self.kill()
            raise
        for worker in self._all:
            self._idle.put(worker)

    def __call__(self, genome: str, seed: int, hooks: Any) -> Answer:
        worker = self._idle.get()
        try:
            if not worker.await_ready(hooks.should_stop):
                return Answer("cancelled", "stopped")
            hooks.started()
            begin = time.monotonic()
            try:
                worker.connection.send(("call", json.loads(genome), seed))
                answer = self._await_answer(worker, begin, hooks)
            except (EOFError, BrokenPipeError):
                answer = worker.ended()._replace(wall_seconds=time.monotonic() - begin)
            if not worker.process.is_alive():
                worker = self._replaced(worker)
            return answer
        finally:
            self._idle.put(worker)

    def _await_answer(self, worker: _Worker, begin: float, hooks: Any) -> Answer:
        killed_at, late, awake = None, False, _Awake()
        while True:
            message = worker.receive(_POLL_SECONDS)
            if message and message[0] == "answer":
                answer = message[1]
                return self._too_late(begin) if late and answer.status == "cancelled" else answer
            if message:
                hooks.progress(*message[1:])
            now = awake.seconds()
            if killed_at is None:
                late = self._limit is not None and now > self._limit
                if late or hooks.should_stop():
                    worker.connection.send(("stop",))
                    killed_at = now + self._grace
            if killed_at is not None and now >= killed_at:
                worker.kill()
                return self._too_late(begin) if late else Answer("cancelled", "stopped", wall_seconds=time.monotonic() - begin)

    def _too_late(self, begin: float) -> Answer:
        return Answer("timeout", f"took longer than time_limit = {self._limit:g} s", wall_seconds=time.monotonic() - begin)

    def _replaced(self, gone: _Worker) -> _Worker:
        gone.connection.close()
        fresh = _Worker(self._objective)
        self._all[self._all.index(gone)] = fresh
        return fresh

    def kill(self) -> None:
        """Ends all processes at once, whatever they do."""
        for worker in self._all:
            worker.process.kill()

    def close(self) -> None:
        """Ends the processes; those that are busy at once."""
        for worker in self._all:
            worker.connection.close()
            if not worker.ready:  # still importing, and would not hear of it
                worker.process.kill()
        last = time.monotonic() + 1
        for worker in self._all:
            worker.process.join(timeout=max(0, last - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
