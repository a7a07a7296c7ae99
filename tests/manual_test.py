# SPDX-License-Identifier: Apache-2.0
"""Manual page and shell completion: they hold every command and option that --help shows, and the programs that read them find no fault."""
import argparse
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None


def program(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def commands_of(help_text):
    listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", help_text, re.M)
    return re.findall(r"^  (\S+)", listed[1], re.M) if listed else []


@functools.cache
def all_helps(words=()):
    """{words of a command: its --help}, of the program and all commands."""
    text = program(*words, "--help")
    helps = {words: text}
    for command in commands_of(text):
        helps |= all_helps((*words, command))
    return helps


def options_of(help_text):
    """Every option of "  -h,--help  ..." at the beginning of a line."""
    heads = re.findall(r"^  (-[^\s]*)", help_text, re.M)
    return [name for head in heads for name in head.split(",")]


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helps = all_helps()
        cls.page = program("manual")

    def test_help_was_understood(self):
        self.assertGreaterEqual(len(self.helps), 20)
        self.assertIn("--workers", options_of(self.helps[("run",)]))

    def test_page_has_every_command_and_option(self):
        parts = re.split(r"^\.S[SH] ", self.page, flags=re.M)
        for words, text in self.helps.items():
            title = " ".join(words) or "OPTIONS"
            found = [part for part in parts if part.split("\n", 1)[0].replace("\\-", "-") == title]
            self.assertEqual(len(found), 1, title)
            shown = re.findall(r"\\fB(-[^\\]*)\\fR", found[0].replace("\\-", "-"))
            self.assertEqual(sorted(set(options_of(text)) - set(shown)), [], title)

    def test_page_has_what_a_page_needs(self):
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SHELL COMPLETION", "EXAMPLES"):
            self.assertRegex(self.page, rf"(?m)^\.SH {section}$")

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_troff_finds_no_fault(self):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=self.page, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("evobrnn run configs/quickstart.toml --set search.strategy=sobol", re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout))


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helps = all_helps()
        cls.bash = program("completion", "bash")

    def bash_gives(self, *words):
        """What bash offers for the last word."""
        lines = [self.bash, "compopt() { :; }", "COMP_WORDS=(evobrnn " + " ".join(f"'{word}'" for word in words) + ")",
                 f"COMP_CWORD={len(words)}", "_evobrnn", 'printf "%s\\n" "${COMPREPLY[@]}"']
        done = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_offers_every_command_and_option(self):
        for words, text in self.helps.items():
            self.assertEqual(self.bash_gives(*words, "-"), options_of(text), words)
            if commands_of(text):
                self.assertEqual(self.bash_gives(*words, ""), commands_of(text), words)

    def test_bash_offers_what_options_can_be(self):
        self.assertEqual(self.bash_gives("run", "s.toml", "--isolation", ""), ["thread", "process"])
        self.assertEqual(self.bash_gives("export", "--format", "c"), ["csv"])
        self.assertEqual(self.bash_gives("run", "--workers", ""), [])

    def test_bash_offers_settings_and_their_values(self):
        self.assertIn("model.dt=", self.bash_gives("run", "--set", "model."))
        strategies = [line for line in program("list", "strategies").splitlines() if line and not line.startswith(" ")]
        self.assertGreaterEqual(len(strategies), 10)
        self.assertEqual(self.bash_gives("run", "--set", "search.strategy", "=", ""), strategies)
        self.assertEqual(self.bash_gives("run", "--set", "search.strategy", "="), strategies)
        self.assertIn("conductance_stp", self.bash_gives("train", "--set", "model.name", "=", "cond"))

    def test_zsh_and_fish_hold_every_command_and_option(self):
        fish, zsh = program("completion", "fish"), program("completion", "zsh")
        for words, text in self.helps.items():
            function = re.search(rf"^{'_'.join(('_evobrnn', *words))}\(\) {{\n(.*?)^}}", zsh, re.M | re.S)
            self.assertIsNotNone(function, words)
            for name in options_of(text):
                self.assertRegex(function[1], rf"'\*?{re.escape(name)}\[", (words, name))
                option = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in words) or "__fish_use_subcommand"
                self.assertRegex(fish, rf"(?m)^complete -c evobrnn -n '{re.escape(seen)}'.* {re.escape(option)}( |$)", (words, name))

    def test_shells_find_no_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            for shell in ("bash", "zsh", "fish"):
                if not shutil.which(shell):
                    continue
                file = pathlib.Path(folder) / shell
                file.write_text(program("completion", shell))
                done = subprocess.run([shell, "-n", file], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), shell)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    arguments, rest = parser.parse_known_args()
    PROGRAM = str(pathlib.Path(arguments.program).resolve())
    unittest.main(argv=[sys.argv[0], *rest])
