# SPDX-License-Identifier: Apache-2.0
"""Recomputes what `evobrnn examine` and `evobrnn predict` say of small trained networks, in NumPy, SciPy and scikit-learn.

    python tests/independent/examination_test.py --program build/release/evobrnn
    python tests/independent/examination_test.py --program build/release/evobrnn --make   # trains the networks anew
"""

import argparse
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import scipy.optimize
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import Ridge

import data
from networks import Network

HERE = pathlib.Path(__file__).parent
NETWORKS = ("sequences_leaky", "sequences_fading", "sequences_conductance", "dms_stp")
PROGRAM = None


def run(*arguments, cwd):
    done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, env={**os.environ, "EVOBRNN_DATA": str(cwd)})
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def make_networks():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data.write_sequences(folder)
        for name in NETWORKS:
            print(run("train", HERE / f"{name}.toml", "--out", folder / name, "--quiet", cwd=folder))
            (HERE / name).mkdir(exist_ok=True)
            for file in ("trained.safetensors", "config.json"):
                shutil.copy(folder / name / "weights" / file, HERE / name / file)


def column(figure, name):
    at = figure["columns"].index(name)
    return np.array([np.nan if row[at] is None else row[at] for row in figure["rows"]], dtype=float)


def decoded(features, items):
    """Five folds, features scaled, ridge on one-hot targets."""
    fold, right = np.arange(len(items)) % 5, 0
    for k in range(5):
        known, asked = features[fold != k], features[fold == k]
        mean, scale = known.mean(0), np.maximum(known.std(0, ddof=1), 1e-9)
        targets = np.eye(items.max() + 1)[items[fold != k]]
        fitted = Ridge(alpha=0.02 * len(known)).fit((known - mean) / scale, targets)
        right += (fitted.predict((asked - mean) / scale).argmax(1) == items[fold == k]).sum()
    return right / len(items)


def fitted_half_life(form, t, y):
    """By least squares from many starts: (half-life, squares). docs/EXAMINATION.md has the forms."""
    floor, kind = form.endswith("to a floor"), form.split()[0]

    def left(t, tau, w, q):
        if kind == "exponential":
            g = 2.0 ** (-t / tau)
        elif kind == "power":
            g = 2.0 ** (-np.log1p(t) / np.log1p(tau))
        else:
            E = 2.0 ** (1 / q)
            g = (E - 1) / (E - 2 + np.exp(np.minimum(t / tau * np.log(E), 600)))
        return w + (1 - w) * g

    def parameters(p):
        return np.exp(p[1]), np.tanh(p[2]) if floor else 0.0, np.exp(np.clip(p[3], -5, 5)) if kind == "logistic" else 1.0

    best = None
    for tau in (0.5, 2, 8, 32, 128):
        for q in (0.1, 0.5, 2) if kind == "logistic" else (1,):
            fit = scipy.optimize.least_squares(lambda p: p[0] * left(t, *parameters(p)) - y, (y[0], np.log(tau), 0.0, np.log(q)))
            if best is None or fit.cost < best.cost:
                best = fit
    tau, w, q = parameters(best.x)
    grid = np.linspace(0, 20 * t[-1], 400001)
    under = np.flatnonzero(left(grid, tau, w, q) < 0.5)
    return (grid[under[0]] if len(under) else np.inf), 2 * best.cost


class Examined:
    """A stored network, what the program says of it, and its trials."""

    def __init__(self, name, folder):
        self.network = Network(HERE / name / "trained.safetensors")
        out = folder / f"{name}-out"
        run("examine", HERE / name / "trained.safetensors", "--no-training", "--quiet", "--data", folder, "--out", out, cwd=folder)
        group = json.loads((out / "examination.json").read_text())["groups"][0]
        self.figures, self.numbers = group["figures"], group["networks"][0]["numbers"]
        self.decays = {decay["of"]: decay for decay in group["networks"][0]["decays"]}
        self.verdicts, self.findings = group["networks"][0]["verdicts"], group["networks"][0]["findings"]
        self.memory_task = name.startswith("dms")
        if self.memory_task:
            x, self.label, self.scored, self.item, self.fed, self.end = data.dms_trials(self.network.settings, 200)
        else:
            x, self.item = data.sequences(2, data.TEST)
            x = x.transpose(1, 0, 2)
            self.fed = x.shape[0]
            self.trained = int(next(value for path, value in self.network.settings.items() if path.endswith("task.blank_delay")))
            self.end = self.fed + self.trained
        self.x = x.astype(np.float64)

    def blanked(self, steps):
        return np.concatenate([self.x[: self.fed], np.zeros((steps, *self.x.shape[1:]))])

    def score_after(self, steps):
        """Of one read-out after so many blank steps, or of a delay of so many."""
        if self.memory_task:
            x, label, scored = self.x, self.label, self.scored
            gap = np.zeros((steps, *x.shape[1:]))
            x = np.concatenate([x[: self.fed], gap, x[self.end :]])
            grow = lambda of: np.concatenate([of[: self.fed], np.zeros((steps, of.shape[1]), of.dtype), of[self.end :]])
            return self.accuracy(x, grow(label), grow(scored)).mean()
        last = self.network.run(self.blanked(steps))[-1]["r"]
        return (self.network.outputs(last).argmax(-1) == self.item).mean()

    def accuracy(self, x, label, scored, change=None):
        rates = np.array([state["r"] for state in self.network.run(x, change=change)])
        right = self.network.outputs(rates).argmax(-1) == label
        return (right * scored).sum(0) / scored.sum(0)


def of_each_network(test):
    @functools.wraps(test)
    def of_all(self):
        for name, examined in self.all.items():
            with self.subTest(network=name):
                test(self, examined)

    return of_all


class Recomputed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        data.write_sequences(cls.folder)
        cls.all = {name: Examined(name, cls.folder) for name in NETWORKS}

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @of_each_network
    def test_score_is_that_of_the_trained_task(self, e):
        self.assertGreater(e.numbers["score"], e.numbers["chance"] + 0.2, "a network that learnt something")
        self.assertAlmostEqual(e.numbers["score"], e.score_after(e.end - e.fed), delta=1e-6)

    @of_each_network
    def test_delay_curves(self, e):
        figure = e.figures["delay" if e.memory_task else "blank_delay"]
        delays, scores = column(figure, figure["columns"][0]), column(figure, "score")
        self.assertIn(e.end - e.fed, delays, "the trained delay is a point of the curve")
        if e is not self.all["sequences_leaky"]:  # which keeps its memory
            self.assertGreater(np.ptp(scores), 0.1, "a curve that moves")
        for delay, score in zip(delays, scores):
            if delay > 150:
                continue
            # Ties of float32 against float64: one sample of two hundred.
            self.assertAlmostEqual(score, e.score_after(int(delay)), delta=1 / 200 + 1e-9, msg=f"delay {delay}")

    @of_each_network
    def test_decoding_at_every_time(self, e):
        figure = e.figures["decoding"]
        times = column(figure, "step").astype(int)
        states = e.network.run(e.blanked(times.max() - e.fed))
        self.assertIn(e.end, times)
        for t, from_rates, from_synapses in zip(times, column(figure, "from the rates"), column(figure, "from the synapses u·x")):
            # Far from the input the states differ by less than float32 holds.
            if t > e.fed + 64:
                continue
            state = states[t - 1]
            self.assertAlmostEqual(from_rates, decoded(state["r"], e.item), delta=0.03, msg=f"step {t}")
            if e.network.plastic:
                self.assertAlmostEqual(from_synapses, decoded(state["u"] * state["x"], e.item), delta=0.03)

    @of_each_network
    def test_where_the_memory_lies(self, e):
        if e.end == e.fed:
            return
        state = e.network.run(e.blanked(e.end - e.fed))[-1]
        self.assertAlmostEqual(e.numbers["memory.decoded_rates"], decoded(state["r"], e.item), delta=0.03)
        random = np.random.RandomState(5)
        shuffled = [decoded(state["r"], random.permutation(e.item)) for _ in range(60)]
        self.assertAlmostEqual(e.numbers["memory.chance"], np.mean(shuffled), delta=0.02)
        self.assertAlmostEqual(e.numbers["memory.upper_chance"], np.quantile(shuffled, 0.975), delta=0.035)
        if not e.memory_task:
            return
        self.assertAlmostEqual(e.numbers["memory.decoded_synapses"], decoded(state["u"] * state["x"], e.item), delta=0.03)
        for parts, number in ((("r",), "memory.score_rates_shuffled"), (("u", "x"), "memory.score_synapses_shuffled")):
            scores = []
            for _ in range(20):
                order = random.permutation(len(e.item))
                change = lambda t, s: {**s, **{part: s[part][order] for part in parts}} if t + 1 == e.end else s
                scores.append(e.accuracy(e.x, e.label, e.scored, change).mean())
            self.assertAlmostEqual(e.numbers[number], np.mean(scores), delta=4 * np.std(scores) / np.sqrt(10) + 1e-3, msg=number)

    @of_each_network
    def test_time_constants_of_units(self, e):
        z = np.mean([state["z"].mean(0) for state in e.network.run(e.x[: e.fed])], axis=0)
        expected = -1 / np.log(1 - z)
        np.testing.assert_allclose(column(e.figures["units"], "time constant, steps"), expected, rtol=1e-4)
        self.assertAlmostEqual(e.numbers["time_constant.median_steps"], np.sort(expected)[(len(expected) - 1) // 2], delta=1e-3)
        if e.memory_task:
            np.testing.assert_allclose(column(e.figures["units"], "time constant, ms"), 50 * expected, rtol=1e-4)
        else:
            self.assertNotIn("time constant, ms", e.figures["units"]["columns"])

    @of_each_network
    def test_fixed_points_are_those_that_runs_and_scipy_find(self, e):
        network, blank = e.network, np.zeros(e.x.shape[2])
        s = network.joined(network.run(e.x[: e.fed, :20])[-1])
        for _ in range(20000):
            s = network.map(s, blank)
        speed = np.sqrt(((network.map(s, blank) - s) ** 2).mean(1))
        self.assertLess(speed.max(), 1e-10, "all come to rest")
        ends = []
        for row in s:
            if all(np.sqrt(((row - other) ** 2).mean()) > 1e-3 for other in ends):
                ends.append(row)
        self.assertGreaterEqual(e.numbers["fixed_points.reached"], 1)
        self.assertGreaterEqual(e.numbers["fixed_points.stable"], len(ends))
        table, eigenvalues = e.figures["fixed_points"], e.figures["eigenvalues"]
        points, values = column(eigenvalues, "point"), column(eigenvalues, "real") + 1j * column(eigenvalues, "imaginary")
        reported = {p: np.sort(np.abs(values[points == p]))[::-1] for p in np.unique(points)}

        def is_reported(root):
            moduli = np.sort(np.abs(np.linalg.eigvals(network.jacobian(root, blank))))[::-1]
            return any(np.allclose(moduli[:5], known[:5], rtol=1e-4, atol=1e-6) for known in reported.values())

        for end in ends:  # attractors, found by running
            root = scipy.optimize.root(lambda v: network.map(v[np.newaxis], blank)[0] - v, end, tol=1e-12)
            self.assertLess(np.abs(root.fun).max(), 1e-9)
            self.assertTrue(is_reported(root.x))
        arrived = column(table, "share of samples that come to rest there")
        self.assertAlmostEqual(arrived.sum(), e.numbers["fixed_points.at_rest"], delta=1e-9)
        fixed = column(table, "fixed") == 1
        self.assertTrue((column(table, "speed")[fixed] < 1e-8).all())
        largest = np.array([known[0] for _, known in sorted(reported.items())])
        np.testing.assert_allclose(column(table, "largest modulus"), largest, rtol=1e-9)
        slowest = [-1 / np.log(known[known < 1].max()) for _, known in sorted(reported.items())]
        np.testing.assert_allclose(column(table, "slowest time constant, steps"), slowest, rtol=1e-6)

    @of_each_network
    def test_spread_of_samples(self, e):
        figure = e.figures["trace"]
        t, spread = column(figure, "blank steps").astype(int), column(figure, "spread")
        states = e.network.run(e.blanked(t.max()))
        expected = [np.sqrt(states[e.fed + i - 1]["r"].var(0).mean()) for i in t]
        np.testing.assert_allclose(spread, expected, rtol=1e-3, atol=1e-6)

    @of_each_network
    def test_half_lives(self, e):
        told = 0
        for name, decay in e.decays.items():
            if not decay["form"]:
                continue
            figure = e.figures[name]
            t, y = column(figure, figure["columns"][0]), column(figure, figure["columns"][1])
            t, y = t[t >= decay["first"]], y[t >= decay["first"]] - decay["chance"]
            self.assertEqual(t[0], decay["first"])
            # Where the data cross half of what they begin with, between two times.
            under = np.flatnonzero(y < y[0] / 2)
            if len(under):
                i = under[0]
                crossing = t[i - 1] + (y[i - 1] - y[0] / 2) / (y[i - 1] - y[i]) * (t[i] - t[i - 1]) - t[0]
                self.assertAlmostEqual(decay["observed_half"], crossing, delta=1e-6 * (1 + crossing), msg=name)
            else:
                self.assertIsNone(decay["observed_half"])
            if decay["half_life"] is None or decay["half_life"] > t[-1] or decay["fit"]["r2"] < 0.98:
                continue
            half, squares = fitted_half_life(decay["form"], t - t[0], y)
            self.assertAlmostEqual(1 - squares / ((y - y.mean()) ** 2).sum(), decay["fit"]["r2"], delta=0.01, msg=name)
            if name.startswith("trace"):  # by least squares here as there
                self.assertAlmostEqual(half / decay["half_life"], 1, delta=0.03, msg=f"{name}: {decay['form']}")
            low, high = decay["half_life_interval"]
            self.assertTrue(low <= half <= (np.inf if high is None else high), f"{name}: {half} in [{low}, {high}]")
            told += 1
        if e in (self.all["sequences_fading"], self.all["dms_stp"]):
            self.assertGreater(told, 0, "a decay that was compared")

    @of_each_network
    def test_predictions(self, e):
        steps, samples = 7, 5
        x = np.random.RandomState(3).randn(samples, steps, e.x.shape[2]).astype(np.float32)
        save_file({"x": x}, self.folder / "x.safetensors")
        name = next(name for name, one in self.all.items() if one is e)
        run("predict", HERE / name / "trained.safetensors", "--input", "x.safetensors", "--output", "y.safetensors", cwd=self.folder)
        told = load_file(self.folder / "y.safetensors")
        samples_first = told["outputs"].shape[0] == samples
        fed = x.transpose(1, 0, 2) if samples_first else x
        rates = np.array([state["r"] for state in e.network.run(fed.astype(np.float64))])
        order = (1, 0, 2) if samples_first else (0, 1, 2)
        np.testing.assert_allclose(told["rates"], rates.transpose(order), atol=2e-5)
        np.testing.assert_allclose(told["outputs"], e.network.outputs(rates[-1]), atol=2e-4)
        np.testing.assert_allclose(told["outputs_every_step"], e.network.outputs(rates).transpose(order), atol=2e-4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=os.path.abspath)
    parser.add_argument("--make", action="store_true", help="trains the stored networks anew")
    arguments, rest = parser.parse_known_args()
    PROGRAM = arguments.program
    if arguments.make:
        make_networks()
    else:
        unittest.main(argv=[sys.argv[0], *rest])
