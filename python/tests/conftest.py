# SPDX-License-Identifier: Apache-2.0
import signal

import pytest

import evobrnn

# A shell that starts this in the background has it ignored, here and in all that is started from here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Seconds, and no data set.
QUICK = {
    "name": "quick",
    "seed": 4,
    "model": {"n": 12},
    "task": {"name": "digits", "train_samples": 200, "validation_samples": 100, "test_samples": 100},
    "train": {"batch": 50, "samples": 200},
    "search": {"population": 4, "generations": 2},
    "final": {"seeds": 2},
    "genes": {"model.dt": {"low": 0.1, "high": 0.9}, "model.n": {"low": 6, "high": 16}},
}


@pytest.fixture(scope="session")
def quick_config():
    return QUICK


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory):
    """A whole run of networks."""
    return evobrnn.run(QUICK, out=tmp_path_factory.mktemp("runs") / "quick", progress=False)
