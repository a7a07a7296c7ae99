# SPDX-License-Identifier: Apache-2.0
"""The folder of a search, and what a search cannot know of a Python objective."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evobrnn import _search

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


def _keep_direction(folder: Path, maximise: bool) -> None:
    """Whether larger is better stays with the folder: its ledger holds scores that are to be maximised."""
    file = folder / _OBJECTIVE
    if file.exists():
        before = json.loads(file.read_text())["maximise"]
        if before != maximise:
            raise _search.UsageError(f"{folder} holds another search: maximise={before}; run this one in another folder")
        return
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(file, json.dumps({"maximise": maximise}) + "\n")


@contextmanager
def opened(folder: str | os.PathLike[str] | None, maximise: bool) -> Iterator[Path]:
    """The folder; a temporary one where none is given."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="evobrnn-") as scratch:
            yield Path(scratch)
        return
    _keep_direction(Path(folder), maximise)
    yield Path(folder)
