# SPDX-License-Identifier: Apache-2.0
"""The steps of a notebook, as a script."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "python"


def test_the_notebooks_steps_print_what_they_say(tmp_path):
    ended = subprocess.run([sys.executable, EXAMPLE / "notebook.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (EXAMPLE / "notebook.out").read_text()
