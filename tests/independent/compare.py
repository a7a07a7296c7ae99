# SPDX-License-Identifier: Apache-2.0
"""Recomputes every statistic of comparison.json by NumPy, SciPy and scikit-learn: of a comparison that is run now, from the ledgers of
its runs, and of made-up ones with ties, zeros, missing repetitions and known importances."""

from __future__ import annotations

import argparse
import json
import math
import sqlite3
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.tree import DecisionTreeRegressor

RESAMPLES = 20000
CHANCE = 0.006  # by so much the place of an end among the resamples varies between generators
failures: list[str] = []
compared = 0


def close(what: str, ours, theirs, tolerance: float = 1e-9) -> None:
    global compared
    compared += 1
    if ours is None or theirs is None:
        if ours is not theirs:
            failures.append(f"{what}: recomputed {theirs}, told {ours}")
    elif not abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)):
        failures.append(f"{what}: recomputed {theirs!r}, told {ours!r}")


def same(what: str, ours, theirs) -> None:
    global compared
    compared += 1
    if ours != theirs:
        failures.append(f"{what}: recomputed {theirs!r}, told {ours!r}")


def signed_rank_p(differences: np.ndarray) -> float:
    """Wilcoxon's, over all signs: zeros left out, ties by midranks."""
    d = differences[differences != 0]
    if len(d) == 0:
        return 1.0
    ranks = stats.rankdata(abs(d))
    observed, middle = ranks[d > 0].sum(), ranks.sum() / 2
    if len(d) <= 16:
        signs = np.array(list(product([0, 1], repeat=len(d))))
        sums = signs @ ranks
        return float(np.mean(abs(sums - middle) >= abs(observed - middle) - 1e-9))
    if len(np.unique(abs(d))) == len(d):
        return float(stats.wilcoxon(d, mode="exact").pvalue)
    doubled = np.round(2 * ranks).astype(int)  # with ties: how many sign patterns give each sum
    counts = np.zeros(doubled.sum() + 1)
    counts[0] = 1
    for rank in doubled:
        counts[rank:] = counts[rank:] + counts[: len(counts) - rank]
    sums = np.arange(len(counts)) / 2
    return float(counts[abs(sums - middle) >= abs(observed - middle) - 1e-9].sum() / counts.sum())


def permutation_p(differences: np.ndarray) -> float:
    signs = np.array(list(product([-1, 1], repeat=len(differences))))
    return float(np.mean(abs(signs @ differences) >= abs(differences.sum()) - 1e-12 * abs(differences).sum()))


def holm(p: list[float]) -> list[float]:
    order, adjusted, largest = np.argsort(p, kind="stable"), [0.0] * len(p), 0.0
    for i, at in enumerate(order):
        largest = max(largest, (len(p) - i) * p[at])
        adjusted[at] = min(1.0, largest)
    return adjusted


def walsh(differences: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(len(differences))
    return np.sort((differences[i] + differences[j]) / 2)


def shift_interval(differences: np.ndarray, level: float):
    n = len(differences)
    sums = np.zeros(n * (n + 1) // 2 + 1)
    sums[0] = 1
    for rank in range(1, n + 1):
        sums[rank:] = sums[rank:] + sums[: len(sums) - rank]
    tails = np.cumsum(sums / 2.0**n)
    cut = int(np.sum(2 * tails <= 1 - level))
    if cut == 0:
        return None
    averages = walsh(differences)
    return [averages[cut - 1], averages[len(averages) - cut]]


def bca(sample: np.ndarray, statistic, level: float, rng):
    """Efron's, with Hesterberg's expansion; the generator is NumPy's. Each end as the range of what generators make of it."""
    if len(sample) < 2:
        return None
    n = len(sample)
    values = np.sort(statistic(sample[rng.integers(0, n, (RESAMPLES, n))], 1))
    if values[0] == values[-1]:
        return [[values[0]] * 2] * 2
    point = statistic(sample, 0)
    share = (np.mean(values < point) + np.mean(values <= point)) / 2
    z0 = stats.norm.ppf(np.clip(share, 0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))
    jack = np.array([statistic(np.delete(sample, i), 0) for i in range(n)])
    d = jack.mean() - jack
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5) if (d**2).sum() > 0 else 0
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = z0 + math.sqrt(n / (n - 1)) * stats.t.ppf(tail, n - 1)
        place = stats.norm.cdf(z0 + z / (1 - a * z)) if 1 - a * z > 0 else float(tail > 0.5)
        ends.append([float(np.quantile(values, np.clip(place + off, 0, 1))) for off in (-CHANCE, CHANCE)])
    return ends


def check_bca(what: str, told, sample: np.ndarray, statistic, level: float, rng) -> None:
    ours = bca(sample, statistic, level, rng)
    if ours is None or told is None:
        return same(what, told, ours)
    for end in (0, 1):
        low, high = ours[end]
        close(f"{what}[{end}]", told[end], float(np.clip(told[end], low, high)), 1e-9)


def equivalence(differences: np.ndarray, margin: float) -> float:
    if np.std(differences) == 0:
        return 0.0 if abs(differences.mean()) < margin else 1.0
    above = stats.ttest_1samp(differences, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, margin, alternative="less").pvalue
    return float(max(above, below))


def summary(values: np.ndarray) -> dict:
    ordered, n = np.sort(values), len(values)
    weights = np.clip(np.minimum(np.arange(1, n + 1), 3 * n / 4) - np.maximum(np.arange(n), n / 4), 0, None)
    return {"n": n, "mean": values.mean(), "median": np.median(values), "low": values.min(), "high": values.max(),
            "standard_deviation": values.std(ddof=1) if n > 1 else 0.0, "interquartile_mean": (ordered * weights).sum() / weights.sum()}


def check_summary(what: str, told, values: np.ndarray) -> None:
    for key, value in summary(values).items():
        close(f"{what}.{key}", told[key], value)


def check_detectable(what: str, shift, differences: np.ndarray, alpha: float, rng) -> None:
    """The told shift is seen in about 80 of 100 draws, by a test of our own."""
    n, spread = len(differences), differences.std(ddof=1)
    null = np.array([sum(r for r, s in zip(range(1, n + 1), signs) if s) for signs in product([0, 1], repeat=n)]) if n <= 12 else None
    if null is None or shift is None:
        return
    critical = max(w for w in range(n * (n + 1) // 2) if 2 * np.mean(null <= w) <= alpha)
    draws = rng.normal(shift / spread, 1, (4000, n))
    ranks = stats.rankdata(abs(draws), axis=1)
    positive = (ranks * (draws > 0)).sum(1)
    power = np.mean(np.minimum(positive, n * (n + 1) / 2 - positive) <= critical)
    close(f"{what}: power at the detectable shift", power, 0.8, 0.04)


def check_pairs(result: dict, arms: dict[str, list], alpha: float, margin: float, rng) -> None:
    raw, tested, measured = [], [], []
    for pair in result["pairs"]:
        left, right = arms[pair["first"]], arms[pair["second"]]
        both = [i for i, (x, y) in enumerate(zip(left, right)) if x is not None and y is not None]
        x, y = np.array([left[i] for i in both]), np.array([right[i] for i in both])
        d = x - y
        d[abs(d) < 1e-12] = 0
        raw.append((x, y, d))
        what = f"{pair['first']} − {pair['second']}"
        same(f"{what}.repeats", pair["repeats"], [i + 1 for i in both])
        same(f"{what}.pairs", pair["pairs"], len(d))
        if len(d) == 0:
            continue
        close(f"{what}.mean_difference", pair["mean_difference"], d.mean())
        close(f"{what}.shift", pair["shift"], float(np.median(walsh(d))))
        close(f"{what}.improvement", pair["probability_of_improvement"], float(np.mean((d > 0) + 0.5 * (d == 0))))
        a12 = stats.mannwhitneyu(x, y, alternative="two-sided").statistic / (len(x) * len(y))
        close(f"{what}.a12", pair["a12"], a12)
        close(f"{what}.cliffs_delta", pair["cliffs_delta"], 2 * a12 - 1)
        varies = len(d) >= 3 and np.ptp(x) > 0 and np.ptp(y) > 0
        close(f"{what}.correlation", pair["correlation"], float(stats.pearsonr(x, y)[0]) if varies else None)
        spread = d.std(ddof=1) if len(d) > 1 else 0
        close(f"{what}.standardised", pair["standardised_difference"], d.mean() / spread if spread > 0 else None)
        if not d.any():
            continue
        interval = shift_interval(d, 1 - alpha)
        for end in (0, 1):
            close(f"{what}.shift_interval", pair["shift_interval"] and pair["shift_interval"][end], interval and interval[end])
        check_bca(f"{what}.mean_interval", pair["mean_interval"], d, np.mean, 1 - alpha, rng)
        if len(d) >= 2:
            measured.append((pair, equivalence(d, margin)))
            reach = stats.t.ppf(1 - alpha, len(d) - 1) * spread / math.sqrt(len(d))
            close(f"{what}.equivalence_low", pair["mean_equivalence_interval"][0], d.mean() - reach)
            close(f"{what}.equivalence_high", pair["mean_equivalence_interval"][1], d.mean() + reach)
        if 2.0 ** (1 - len(d)) <= alpha:
            p = signed_rank_p(d)
            tested.append((pair, p))
            close(f"{what}.p", pair["p_signed_rank"], p)
            if len(d) <= 16:
                close(f"{what}.permutation", pair["p_permutation"], permutation_p(d))
        else:
            same(f"{what}.p", pair["p_signed_rank"], None)
    for (pair, _), p in zip(tested, holm([p for _, p in tested])):
        close(f"{pair['first']} − {pair['second']}.p_holm", pair["p_holm"], p)
    for (pair, _), p in zip(measured, holm([p for _, p in measured])):
        close(f"{pair['first']} − {pair['second']}.equivalence", pair["p_equivalence_holm"], p)
    for pair, (x, y, d) in zip(result["pairs"], raw):
        what = f"{pair['first']} − {pair['second']}"
        if pair["p_holm"] is not None and d.std() > 0:
            check_detectable(what, pair["detectable_shift"], d, alpha / len(tested), rng)
        same(f"{what}.verdict", pair["verdict"], verdict(pair, d, alpha, len(tested)))


def verdict(pair: dict, d: np.ndarray, alpha: float, tests: int) -> str:
    if len(d) == 0:
        return "no scores"
    if not d.any():
        return "identical"
    within = pair["p_equivalence_holm"] is not None and pair["p_equivalence_holm"] <= alpha
    if pair["p_holm"] is not None and pair["p_holm"] <= alpha:
        return ("better" if pair["shift"] > 0 else "worse") + (", by less than the margin" if within else "")
    if within:
        return "equivalent"
    return "too few repetitions" if pair["p_signed_rank"] is None or 2.0 ** (1 - len(d)) * tests > alpha else "undecided"


def best_at(progress: list, cost: float):
    best = [score for at, score in progress if at <= cost]
    return best[-1] if best else None


def height(progress: list, begin: float, end: float) -> float:
    """Mean of the best score so far from begin to end, the first score before its time."""
    cuts = sorted({begin, end, *[at for at, _ in progress if begin < at < end]})
    area = sum((b - a) * (best_at(progress, a) if best_at(progress, a) is not None else progress[0][1]) for a, b in zip(cuts, cuts[1:]))
    return area / (end - begin)


def check_arms(result: dict, raw: list[dict], alpha: float, target: float, rng) -> None:
    curves = [[r["progress"] for r in arm["repeats"] if r["progress"]] for arm in raw]
    spent = [[r["search_flops"] + r["final_flops"] for r in arm["repeats"]] for arm in raw]
    with_progress = [s for arm, all_spent in zip(raw, spent) for r, s in zip(arm["repeats"], all_spent) if r["progress"]]
    begin = max(p[0][0] for arm in curves for p in arm)
    end = min(with_progress)
    bests = [np.median([p[-1][1] for p in arm]) for arm in curves if arm]
    target = target or float(np.median(bests))
    close("target", result["target"], target)
    totals = [sum(s) for s in spent]
    close("budget_spread", result["budget_spread"], max(totals) / min(totals) - 1)
    for told, arm, progress, all_spent in zip(result["arms"], raw, curves, spent):
        what = arm["name"]
        tests = np.array([r["test"] for r in arm["repeats"] if r["test"] is not None])
        same(f"{what}.failed_repeats", told["failed_repeats"], len(arm["repeats"]) - len(tests))
        if len(tests):
            check_summary(f"{what}.test", told["test"], tests)
            check_bca(f"{what}.mean_interval", told["mean_interval"], tests, np.mean, 1 - alpha, rng)
            check_bca(f"{what}.median_interval", told["median_interval"], tests, np.median, 1 - alpha, rng)
        if progress:
            first, last = max(p[0][0] for p in progress), max(all_spent)
            grid = np.linspace(first, last, 100)
            heights = np.array([[best_at(p, cost * (1 + 1e-12)) for p in progress] for cost in grid])
            for key, ours in (("flops", grid), ("median", np.median(heights, 1)), ("low", np.quantile(heights, 0.25, 1)), ("high", np.quantile(heights, 0.75, 1))):
                if len(told["curve"][key]) != 100:
                    failures.append(f"{what}.curve.{key}: {len(told['curve'][key])} points")
                else:
                    # A step that lies on a point of the grid may fall to either side of it.
                    close(f"{what}.curve.{key}", float(np.median(abs(np.array(told["curve"][key]) - ours) / max(1.0, abs(ours).max()))), 0.0)
            if begin < end:
                close(f"{what}.mean_best_validation", told["mean_best_validation"], float(np.median([height(p, begin, end) for p in progress])))
        costs = sorted(next((at for at, score in r["progress"] if score >= target), math.inf) for r in arm["repeats"])
        same(f"{what}.reached_target", told["reached_target"], sum(math.isfinite(c) for c in costs))
        middle = (costs[(len(costs) - 1) // 2] + costs[len(costs) // 2]) / 2
        close(f"{what}.flops_of_target", told["flops_of_target"], middle if math.isfinite(middle) else None)
        check_steps(what, told, arm, alpha)
        for path, moved in told["moved"].items():
            starts, ends = (np.array([r["trained"][path][i] for r in arm["repeats"] if path in r["trained"]]) for i in (0, 1))
            check_summary(f"{what}.moved.{path}.start", moved["start"], starts)
            check_summary(f"{what}.moved.{path}.end", moved["end"], ends)
            close(f"{what}.moved.{path}.median_change", moved["median_change"], float(np.median(ends - starts)))
        check_importance(what, told, arm, rng)


def check_steps(what: str, told: dict, arm: dict, alpha: float) -> None:
    changes = {}
    for divisor in ("2", "4"):
        d = np.array([r["finer_steps"][divisor] - r["test"] for r in arm["repeats"] if r["test"] is not None and divisor in r["finer_steps"]])
        d[abs(d) < 1e-12] = 0
        if len(d):
            changes[divisor] = d
    corrected = holm([signed_rank_p(d) for d in changes.values()])
    for step, (divisor, d), p in zip(told["steps"], changes.items(), corrected):
        same(f"{what}.steps.divisor", str(step["divisor"]), divisor)
        close(f"{what}.steps.{divisor}.p", step["p_holm"], p)
        close(f"{what}.steps.{divisor}.median_change", step["median_change"], float(np.median(d)))


def tree_shares(x: np.ndarray, y: np.ndarray, seed: int):
    """Main effects and interactions of one tree on the unit cube, from its boxes."""
    n, variables = x.shape
    tree = DecisionTreeRegressor(min_samples_leaf=3, max_features=max(1, (2 * variables + 2) // 3), random_state=seed).fit(x, y).tree_
    boxes = []

    def walk(node: int, low: np.ndarray, high: np.ndarray) -> None:
        if tree.children_left[node] < 0:
            boxes.append((low, high, tree.value[node][0][0]))
            return
        v, cut = tree.feature[node], tree.threshold[node]
        below, above = high.copy(), low.copy()
        below[v], above[v] = cut, cut
        walk(tree.children_left[node], low, below)
        walk(tree.children_right[node], above, high)

    walk(0, np.zeros(variables), np.ones(variables))
    low, high, value = (np.array(part) for part in zip(*boxes))
    sides = high - low
    volume = sides.prod(1)
    mean, total = (volume * value).sum(), 0.0
    total = (volume * value**2).sum() - mean**2
    if total <= 0:
        return None

    def variance(some: tuple[int, ...]) -> float:
        cuts = [np.unique(np.concatenate([low[:, v], high[:, v]])) for v in some]
        middles = np.meshgrid(*[(c[1:] + c[:-1]) / 2 for c in cuts], indexing="ij")
        sizes = np.meshgrid(*[np.diff(c) for c in cuts], indexing="ij")
        rest = volume / np.prod([sides[:, v] for v in some], axis=0) * value
        cells = np.stack([m.ravel() for m in middles], 1)
        inside = np.ones((len(cells), len(low)), bool)
        for k, v in enumerate(some):
            inside &= (cells[:, [k]] > low[:, v]) & (cells[:, [k]] < high[:, v])
        return float((np.prod([s.ravel() for s in sizes], axis=0) * (inside @ rest - mean) ** 2).sum())

    single = [variance((a,)) for a in range(variables)]
    pairs = [max(0.0, variance((a, b)) - single[a] - single[b]) for a in range(variables) for b in range(a + 1, variables)]
    return np.array(single + pairs) / total


def check_importance(what: str, told: dict, arm: dict, rng) -> None:
    candidates = [c for r in arm["repeats"] for c in r["candidates"]]
    if arm["genes"] < 2 or len(candidates) < 20 or told["importance"] is None:
        return same(f"{what}.importance", told["importance"], None)
    x, y = np.array([c[0] for c in candidates]), np.array([c[1] for c in candidates])
    shares = []
    for seed in range(64):
        rows = rng.integers(0, len(y), len(y))
        if (found := tree_shares(x[rows], y[rows], seed)) is not None:
            shares.append(found)
    ours = np.mean(shares, 0)
    for share, mine, spread in zip(told["importance"]["shares"], ours, np.std(shares, 0)):
        name = f"{what}.importance.{'·'.join(share['genes'])}"
        # Two forests of 64 trees.
        close(name, share["share"], mine, 5 * math.sqrt(2 / 64) * spread + 0.005)
        if share["standard_error"] < share["standard_error_trees"]:
            failures.append(f"{name}: its error over candidates and trees is smaller than that over trees")
    # The error against the spread of whole searches drawn anew, where what made the scores is known.
    if "again" in arm:
        means = []
        for k in range(24):
            xs, ys = arm["again"](rng)
            trees = []
            for s in range(8):
                rows = rng.integers(0, len(ys), len(ys))
                trees.append(tree_shares(xs[rows], ys[rows], 100 * k + s))
            means.append((np.mean(trees, 0), np.var(trees, 0, ddof=1) / len(trees)))
        truth = np.sqrt(np.maximum(np.var([m for m, _ in means], 0, ddof=1) - np.mean([v for _, v in means], 0), 1e-8))
        largest = int(np.argmax(ours))
        ratio = told["importance"]["shares"][largest]["standard_error"] / truth[largest]
        close(f"{what}.importance: standard error over that of searches drawn anew", math.log(ratio), 0.0, math.log(2.2))


def synthetic(kind: str, rng) -> dict:
    """Arms of ten repetitions; scores are counts of 200, so that ties and zeros happen."""
    n = 10
    shifts = {"ties": [0, 0.004, 0.02], "equal": [0, 0.0001], "small": [0, 0.002], "missing": [0, 0.05], "identical": [0, 0]}[kind]
    shared, noise = rng.normal(0, 0.02, n), 0.0 if kind == "identical" else 0.001 if kind in ("equal", "small") else 0.01
    arms = []
    for a, shift in enumerate(shifts):
        repeats = []
        for r in range(n):
            test = 0.9 + shift + shared[r] + rng.normal(0, noise)
            if kind in ("ties", "identical"):
                test = round(200 * test) / 200
            if kind == "missing" and a == 0 and r in (2, 5):
                test = None
            steps = np.cumsum(rng.uniform(0.5, 2, 5)) * 1e8
            scores = np.sort(0.5 + 0.4 * rng.random(5))
            repeats.append({"test": test, "progress": [[float(c), float(s)] for c, s in zip(steps, scores)], "search_flops": 8e8 + 1e7 * a,
                            "final_flops": float(rng.uniform(3e8, 5e8)), "finer_steps": {} if test is None else
                            {"2": round(200 * (test - 0.01 * rng.random())) / 200, "4": test}, "trained": {"model.dt": [0.3, float(rng.random())]},
                            "candidates": []})
        arm = {"name": f"arm{a}", "genes": 3 if a == 0 else 0, "repeats": repeats}
        if a == 0:
            def draw(generator, count=120):
                x = generator.random((count, 3))
                return x, np.sin(3 * x[:, 0]) + 0.5 * x[:, 0] * x[:, 1] + generator.normal(0, 0.05, count)
            x, y = draw(rng)
            for i in range(120):
                repeats[i % n]["candidates"].append([[float(v) for v in x[i]], float(y[i])])
            if kind == "ties":
                arm["again"] = draw
        arms.append(arm)
    return {"repeats": n, "margin": 0.005, "target": 0.8 if kind == "ties" else 0, "alpha": 0.05, "seed": 7, "arms": arms}


def check_synthetic(helper: Path, rng) -> None:
    told = {}
    for kind in ("ties", "equal", "small", "missing", "identical"):
        data = synthetic(kind, rng)
        given = {**data, "arms": [{k: v for k, v in arm.items() if k != "again"} for arm in data["arms"]]}
        result = json.loads(subprocess.run([helper], input=json.dumps(given), capture_output=True, text=True, check=True).stdout)
        before = len(failures)
        check_pairs(result, {arm["name"]: [r["test"] for r in arm["repeats"]] for arm in data["arms"]}, 0.05, data["margin"], rng)
        check_arms(result, data["arms"], 0.05, data["target"], rng)
        failures[before:] = [f"{kind}: {f}" for f in failures[before:]]
        told[kind] = {pair["verdict"] for pair in result["pairs"]}
    for kind, expected in (("small", "worse, by less than the margin"), ("missing", "worse"), ("identical", "identical"), ("equal", "equivalent")):
        if expected not in told[kind]:
            failures.append(f"{kind}: no pair is called {expected}, but {told[kind]}")


SETTINGS = """
name = "small"
seed = 3
[compare]
repeats = 6
flops = 8e7
[model]
n = 10
[task]
name = "digits"
train_samples = 200
validation_samples = 50
test_samples = 50
[train]
batch = 16
samples = 64
[search]
population = 4
[genes]
model.dt = { low = 0.1, high = 0.9 }
model.gain = { low = 1.0, high = 9.0 }
[arms.gradient]
how = "gradient"
[arms.ga]
how = "ga"
"""


def ledger_of(run: Path) -> list[dict]:
    connection = sqlite3.connect(f"file:{run / 'ledger.sqlite'}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.execute("SELECT * FROM trials ORDER BY id")]


def check_run(program: Path, rng) -> None:
    """A whole comparison: from the ledgers of its runs to its statistics."""
    with tempfile.TemporaryDirectory() as place:
        file, folder = Path(place) / "small.toml", Path(place) / "out"
        file.write_text(SETTINGS, encoding="utf-8")
        subprocess.run([program, "compare", file, "--out", folder, "--quiet"], check=True, capture_output=True)
        result = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        raw = []
        for arm in result["arms"]:
            genes = [(gene["path"], gene["low"], gene["high"]) for gene in arm["genes"]]
            repeats = []
            for r in range(6):
                spent, best, repeat = 0.0, None, {"progress": [], "search_flops": 0.0, "final_flops": 0.0, "candidates": [], "finer_steps": {}, "trained": {}}
                trials = ledger_of(folder / "arms" / arm["name"] / f"{r + 1:02}")
                for trial in sorted(trials, key=lambda t: (t["generation"] < 0, t["id"])):
                    curve = json.loads(trial["curve"])
                    for point in curve:
                        score = point["validation_score"] if isinstance(point, dict) else point[4]
                        samples = point["samples"] if isinstance(point, dict) else point[1]
                        if trial["status"] == "ok" and (best is None or score > best):
                            best = score
                            repeat["progress"].append([spent + samples / trial["samples"] * trial["flops"], best])
                    spent += trial["flops"]
                    if trial["role"] == "search":
                        repeat["search_flops"] += trial["flops"]
                        genome = json.loads(trial["genome"])
                        repeat["candidates"].append([[(genome[path] - low) / (high - low) for path, low, high in genes], trial["score"]])
                    else:
                        repeat["final_flops"] += trial["flops"]
                        metrics = json.loads(trial["metrics"])
                        repeat["test"] = metrics["test_score"]
                        repeat["finer_steps"] = {d: metrics[f"test_score_steps_{d}"] for d in ("2", "4")}
                        for name in ("A_E", "A_I", "dt"):
                            if f"model.{name}" in arm["moved"]:
                                start = json.loads(trial["genome"]).get(f"model.{name}", {"A_E": 0.4, "A_I": 0.4, "dt": 0.3}[name])
                                repeat["trained"][f"model.{name}"] = [start, metrics[name]]
                close(f"{arm['name']} {r + 1}.search.flops", arm["repeats"][r]["search"]["flops"], repeat["search_flops"])
                close(f"{arm['name']} {r + 1}.test", arm["repeats"][r]["test"], repeat["test"])
                repeats.append(repeat)
            raw.append({"name": arm["name"], "genes": len(genes), "repeats": repeats})
        before = len(failures)
        check_pairs(result, {arm["name"]: [r["test"] for r in arm["repeats"]] for arm in raw}, 0.05, result["margin"], rng)
        check_arms(result, raw, 0.05, 0, rng)
        failures[before:] = [f"run: {f}" for f in failures[before:]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--helper", type=Path, required=True, help="the program comparison_of")
    parser.add_argument("--program", type=Path, help="evobrnn; without it no comparison is run")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    check_synthetic(options.helper, rng)
    if options.program:
        check_run(options.program, rng)
    for failure in failures:
        print(failure)
    print(f"{compared} numbers recomputed, {len(failures)} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
