# SPDX-License-Identifier: Apache-2.0
"""docs/TUTORIAL.md is true: its files are written, its commands run, and what they print is what the page shows, but for numbers."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

OPTIONS = None
NUMBER = r"-?\d[\d.,]*(?:e[+-]\d+)?"
DURATION = r"(?:\d+ h )?(?:\d+ min )?\d+ s\b"


def pattern_of(line):
    """Numbers, durations and the width of gaps may differ; … stands for anything."""
    parts = []
    for part in re.split(rf"(…|{DURATION}|{NUMBER}|\s+)", line):
        if part == "…":
            parts.append(".*")
        elif re.fullmatch(DURATION, part):
            parts.append(DURATION)
        elif re.fullmatch(NUMBER, part):
            parts.append(NUMBER)
        else:
            parts.append(r"\s+" if part.isspace() else re.escape(part))
    return re.compile("".join(parts))


def mismatch(shown, printed):
    """The first line of the page that is not in the output where it should be; a line "…" stands for any lines."""
    at, anywhere = 0, False
    for line in shown:
        if line == "…":
            anywhere = True
            continue
        candidates = range(at, len(printed)) if anywhere else range(at, min(at + 1, len(printed)))
        found = next((i for i in candidates if pattern_of(line).fullmatch(printed[i].rstrip())), None)
        if found is None:
            return line
        at, anywhere = found + 1, False
    return None if anywhere or at == len(printed) else f"nothing more, but there is: {printed[at]}"


class Tutorial(unittest.TestCase):
    def test_its_code_is_that_of_the_examples(self):
        blocks = re.findall(r"^```cpp\n// (\S+)\n(.*?)^```$", (OPTIONS.source / "docs/TUTORIAL.md").read_text(), re.M | re.S)
        self.assertGreaterEqual(len(blocks), 3)
        for file, text in blocks:
            self.assertIn(text, (OPTIONS.source / file).read_text(), file)

    def test_commands_print_what_the_page_shows(self):
        page = (OPTIONS.source / "docs/TUTORIAL.md").read_text()
        blocks = re.findall(r"^```(toml|console)\n(.*?)^```$", page, re.M | re.S)
        self.assertGreaterEqual(len(blocks), 8)
        path = os.pathsep.join([str(OPTIONS.program.parent), os.environ["PATH"]])
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "configs").symlink_to(OPTIONS.source / "configs")
            for language, text in blocks:
                if language == "toml":
                    name = re.match(r"# (\S+\.toml)\n", text)
                    (folder / name[1]).write_text(text)
                    continue
                for command, _, shown in (part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.M)[1:]):
                    with self.subTest(command):
                        done = subprocess.run(["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
                                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                        self.assertEqual(done.returncode, 2 if shown.startswith("error: ") else 0, done.stdout)
                        printed = [line for line in done.stdout.splitlines() if line]
                        self.assertIsNone(mismatch([line for line in shown.splitlines() if line], printed), done.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.source, OPTIONS.program = OPTIONS.source.resolve(), OPTIONS.program.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
