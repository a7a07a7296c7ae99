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


def is_shown_by_the_build(header):
    """Its own source includes it first, and has no precompiled header."""
    source = (OPTIONS.source / header).with_suffix(".cpp")
    first = INCLUDE.search(source.read_text()) if source.is_file() else None
    return header.startswith(("evolve/", "core/settings/")) and first and first[2] == header


def snippets():
    """The C++ of docs/API.md as programs: what they include, and the rest in main()."""
    for text in re.findall(r"^```cpp\n(.*?)^```$", text_of("docs/API.md"), re.M | re.S):
        lines = text.splitlines(keepends=True)
        head = "".join(line for line in lines if line.startswith("#include"))
        body = "".join(line for line in lines if not line.startswith("#include"))
        yield f"#include <cstdio>\n{head}int main() {{\n{body}}}\n"


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

    def test_are_on_their_map(self):
        page = text_of("docs/API.md")
        for header in self.all:
            name = header.split("/", 1)[1]
            known = [f"`{name}`", f"`{header}`", f"`{pathlib.Path(name).parent}/*.hpp`"]
            self.assertTrue(any(text in page for text in known), f"docs/API.md lacks {header}")

    def test_compile_alone_and_so_do_the_snippets_of_their_map(self):
        """With nothing but what is installed; those that need LibTorch or pagmo2, whose headers take seconds, together."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for header in self.all:
                installed = folder / "evobrnn" / header
                installed.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(OPTIONS.source / header, installed)
            heavy = [header for header in self.all if is_heavy(header)]
            light = [header for header in self.all if header not in heavy and not is_shown_by_the_build(header)]
            self.assertGreater(len(light), 10)
            self.assertFalse(set(heavy) & set(self.lists["EVOLVE"]))
            libtorch = [path for path in OPTIONS.libtorch.split(";") if path != "/usr/include"]
            jobs = [("".join(f'#include "{header}"\n' for header in heavy), libtorch)]
            jobs += [(f'#include "{header}"\n', []) for header in light] + [(snippet, []) for snippet in snippets()]

            def errors(job):
                source, folders = job
                command = [OPTIONS.compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I.", "-Ievobrnn"]
                command += [word for path in folders for word in ("-isystem", path)] + ["-x", "c++", "-"]
                done = subprocess.run(command, input=source, cwd=folder, capture_output=True, text=True)
                return f"{source}:\n{done.stderr}" if done.returncode else ""

            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                self.assertEqual("".join(pool.map(errors, jobs)), "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--libtorch", required=True, help="its include directories, with ; between them")
    unittest.TestCase.maxDiff = None
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
