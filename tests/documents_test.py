# SPDX-License-Identifier: Apache-2.0
"""What docs/ says is true: the generated pages are those of the program, the snippets of docs/DATA.md run, and their files go to the program and back, and what
commands hear and say fits the schemas of docs/schema/."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema
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


    def test_settings_page_leaves_none_out(self):
        listed = re.findall(r"^(\S+) = ", program("list", "settings"), re.M)
        self.assertGreater(len(listed), 100)
        page = (SOURCE / "docs/SETTINGS.md").read_text()
        self.assertEqual([path for path in listed if f"\n| `{path}` | " not in page], [])


class Links(unittest.TestCase):
    def test_lead_to_files(self):
        pages = [*SOURCE.glob("docs/*.md"), *SOURCE.glob("*.md"), *SOURCE.glob("python/*.md")]
        self.assertGreater(len(pages), 12)
        for page in pages:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")


class OwnData(unittest.TestCase):
    def run_python(self, code, folder):
        return subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True).stdout

    def test_goes_from_the_snippet_to_trained_weights_and_back(self):
        write, answers, read = snippets("docs/DATA.md", "python")
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
            program("predict", str(weights), "--input", "mine.safetensors", "--output", "OUT.safetensors", folder=folder)
            self.assertEqual(len(eval(self.run_python(answers, folder))), 600)
            weights.rename(folder / "champion.safetensors")
            self.assertIn("readout_weight", self.run_python(read, folder))


class Commands(unittest.TestCase):
    """Runs a search whose command keeps what it was told and what the example says to it."""

    def schema(self, name):
        schema = json.loads((SOURCE / f"docs/schema/{name}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def messages(self, example, script):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            settings = (SOURCE / f"examples/{example}/search.toml").read_text()
            (folder / "search.toml").write_text(settings)
            (folder / "keep.sh").write_text(f'cat > "$EVOBRNN_TRIAL.copy"; {script} < "$EVOBRNN_TRIAL" | tee "$EVOBRNN_TRIAL.said"\n'
                                            'cat "$EVOBRNN_TRIAL.copy" >> heard; cat "$EVOBRNN_TRIAL.said" >> said\n')
            program("run", "search.toml", "--out", "run", "--workers", "1", "--set", 'evaluator.command=["sh", "keep.sh"]', "--set", "search.generations=2",
                    "--set", "final.seeds=1", folder=folder)
            return [[json.loads(line) for line in (folder / name).read_text().splitlines()] for name in ("heard", "said")]

    def test_hear_and_say_what_the_schemas_say(self):
        trial, line = self.schema("command_trial"), self.schema("command_line")
        for example, script in (("command_python", f"{sys.executable} {SOURCE}/examples/command_python/train.py"),
                                ("command_shell", f"{SOURCE}/examples/command_shell/evaluate.sh")):
            with self.subTest(example):
                heard, said = self.messages(example, script)
                self.assertGreater(len(heard), 10)
                self.assertTrue(any("progress" in message for message in said) and any("score" in message for message in said))
                for message in heard:
                    trial.validate(message)
                for message in said:
                    line.validate(message)

    def test_of_the_page_fit_the_schemas(self):
        told, said = snippets("docs/COMMANDS.md", "json")
        self.schema("command_trial").validate(json.loads(told))
        for message in said.splitlines():
            self.schema("command_line").validate(json.loads(message))
        for wrong in ({"scor": 1}, {"score": "high"}, {"status": "ok"}, {"progress": {"step": 1}}, {"score": 1, "metrics": {"attempts": 2}}):
            self.assertFalse(self.schema("command_line").is_valid(wrong), wrong)

    def test_of_the_page_run(self):
        (settings,), (script,) = snippets("docs/COMMANDS.md", "toml"), snippets("docs/COMMANDS.md", "python")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "search.toml").write_text(settings)
            (pathlib.Path(folder) / "train.py").write_text(script)
            out = program("run", "search.toml", "--set", "search.population=5", "--set", "search.generations=2", "--set", "final.seeds=1", folder=folder)
            self.assertIn("champion (trial", out)


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
