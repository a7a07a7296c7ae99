# SPDX-License-Identifier: Apache-2.0
"""The folder of a search, and what a search cannot know of a Python objective."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evobrnn import _search, fingerprint, frames

_OBJECTIVE = "objective.json"


def _write_whole(file: Path, text: str) -> None:
    """The file appears complete or not at all; a link in its place is replaced, not followed."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(stream.fileno(), 0o666 & ~umask)
            os.fsync(stream.fileno())
        os.replace(draft, file)
    except BaseException:
        os.unlink(draft)
        raise


def _same(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Folders of former versions know no version."""
    return before["maximise"] == now["maximise"] and before.get("version", now["version"]) == now["version"]


def _has_trials(folder: Path) -> bool:
    ledger = folder / frames.LEDGER
    return ledger.exists() and bool(_search.trials(ledger))


def _refuse_another(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    if before["maximise"] != now["maximise"]:
        raise _search.UsageError(f"{folder} holds another search: maximise={before['maximise']}; run this one in another folder")
    changes = fingerprint.differences(before.get("parts", {}), now["parts"])
    raise _search.UsageError(
        f"{folder} holds the results of another objective, version {before['version']!r}; this one is {now['version']!r}, and nothing was "
        f"evaluated.\n{changes}\nRun this one in another folder; or, where the change makes no difference to any result, go on with "
        f"version={before['version']!r}"
    )


def _keep_objective(folder: Path, objective: Callable[..., Any], maximise: bool, version: str | None) -> None:
    """What the objective is stays with the folder, and whether larger is better: its ledger holds scores that are to be maximised."""
    parts = fingerprint.parts_of(objective)
    now = {"maximise": maximise, "version": version or fingerprint.version_of(parts), "parts": parts}
    folder.mkdir(parents=True, exist_ok=True)
    hold = _search.Hold(folder)
    try:
        _claim(folder, now)
    finally:
        hold.release()


def _claim(folder: Path, now: dict[str, Any]) -> None:
    file = folder / _OBJECTIVE
    if file.exists():
        before = json.loads(file.read_text())
        if not _same(before, now) and _has_trials(folder):
            _refuse_another(folder, before, now)
        if before == now or (_same(before, now) and "version" in before):
            return
    _write_whole(file, json.dumps(now, indent=1) + "\n")


@contextmanager
def opened(folder: str | os.PathLike[str] | None, objective: Callable[..., Any], maximise: bool, version: str | None) -> Iterator[Path]:
    """The folder; a temporary one where none is given."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="evobrnn-") as scratch:
            yield Path(scratch)
        return
    _keep_objective(Path(folder), objective, maximise, version)
    yield Path(folder)
