# SPDX-License-Identifier: Apache-2.0
"""What a user includes: each public header stands alone, on public headers only, and says itself that its symbols are visible."""
import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from public_headers import public_headers

OPTIONS = None
INCLUDE = re.compile(r'^#include ([<"])([^">]+)[">]', re.M)
# What each list may include.
ALLOWED = {"EVOLVE": ["EVOLVE"], "PAGMO": ["EVOLVE", "PAGMO"], "CORE": ["EVOLVE", "CORE"]}
HEAVY = ("ATen/", "c10/", "torch/", "pagmo/")
OPENING = 'namespace [[gnu::visibility("default")]] evobrnn {'


def text_of(header):
    return (OPTIONS.source / header).read_text()


def own_includes(header):
    return [name for mark, name in INCLUDE.findall(text_of(header)) if mark == '"']


def is_heavy(header, seen=None):
    """Whether it needs LibTorch or pagmo2 itself, or through what it includes."""
    seen = seen or set()
    if header in seen:
        return False
    seen.add(header)
    direct = any(name.startswith(HEAVY) for _, name in INCLUDE.findall(text_of(header)))
    return direct or any(is_heavy(name, seen) for name in own_includes(header))


class PublicHeaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lists = public_headers(OPTIONS.source)
        cls.all = [header for names in cls.lists.values() for header in names]

    def test_are_there_and_listed_once(self):
        self.assertGreater(len(self.lists["EVOLVE"]), 20)
        self.assertGreater(len(self.lists["CORE"]), 10)
        self.assertEqual([h for h in self.all if not (OPTIONS.source / h).is_file()], [])
        self.assertEqual(sorted(set(self.all)), sorted(self.all))

    def test_include_public_headers_only(self):
        for name, headers in self.lists.items():
            known = {h for other in ALLOWED[name] for h in self.lists[other]}
            for header in headers:
                self.assertEqual([h for h in own_includes(header) if h not in known], [], header)

    def test_make_their_symbols_visible(self):
        for header in self.all:
            if "namespace" not in text_of(header):
                continue  # macros
            opened = [line for line in text_of(header).splitlines() if re.match(r"namespace\b.*\bevobrnn\b", line)]
            self.assertTrue(opened, header)
            self.assertEqual(set(opened), {OPENING}, header)

    def test_compile_alone(self):
        """With nothing but what is installed; those that need LibTorch or pagmo2, whose headers take seconds, together."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for header in self.all:
                (folder / header).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(OPTIONS.source / header, folder / header)
            light = [header for header in self.all if not is_heavy(header)]
            heavy = [header for header in self.all if header not in light]
            self.assertFalse(set(heavy) & set(self.lists["EVOLVE"]))
            jobs = [([header], []) for header in light] + [(heavy, [path for path in OPTIONS.libtorch.split(";") if path != "/usr/include"])]

            def errors(job):
                headers, folders = job
                source = "".join(f'#include "{header}"\n' for header in headers)
                command = [OPTIONS.compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{folder}"]
                command += [word for path in folders for word in ("-isystem", path)] + ["-x", "c++", "-"]
                done = subprocess.run(command, input=source, capture_output=True, text=True)
                return f"{headers}:\n{done.stderr}" if done.returncode else ""

            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                self.assertEqual("".join(pool.map(errors, reversed(jobs))), "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--libtorch", required=True, help="its include directories, with ; between them")
    unittest.TestCase.maxDiff = None
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
