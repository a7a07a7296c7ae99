# SPDX-License-Identifier: Apache-2.0
# %% [markdown]
# The steps of a notebook as a script: each `# %%` begins a cell in Jupyter (jupytext), VS Code and PyCharm.
# Needs the package evobrnn: pip install . in the source's folder. Run it in an empty folder: python notebook.py; it prints notebook.out.

# %% Evolve a function. In this process any function will do; several processes need one that can be imported.
import numpy

import evobrnn


def score(genome, seed):
    """Best, 2, at width = 10 and depth = 3; "flat" is worse by 1."""
    return 2 - numpy.log10(genome["width"] / 10) ** 2 - 0.1 * (genome["depth"] - 3) ** 2 - (genome["kind"] == "flat")


space = {
    "width": evobrnn.Real(0.1, 1000, log=True),
    "depth": evobrnn.Integer(1, 8),
    "kind": evobrnn.Categorical(["flat", "round"]),
}
search = evobrnn.evolve(score, space, "runs/function", population=20, generations=8, seed=1)
print("trials:", len(search.trials), "statuses:", search.trials["status"].value_counts().to_dict())
print("best:", search.genome["kind"], search.genome["depth"], "score above 1.9:", search.score > 1.9)

# %% The same cell again, with more generations, goes on where it ended.
more = evobrnn.evolve(score, space, "runs/function", population=20, generations=10, seed=1)
print("no worse with more generations:", more.score >= search.score)

# %% Evolve networks: half a minute's settings of the quickstart, made smaller.
config = {
    "name": "networks",
    "seed": 1,
    "model": {"n": 20},
    "task": {"name": "digits", "train_samples": 400, "validation_samples": 200, "test_samples": 200},
    "train": {"samples": 400},
    "search": {"population": 4, "generations": 2},
    "final": {"seeds": 1},
    "genes": {"model.dt": {"low": 0.1, "high": 0.9}, "train.lr": {"low": 0.003, "high": 0.1, "scale": "log"}},
}
run = evobrnn.run(config, out="runs/networks")
print("run complete:", run.complete, "final tests:", sorted(run.finals["role"]))
by_generation = run.trials[run.trials["role"] == "search"].groupby("generation")["score"].max()
print("generations:", list(by_generation.index))

# %% The champion as arrays, and its answers in NumPy.
champion = run.champion
print("weights:", {name: array.shape for name, array in sorted(champion.weights.items())})
x = numpy.random.default_rng(0).random((28, 5, 28))
print("outputs:", champion.numpy()(x).shape, "rates within 0 and 1:", bool((champion.numpy().states(x)["r"] < 1).all()))
