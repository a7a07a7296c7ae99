# SPDX-License-Identifier: Apache-2.0
"""How much faster a search of a pure-Python objective is on several processes than on one.

    python python/benchmarks/processes.py --processes 2 --trials 100

Both searches include starting their processes, and give the same trials; the ratio of their times is printed.
"""

import argparse
import time

import evobrnn


def primes(genome, seed):
    """Work for one core, as long for every genome: the primes below `size`, by trial division."""
    count = sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, SIZE))
    return count - abs(genome["x"])


SIZE = 90_000
SPACE = {"x": evobrnn.Real(-1, 1)}


def seconds(processes, trials):
    begin = time.perf_counter()
    search = evobrnn.evolve(primes, SPACE, population=trials, generations=1, processes=processes, progress=False)
    return time.perf_counter() - begin, search.trials["score"].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--trials", type=int, default=100)
    options = parser.parse_args()
    one, scores = seconds(1, options.trials)
    several, same = seconds(options.processes, options.trials)
    assert scores == same
    print(f"1 process {one:.2f} s, {options.processes} processes {several:.2f} s: {one / several:.2f} times as fast")


if __name__ == "__main__":
    main()
