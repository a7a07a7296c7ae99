# SPDX-License-Identifier: Apache-2.0
"""Every folder of examples/ as a stranger uses it: copied from where it was installed, built against what was installed, run, and its output compared with its
expected.txt; and the documents that were installed, whose links must lead somewhere.

All against the Debian package of `cpack`, unpacked; against what `cmake --install` gives, which are the same files elsewhere, one of each library, and all where
EVOBRNN_EXAMPLES=all. Each example says how it is run in its run.sh."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

OPTIONS = None
# Links to other files, not to pages or places of the same document; those of C++ look alike, and have a blank.
LINK = re.compile(r"\]\(([^)#\s:]+(?:#[^)\s]*)?)\)")
# What the README names of the files that come with it.
NAMED = re.compile(r"`((?:docs|configs|examples|python)/[\w./-]*|[A-Z]+\.md)`")


def run(command, folder=None, environment=None):
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="evobrnn-examples-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.root = cls.scratch / "root"
        cls.prefix = cls.root / "usr"
        cls.names = sorted(f.name for f in (OPTIONS.source / "examples").iterdir() if (f / "expected.txt").is_file())

    def environment(self):
        environment = dict(os.environ, PATH=f"{self.prefix}/bin:{os.environ['PATH']}", EVOBRNN_PYTHON=sys.executable)
        environment["PKG_CONFIG_PATH"] = f"{self.prefix}/lib/pkgconfig"
        return environment

    def build(self, folder):
        """The compiler cache, where there is one, serves the second round: its headers lie where the first one's did."""
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={self.prefix}", *launcher], folder)
        run(["cmake", "--build", "build"], folder)

    def check(self, names, where):
        for name in names:
            with self.subTest(name, installed=where):
                folder = self.scratch / "examples" / name
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(self.documents() / "examples" / name, folder)
                if (folder / "CMakeLists.txt").is_file():
                    self.build(folder)
                out = run(["sh", "run.sh"], folder, self.environment())
                self.assertEqual(out, (folder / "expected.txt").read_text())

    def documents(self):
        return self.prefix / "share/doc/evobrnn"

    def check_documents(self):
        """What the README leads to is there, every relative link of every document too, and what is a script can be executed."""
        documents = self.documents()
        missing = []
        for document in documents.rglob("*.md"):
            for target in LINK.findall(document.read_text()):
                if not (document.parent / target.split("#")[0]).exists():
                    missing.append(f"{document.relative_to(documents)}: {target}")
        for target in NAMED.findall((documents / "README.md").read_text()):
            if not (documents / target).exists():
                missing.append(f"README.md: {target}")
        self.assertEqual(missing, [])
        self.assertGreater(len(list(documents.rglob("*.md"))), 15)
        scripts = [file for file in (documents / "examples").rglob("*") if file.is_file() and file.read_bytes().startswith(b"#!")]
        self.assertIn("evaluate.sh", [file.name for file in scripts])
        self.assertEqual([file.name for file in scripts if not os.access(file, os.X_OK)], [])

    def check_pkg_config(self):
        folder = self.scratch / "pkg-config"
        folder.mkdir(exist_ok=True)
        for component, source in (("evolve", "own_objective/own_objective.cpp"), ("core", "train_and_examine/train_and_examine.cpp")):
            flags = run(["pkg-config", "--cflags", "--libs", f"evobrnn-{component}"], folder, self.environment()).split()
            run(["c++", OPTIONS.source / "examples" / source, "-o", component, *flags], folder)

    def test_build_and_run_against_an_installed_prefix(self):
        run(["cmake", "--install", OPTIONS.build, "--prefix", self.prefix])
        self.check_documents()
        self.check(self.names if os.environ.get("EVOBRNN_EXAMPLES") == "all" else ["own_objective", "own_model"], "prefix")
        self.check_pkg_config()
        shutil.rmtree(self.root)

    def test_build_and_run_against_the_debian_package(self):
        packages = self.scratch / "packages"
        run(["cpack", "--config", OPTIONS.build / "CPackConfig.cmake", "-G", "DEB", "-B", packages])
        (package,) = packages.glob("*.deb")
        self.assertGreater(len(self.names), 8)
        self.assertIn("libtorch", run(["dpkg-deb", "--field", package, "Depends"]))
        run(["dpkg-deb", "--extract", package, self.root])
        self.check_documents()
        self.check(self.names, "package")
        shutil.rmtree(self.root)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.source, OPTIONS.build = OPTIONS.source.resolve(), OPTIONS.build.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
