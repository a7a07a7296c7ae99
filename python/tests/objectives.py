# SPDX-License-Identifier: Apache-2.0
"""Objectives of the tests, in a module that worker processes can import."""

import math
import os
import random
import signal
import time


def bowl(genome, seed):
    """Largest, 0, near x = 1, k = 3; a little noise of the seed."""
    noise = random.Random(seed).gauss(0, 1e-3)
    return {"score": -((genome["x"] - 1) ** 2) - (genome["k"] - 3) ** 2 + noise, "metrics": {"noise": noise, "score": 7.0}}


def fails_on_even_k(genome, seed):
    if genome["k"] % 2 == 0:
        raise ValueError(f"k = {genome['k']} is even")
    return genome["x"]


def dies_on_even_k(genome, seed):
    if genome["k"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if genome["k"] == 4:
        os._exit(5)
    return genome["x"]


def infinite(genome, seed):
    return math.inf


def nothing(genome, seed):
    return None


def runs_until_stopped(genome, seed, trial):
    """Small x ends by itself, large x when it is told to, k = 5 not even then."""
    step, latest = 0, time.monotonic() + 10
    while genome["x"] > 0 and (genome["k"] == 5 or not trial.should_stop()) and time.monotonic() < latest:
        step += 1
        trial.progress(step, 0, 0.0)
    return genome["x"]


def ended_by_sigterm_once(genome, seed):
    """As by a batch system: the first process that comes here."""
    first = os.environ["EVOBRNN_TEST_FIRST"]
    if os.path.exists(first):
        os.unlink(first)
        os.kill(os.getpid(), signal.SIGTERM)
    return genome["x"]


class KillsAtCall:
    """Sends a signal to a process once it has been called so often in its process, while `armed` exists."""

    def __init__(self, armed, calls, number, parent):
        self.armed, self.calls, self.number, self.parent = armed, calls, number, parent
        self.count = 0

    def __call__(self, genome, seed):
        self.count += 1
        if self.count == self.calls and os.path.exists(self.armed):
            os.unlink(self.armed)
            os.kill(os.getppid() if self.parent else os.getpid(), self.number)
        return bowl(genome, seed)


class Unloadable:
    def __call__(self, genome, seed):
        return 0.0

    def __setstate__(self, state):
        raise RuntimeError("cannot be loaded")

    def __getstate__(self):
        return {"some": "state"}
