# SPDX-License-Identifier: Apache-2.0
"""The program `evobrnn`, which trains networks: found, started, listened to."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evobrnn._search import __version__

_NAME = "evobrnn"
_VARIABLE = "EVOBRNN_PROGRAM"
_OK, _FAILURE, _LIMIT = 0, 1, 3


class ProgramError(RuntimeError):
    """The program `evobrnn` refused what it was asked for, or failed; its message says why."""

    def __init__(self, message: str, exit_code: int | None = None):
        super().__init__(message)
        self.exit_code = exit_code


def _candidates() -> Iterator[Path]:
    # This package brings a program of its version; another one is for those who have none, as in an editable build.
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        yield folder / _NAME
    if os.environ.get(_VARIABLE):
        yield Path(os.environ[_VARIABLE])
    on_path = shutil.which(_NAME)
    if on_path:
        yield Path(on_path)


def _version_of(file: Path) -> str:
    try:
        said = subprocess.run([file, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ProgramError(f"the program {file} does not start: {error}") from None
    words = said.stdout.split()
    if said.returncode != _OK or words[:1] != [_NAME] or len(words) < 2:
        raise ProgramError(f"the program {file} does not start, or is another one: {(said.stderr or said.stdout).strip()}")
    return words[1]


@functools.cache
def _checked(file: Path) -> Path:
    version = _version_of(file)
    if version != __version__:
        raise ProgramError(
            f"the program {file} is version {version}, and this package {__version__}: install both from one source, or set {_VARIABLE}"
        )
    return file


def program() -> Path:
    """The program: that of this package's environment, else $EVOBRNN_PROGRAM, else the first on PATH. ProgramError where there is none,
    or one of another version."""
    for file in _candidates():
        if file.is_file() and os.access(file, os.X_OK):
            return _checked(file.absolute())
    raise ProgramError(f"the program {_NAME} is neither beside {sys.executable} nor on PATH; set {_VARIABLE} to where it is")


class _Events:
    """A process of the program that tells what happens, one JSON object a line."""

    def __init__(self, arguments: list[str], folder_hint: str):
        self._hint = folder_hint
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        # A group of its own: Ctrl-C is passed on once, by us, whether it comes from a terminal or a notebook.
        self._process = subprocess.Popen(
            [program(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, text=True, process_group=0
        )
        self.interrupted = False

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        while True:
            try:
                line = self._process.stdout.readline()
                if not line:
                    self._process.wait()
                    return
                yield line
            except KeyboardInterrupt:
                self.interrupt()

    def interrupt(self) -> None:
        """Passes Ctrl-C on: the first asks for a clean end, the second ends it at once."""
        self.interrupted = True
        self._process.send_signal(signal.SIGINT)

    def __iter__(self) -> Iterator[dict[str, Any] | str]:
        for line in self._lines():
            try:
                event = json.loads(line)
            except ValueError:
                event = line.rstrip("\n")
            yield event if isinstance(event, dict) else line.rstrip("\n")

    def end(self) -> tuple[int, str]:
        """Exit code, and what it said on standard error. KeyboardInterrupt where that ended it."""
        self._errors.seek(0)
        errors = self._errors.read().strip()
        code = self._process.returncode
        self._errors.close()
        if self.interrupted and code not in (_OK, _LIMIT):
            raise KeyboardInterrupt(f"stopped; what is finished is kept{self._hint}")
        return code, errors

    def abandon(self) -> None:
        """Where the listener failed: asks for a clean end, and waits for it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate()


def follow(arguments: list[str], on_event: Callable[[dict[str, Any]], None], hint: str = "") -> dict[str, Any]:
    """Runs the program with --json; every event is told, the last, "end", returned. ProgramError where it ends otherwise."""
    events = _Events([*arguments, "--json"], hint)
    last: dict[str, Any] = {}
    try:
        for event in events:
            if isinstance(event, dict):
                last = event
                try:
                    on_event(event)
                except KeyboardInterrupt:
                    events.interrupt()
    except BaseException:
        events.abandon()
        raise
    code, errors = events.end()
    if last.get("event") != "end" or code not in (_OK, _FAILURE, _LIMIT):
        raise ProgramError(errors or f"the program ended with code {code}", code)
    if errors:
        print(errors, file=sys.stderr)
    return last


def call(arguments: list[str], hint: str = "") -> str:
    """Runs the program to its end and returns what it printed. ProgramError where it fails."""
    events = _Events(arguments, hint)
    printed = "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events)
    code, errors = events.end()
    if code != _OK:
        raise ProgramError(errors or printed or f"the program ended with code {code}", code)
    return printed


def toml(value: Any) -> str:
    """A plain value or a list of such as TOML."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (bool, int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, os.PathLike):
        return json.dumps(os.fspath(value), ensure_ascii=False)
    raise TypeError(f"a setting must be bool, int, float, str or a list of such, not {type(value).__name__}")
