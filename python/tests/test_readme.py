# SPDX-License-Identifier: Apache-2.0
"""The examples of the package's README."""

import re
import subprocess
import sys
from pathlib import Path

import evobrnn

BLOCKS = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text(), re.S)


def test_the_first_example_finds_the_best(tmp_path):
    (tmp_path / "objective.py").write_text(BLOCKS[0])
    (tmp_path / "mine.py").write_text(BLOCKS[1])
    ended = subprocess.run([sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert "'layers': 1" in ended.stdout
    assert evobrnn.read_trials(tmp_path / "runs" / "mine")["score"].max() > -1.1


def test_the_names_of_the_second_example_are_there():
    for name in re.findall(r"evobrnn\.(\w+)\(", BLOCKS[2]):
        assert callable(getattr(evobrnn, name)), name
    for name in re.findall(r"\brun\.(\w+)", BLOCKS[2]):
        assert hasattr(evobrnn.Run, name), name
    for name in re.findall(r"\bchampion\.(\w+)", BLOCKS[2]):
        assert hasattr(evobrnn.Champion, name), name
