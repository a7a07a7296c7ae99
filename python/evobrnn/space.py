# SPDX-License-Identifier: Apache-2.0
"""What a search may choose: the genes of a genome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Number
from typing import Any, Union

Value = Union[bool, int, float, str]
When = Mapping[str, Union[Value, Iterable[Value]]]


@dataclass(frozen=True)
class Real:
    """A real number from `low` to `high`, both included.

    log: searched on a logarithmic scale; needs `low` above 0.
    when: the gene matters only where other genes have one of these values, as `when={"kind": "deep"}` or
    `when={"kind": ["deep", "wide"]}`; elsewhere the genome does not hold it.
    """

    low: float
    high: float
    log: bool = False
    when: When = field(default_factory=dict)


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included; `log` and `when` as those of Real."""

    low: int
    high: int
    log: bool = False
    when: When = field(default_factory=dict)


@dataclass(frozen=True)
class Categorical:
    """One of at least two values: bool, int, float or str, in no order; `when` as that of Real."""

    values: Iterable[Value]
    when: When = field(default_factory=dict)


Gene = Union[Real, Integer, Categorical]


def plain(value: Any) -> Value:
    """The value as a plain bool, int, float or str; NumPy's scalars become what they stand for."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value)


def _conditions(when: When) -> dict[str, list[Value]]:
    single = (bool, Number, str)
    return {name: [plain(v) for v in ([values] if isinstance(values, single) else values)] for name, values in when.items()}


def _whole(name: str, end: float) -> int:
    """An end of an integer gene, of which no digit may be lost."""
    if float(end) != int(end):
        raise ValueError(f"gene {name}: low and high must be integers")
    if abs(int(end)) > 2**53:
        raise ValueError(f"gene {name}: {int(end)} must be from -2^53 to 2^53 where it is searched")
    return int(end)


def to_gene(name: str, gene: Gene) -> dict[str, Any]:
    """A gene as the search library takes it."""
    if not isinstance(name, str) or not name:
        raise TypeError(f"a gene's name must be text, not {name!r}")
    if isinstance(gene, Categorical):
        return {"name": name, "kind": "categorical", "values": [plain(v) for v in gene.values], "when": _conditions(gene.when)}
    if isinstance(gene, (Real, Integer)):
        kind = "real" if isinstance(gene, Real) else "integer"
        low, high = (float(end) if kind == "real" else _whole(name, end) for end in (gene.low, gene.high))
        return {"name": name, "kind": kind, "low": low, "high": high, "log": bool(gene.log), "when": _conditions(gene.when)}
    raise TypeError(f"gene {name!r} must be a Real, an Integer or a Categorical, not {type(gene).__name__}")
