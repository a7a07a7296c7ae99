# SPDX-License-Identifier: Apache-2.0
"""A module that a worker process never finishes to import; it says so in a FIFO first."""

import os
import sys

import evobrnn


def objective(genome, seed):
    return 0.0


if __name__ == "__mp_main__":
    with open(os.environ["EVOBRNN_TEST_FIFO"], "w") as fifo:
        fifo.write("importing\n")
    while True:
        os.read(os.open(os.environ["EVOBRNN_TEST_NEVER"], os.O_RDWR), 1)
elif __name__ == "__main__":
    evobrnn.evolve(objective, {"x": evobrnn.Real(0, 1)}, sys.argv[1], processes=2, progress=False)
