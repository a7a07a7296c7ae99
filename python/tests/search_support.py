# SPDX-License-Identifier: Apache-2.0
"""What tests of searches share; also a script: a search in a process of its own, to be killed."""

import json
import sys

import evobrnn
from objectives import KillsAtCall

SPACE = {"x": evobrnn.Real(-5, 5), "k": evobrnn.Integer(1, 6)}
SMALL = {"population": 8, "generations": 4, "seed": 3, "progress": False}
# Those that differ between two runs of the same search.
OF_THE_MOMENT = ["wall_seconds", "cpu_seconds", "worker", "started", "curve"]


def bits(trials):
    """A table of trials as text, exact, without what depends on the moment."""
    return trials.drop(columns=OF_THE_MOMENT).to_json(double_precision=15)


def same(left, right):
    columns = [c for c in left.columns if c not in OF_THE_MOMENT]
    return list(left.columns) == list(right.columns) and left[columns].equals(right[columns])


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    objective = KillsAtCall(given["armed"], given["calls"], given["number"], given["processes"] > 1)
    evobrnn.evolve(objective, SPACE, given["folder"], processes=given["processes"], version="1", **SMALL)
