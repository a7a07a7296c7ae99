# SPDX-License-Identifier: Apache-2.0
"""Dependencies point down only: who may include what, and that the tests of evolve/ link no LibTorch."""
import argparse
import pathlib
import re
import subprocess
import sys

from public_headers import public_headers

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
TORCH = ("torch/", "ATen/", "c10/")
SEARCH = ("pagmo/", "tbb/", "oneapi/", "SQLiteCpp/", "sqlite3.h")
# (folder, forbidden beginnings of includes, exceptions)
RULES = [
    ("evolve", TORCH + ("apps/", "core/"), ("core/trial.hpp", "core/fault_point.hpp", "core/clock.hpp", "core/foreign_code.hpp", "core/conformance_check.hpp", "core/settings/json_depth.hpp", "core/io/new_file.hpp", "core/csv.hpp")),
    ("core", SEARCH + ("evolve/", "apps/"), ()),
    ("view", TORCH + SEARCH + ("apps/", "core/"), ()),
    ("apps", TORCH + SEARCH, ()),
    ("tests/evolve", TORCH, ()),
    ("python/src", TORCH + SEARCH + ("apps/", "core/"), ("core/trial.hpp", "core/version.hpp")),
]
TORCH_FREE_HEADERS = ["core/trial.hpp", "core/examination.hpp", "core/settings/json_depth.hpp", "core/content_key.hpp", "core/fault_point.hpp", "core/foreign_code.hpp", "core/golden.hpp", "core/prediction.hpp", "core/threads.hpp", "core/catalogue.hpp", "core/conformance.hpp", "core/conformance_check.hpp", "core/provenance.hpp", "core/benchmark.hpp", "core/machine.hpp", "core/clock.hpp", "core/io/new_file.hpp", "core/io/sha256.hpp", "core/io/weights_file.hpp", "core/csv.hpp"]


def sources(folder):
    return [p for p in sorted(folder.rglob("*")) if p.suffix in (".cpp", ".hpp")]


def includes(file):
    return INCLUDE.findall(file.read_text())


def layering(root):
    for folder, forbidden, allowed in RULES:
        for file in sources(root / folder):
            for include in includes(file):
                if include.startswith(forbidden) and include not in allowed:
                    yield f"{file.relative_to(root)} includes {include}"


def reached(root, header, forbidden):
    """What a header reaches through whatever it includes."""
    waiting, seen = [header], set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.startswith(forbidden):
            yield f"{header} reaches {current}"
        elif (root / current).is_file():
            waiting += includes(root / current)


def libraries_in_headers(root):
    """A header that others include stays free of LibTorch; one for users who only evolve, of the search's libraries too."""
    for name in TORCH_FREE_HEADERS:
        yield from reached(root, name, TORCH)
    for name in public_headers(root)["EVOLVE"]:
        yield from reached(root, name, TORCH + SEARCH)
    for file in sources(root):
        if file.suffix == ".hpp" and "torch/torch.h" in includes(file):
            yield f"{file.relative_to(root)} includes torch/torch.h"


def licences(root):
    listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True).stdout.split()
    for name in listed:
        file = root / name
        if file.name != "expected.txt" and file.suffix in (".cpp", ".hpp", ".py", ".toml", ".cmake", ".txt") and "SPDX-License-Identifier: Apache-2.0" not in file.read_text():
            yield f"{name} has no SPDX line"


def linked(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    libraries = [line.split("(0x")[0].strip() for line in listed.splitlines()]  # without addresses, which may hold "c10"
    return [f"{program.name} links {library}" for library in libraries if "torch" in library or "c10" in library]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--evolve-tests", type=pathlib.Path, required=True)
    options = parser.parse_args()
    folders = [f for f in ("core", "evolve", "apps", "tests") if len(sources(options.source / f)) < 3]
    wrong = [f"{f}/ was not found" for f in folders]
    wrong += [*layering(options.source), *libraries_in_headers(options.source), *licences(options.source), *linked(options.evolve_tests)]
    print("\n".join(wrong) or "layers are clean")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
