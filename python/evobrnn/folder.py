# SPDX-License-Identifier: Apache-2.0
"""The folder of a search: its trials, what it searches, and a lock."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evobrnn import frames

PLAN = "search.json"
_LOCK = "lock"


class AnotherSearchError(ValueError):
    """The folder holds a search that differs from the one that was asked for."""


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(n for n in after if n not in before)]:
            if name not in after:
                yield f"{path}{name}: {_text(before[name])} there, and not here"
            elif name not in before:
                yield f"{path}{name}: {_text(after[name])} here, and not there"
            else:
                yield from _differences(before[name], after[name], f"{path}{name}: ")
    elif before != after:
        yield f"{path}{_text(before)} there, {_text(after)} here"


def _write(file: Path, text: str) -> None:
    """Complete and on the disk, or not at all."""
    draft = file.with_suffix(".part")
    with draft.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(file)


def _claim(folder: Path, plan: dict[str, Any]) -> None:
    """Makes the folder that of this search, or sees that it is."""
    file = folder / PLAN
    if not file.exists():
        if (folder / frames.LEDGER).exists():
            raise AnotherSearchError(f"{folder} holds a run of networks; give another folder")
        return _write(file, json.dumps(plan, indent=2, ensure_ascii=False) + "\n")
    different = list(_differences(json.loads(file.read_text()), plan, ""))
    if different:
        raise AnotherSearchError(f"{folder} holds another search; give another folder, or the same search:\n  " + "\n  ".join(different))
    return None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RuntimeError(f"{folder} is in use by process {lock.read().strip() or '(unknown)'}") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


@contextmanager
def opened(folder: str | os.PathLike[str] | None, plan: dict[str, Any]) -> Iterator[Path]:
    """The folder, locked for as long; a temporary one where none is given. It ends with the process, however that ends."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="evobrnn-") as scratch:
            yield Path(scratch)
        return
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        _claim(path, plan)
        yield path
