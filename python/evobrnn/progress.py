# SPDX-License-Identifier: Apache-2.0
"""How far a search is, in a terminal or a notebook."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Union

Progress = Union[bool, Callable[[Mapping[str, Any]], None]]


def _visible() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb")


class Bar:
    """A bar of trials. Nothing is shown where standard error is neither a terminal nor a notebook's."""

    def __init__(self, name: str, show: bool = True, score_sign: float = 1.0):
        self._sign = score_sign
        self._bar = None
        if show and _visible():
            with warnings.catch_warnings():  # tqdm warns in notebooks without ipywidgets, and draws text there
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

                self._bar = tqdm(desc=name, unit=" trials", dynamic_ncols=True)

    def update(self, progress: Mapping[str, Any]) -> None:
        """Shows `done` of `expected`, `failed` and `best`."""
        if self._bar is None:
            return
        self._bar.total = progress["expected"] or None
        self._bar.n = progress["done"]
        best = progress["best"]
        shown = {"best": "–" if best is None else f"{self._sign * best:.5g}"}
        if progress["failed"]:
            shown["failed"] = progress["failed"]
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(0)

    def note(self, text: str) -> None:
        """Says something beside the bar."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)

    def close(self, complete: bool = False) -> None:
        """Once; complete: fewer than were expected at most are all there were."""
        if self._bar is not None:
            if complete:
                self._bar.total = self._bar.n
            self._bar.refresh()
            self._bar.close()
            self._bar = None


def follower(progress: Progress, name: str, score_sign: float = 1.0) -> tuple[Callable[[Mapping[str, Any]], None], Callable[..., None]]:
    """What to call with every event, and at the end: a bar for True, nothing for False, or the caller's own function."""
    if callable(progress):
        return progress, lambda complete=False: None
    bar = Bar(name, bool(progress), score_sign)
    return bar.update, bar.close
