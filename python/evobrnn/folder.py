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


def _keep_direction(folder: Path, maximise: bool) -> None:
    """Whether larger is better stays with the folder: its ledger holds scores that are to be maximised."""
    file = folder / _OBJECTIVE
    if file.exists():
        before = json.loads(file.read_text())["maximise"]
        if before != maximise:
            raise _search.UsageError(f"{folder} holds another search: maximise={before}; run this one in another folder")
        return
    folder.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"maximise": maximise}) + "\n")
    draft.rename(file)


@contextmanager
def opened(folder: str | os.PathLike[str] | None, maximise: bool) -> Iterator[Path]:
    """The folder; a temporary one where none is given."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="evobrnn-") as scratch:
            yield Path(scratch)
        return
    _keep_direction(Path(folder), maximise)
    yield Path(folder)
