# SPDX-License-Identifier: Apache-2.0
"""A trained network in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from evobrnn.equations import Equations, forward, states


class _NumpyOperations:
    def __init__(self, dtype: numpy.dtype[Any]):
        self._dtype = dtype

    def sigmoid(self, x: Any) -> Any:
        with numpy.errstate(over="ignore"):  # an infinite exponential makes the right answer, 0
            return 1 / (1 + numpy.exp(-x))

    def tanh(self, x: Any) -> Any:
        return numpy.tanh(x)

    def array(self, values: Any) -> Any:
        return numpy.array(values, dtype=self._dtype)

    def stack(self, arrays: list[Any]) -> Any:
        return numpy.stack(arrays)


class NumpyNetwork:
    """The forward pass of a network, in the precision of `dtype`: float32 or float64.

    `network(x)`, with x of shape [steps, batch, n_in], gives [batch, n_out]: logits of a classification, else values. Rates begin at 0.
    """

    def __init__(self, settings: Mapping[str, Any], parameters: Mapping[str, Any], dtype: Any = numpy.float32):
        self.dtype = numpy.dtype(dtype)
        self.parameters = {name: numpy.asarray(value, dtype=self.dtype) for name, value in parameters.items()}
        self._operations = _NumpyOperations(self.dtype)
        self._equations = Equations(settings, self.parameters, self._operations)

    def __call__(self, x: Any, *, every_step: bool = False, lengths: Sequence[int] | None = None) -> numpy.ndarray[Any, Any]:
        """Outputs after the last step, [batch, n_out], or after step lengths[i] of sequence i; every_step: [steps, batch, n_out]."""
        return forward(self._equations, self._operations, numpy.asarray(x, dtype=self.dtype), every_step, lengths)

    def states(self, x: Any) -> dict[str, numpy.ndarray[Any, Any]]:
        """r, z and, where the model has them, u and x_s after every step: [steps, batch, n] each."""
        after = states(self._equations, numpy.asarray(x, dtype=self.dtype))
        names = [name for name in ("r", "z", "u", "x_s") if getattr(after[0], name) is not None]
        return {name: numpy.stack([getattr(state, name) for state in after]) for name in names}
