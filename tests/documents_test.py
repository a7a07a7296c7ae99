# SPDX-License-Identifier: Apache-2.0
"""What docs/ says is true: the generated pages are those of the program, the snippets of docs/DATA.md run, and their files go to the program and back."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from safetensors.numpy import load_file

SOURCE = PROGRAM = None


def program(*arguments, folder=None):
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stderr}")
    return done.stdout


def snippets(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (SOURCE / page).read_text(), re.M | re.S)


class GeneratedPages(unittest.TestCase):
    def test_are_those_of_the_program(self):
        for part, page in (("models", "docs/MODELS.md"), ("tasks", "docs/TASKS.md"), ("settings", "docs/SETTINGS.md")):
            with self.subTest(page):
                stale = f"{page} is stale: evobrnn list {part} --markdown > {page}"
                self.assertEqual(program("list", part, "--markdown"), (SOURCE / page).read_text(), stale)


class OwnData(unittest.TestCase):
    def run_python(self, code, folder):
        return subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True).stdout

    def test_goes_from_the_snippet_to_trained_weights_and_back(self):
        write, read = snippets("docs/DATA.md", "python")
        (settings,) = snippets("docs/DATA.md", "toml")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.run_python(write, folder)
            (folder / "mine.toml").write_text(settings)
            out = program("train", "mine.toml", "--data", ".", "--out", "trained", folder=folder)
            self.assertIn("sequences: T = at most 30 steps of 2 values", out)
            accuracy = float(re.search(r"test ([\d.]+) %", out).group(1))
            self.assertGreater(accuracy, 60, "three classes: chance is 33 %")
            weights = folder / "trained/weights/trained.safetensors"
            weights.rename(folder / "champion.safetensors")
            self.assertIn("readout_weight", self.run_python(read, folder))


class Weights(unittest.TestCase):
    def train(self, *settings):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "s.toml").write_text(
                'name = "s"\n[model]\nn = 10\n'
                "[task]\ntrain_samples = 64\nvalidation_samples = 8\ntest_samples = 8\n[train]\nbatch = 32\n"
            )
            changes = [word for setting in settings for word in ("--set", setting)]
            program("train", "s.toml", "--out", "out", *changes, folder=folder)
            return load_file(pathlib.Path(folder) / "out/weights/trained.safetensors")

    def test_have_the_names_shapes_and_signs_of_the_equations(self):
        weights = self.train("model.ei_ratio=0.7", 'model.trained=["A", "dt"]')
        shapes = {name: tensor.shape for name, tensor in weights.items()}
        self.assertEqual(
            shapes,
            {"W": (10, 10), "P": (10, 28), "b": (10,), "g": (10,), "a_E": (), "a_I": (), "d": (),
             "readout_weight": (10, 7), "readout_bias": (10,)},
        )
        self.assertTrue(all(tensor.dtype == np.float32 for tensor in weights.values()))
        self.assertTrue((weights["W"][:, :7] >= 0).all() and (weights["W"][:, 7:] <= 0).all())

    def test_of_every_model_open(self):
        listed = program("list", "models")
        models = [line for line in listed.splitlines() if line and not line.startswith(" ")]
        self.assertGreaterEqual(len(models), 8)
        for model in models:
            with self.subTest(model):
                weights = self.train(f"model.name={model}", "train.precision=float64")
                self.assertTrue(all(np.isfinite(tensor).all() for tensor in weights.values()))
                self.assertEqual(weights["readout_bias"].dtype, np.float64)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--program", required=True)
    arguments, rest = parser.parse_known_args()
    SOURCE, PROGRAM = arguments.source.resolve(), str(pathlib.Path(arguments.program).resolve())
    unittest.main(argv=[sys.argv[0], *rest])
