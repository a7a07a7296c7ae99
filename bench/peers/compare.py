# SPDX-License-Identifier: Apache-2.0
"""The table of docs/PERFORMANCE.md: median milliseconds of one whole training step, ours beside the peers, in interleaved rounds on one core."""
import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import time

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import jax_step
import torch_step


@dataclasses.dataclass
class Row:
    name: str  # as bench/training_step.cpp names it, without the path
    steps: int = 28
    n_in: int = 28

    def __post_init__(self):
        case, n = self.name.split("/")
        self.n, self.dale = int(n), "_dale" in case
        self.a_kind = next((kind for kind in ("ei", "constant", "matrix") if f"_{kind}" in case), "constant")
        self.model = case
        for part in ("_dale", "_pixels", "_ei", "_constant", "_matrix"):
            self.model = self.model.replace(part, "")

    def ours(self, path):
        return self.name.replace("/", f"/{path}/")


SIZES = (50, 100, 200)
ROWS = [Row(f"{case}/{n}") for case in ("conductance_ei_dale", "conductance_constant", "conductance_matrix_dale", "stp_dale", "conductance_stp_ei_dale") for n in SIZES]
ROWS.append(Row("conductance_ei_dale_pixels/200", steps=784, n_in=1))


def measure_ours(program, name):
    """Milliseconds a step, and the share of the core's measured peak."""
    out = subprocess.run([program, f"--benchmark_filter=^{name}$", "--benchmark_format=json", "--benchmark_min_time=0.3"], capture_output=True, text=True, check=True).stdout
    (result,) = json.loads(out)["benchmarks"]
    return result["real_time"], result["of_peak"]


def measure(step, seconds=0.3):
    """The median of single steps over at least that time, in milliseconds."""
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        before = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - before))
    return statistics.median(times)


def compare(row, program, rounds):
    torch = torch_step.training_step(row)
    jax = jax_step.training_step(row) if row.model == "conductance" and row.a_kind == "ei" else None
    for step in filter(None, (torch, jax)):
        step()  # compilation and first allocations
    columns = {"ours": [], "peak": [], "reference": [], "torch": [], "jax": []}
    for _ in range(rounds):
        milliseconds, share = measure_ours(program, row.ours("auto"))
        columns["ours"].append(milliseconds)
        columns["peak"].append(share)
        columns["torch"].append(measure(torch))
        if jax:
            columns["jax"].append(measure(jax))
    columns["reference"].append(measure_ours(program, row.ours("reference"))[0])
    return {name: statistics.median(values) if values else None for name, values in columns.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", required=True, help="the benchmark program build/release/training_step")
    parser.add_argument("--rows", nargs="*", help="only these, as conductance_ei_dale/50")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    known = {row.name: row for row in ROWS}
    for name in arguments.rows or ():
        if name not in known:
            parser.error(f"no row {name}; known: {', '.join(known)}")
    print(f"PyTorch {torch_step.torch.__version__}, JAX {jax_step.jax.__version__}, one core, batch 64, float32, {arguments.rounds} rounds\n")
    print("| ms a step | ours | of the core's peak | our reference | PyTorch eager | JAX scan + jit | PyTorch / ours | JAX / ours |\n|---|---|---|---|---|---|---|---|")
    for name in arguments.rows or known:
        m = compare(known[name], arguments.ours, arguments.rounds)
        jax = (f"{m['jax']:.2f}", f"{m['jax'] / m['ours']:.1f}×") if m["jax"] else ("–", "–")
        print(f"| {name} | {m['ours']:.2f} | {m['peak']:.0%} | {m['reference']:.1f} | {m['torch']:.1f} | {jax[0]} | {m['torch'] / m['ours']:.1f}× | {jax[1]} |", flush=True)


if __name__ == "__main__":
    main()
