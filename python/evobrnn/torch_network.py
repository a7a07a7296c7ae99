# SPDX-License-Identifier: Apache-2.0
"""A trained network as a PyTorch module: a small reference, step by step under autograd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from evobrnn.equations import Equations, forward, states


class _TorchOperations:
    def __init__(self, like: torch.Tensor):
        self._like = like

    def sigmoid(self, x: Any) -> Any:
        return torch.sigmoid(x)

    def tanh(self, x: Any) -> Any:
        return torch.tanh(x)

    def array(self, values: Any) -> Any:
        return torch.tensor(values, dtype=self._like.dtype, device=self._like.device)

    def stack(self, arrays: list[Any]) -> Any:
        return torch.stack(arrays)


class TorchNetwork(torch.nn.Module):
    """`module(x)`, with x of shape [steps, batch, n_in], gives [batch, n_out]; its parameters have the names of the equations."""

    def __init__(self, settings: Mapping[str, Any], parameters: Mapping[str, Any], dtype: torch.dtype | None = None):
        super().__init__()
        self.settings = dict(settings)
        for name, value in parameters.items():
            self.register_parameter(name, torch.nn.Parameter(torch.tensor(value, dtype=dtype)))

    def _equations(self) -> tuple[Equations, _TorchOperations]:
        parameters = dict(self.named_parameters())
        operations = _TorchOperations(parameters["readout_weight"])
        return Equations(self.settings, parameters, operations), operations

    def forward(self, x: torch.Tensor, *, every_step: bool = False, lengths: Sequence[int] | None = None) -> torch.Tensor:
        """Outputs after the last step, [batch, n_out], or after step lengths[i] of sequence i; every_step: [steps, batch, n_out]."""
        equations, operations = self._equations()
        return forward(equations, operations, x, every_step, lengths)

    def states(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """r, z and, where the model has them, u and x_s after every step: [steps, batch, n] each."""
        after = states(self._equations()[0], x)
        names = [name for name in ("r", "z", "u", "x_s") if getattr(after[0], name) is not None]
        return {name: torch.stack([getattr(state, name) for state in after]) for name in names}

    @torch.no_grad()
    def project(self) -> None:
        """Brings W back to the signs of Dale's principle, after a step of an optimiser; nothing where the model has none."""
        equations, _ = self._equations()
        if equations.dale:
            s, W = equations.s, self.get_parameter("W")
            W.copy_(s * (s * W).clamp_min(0) if self.settings["dale_projection"] == "relu" else s * W.abs())
