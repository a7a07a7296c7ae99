# SPDX-License-Identifier: Apache-2.0
"""A trained network that a run or a training left."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    from evobrnn.numpy_network import NumpyNetwork
    from evobrnn.torch_network import TorchNetwork


class Champion:
    """The weights of a network with the settings that they belong to."""

    def __init__(self, weights: str | os.PathLike[str]):
        """weights: a .safetensors file of the program's, with its config.json beside it."""
        self.file = Path(weights)
        config = self.file.parent / "config.json"
        for file in (self.file, config):
            if not file.exists():
                raise FileNotFoundError(f"{file} is not there: no trained network")
        self._config = json.loads(config.read_text())

    def __repr__(self) -> str:
        model = self.settings["model"]
        return f"<Champion {model['name']}, n = {model['n']}: {self.file}>"

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Its settings by section: model, task, train, core."""
        return self._config["trial"]["settings"]

    @property
    def seed(self) -> int:
        """The seed that its initial weights and its order of samples came from."""
        return self._config["trial"]["seed"]

    @property
    def shape(self) -> dict[str, int]:
        """steps, n_in and n_out of the task."""
        return {name: self._config[name] for name in ("steps", "n_in", "n_out")}

    @property
    def classes(self) -> list[str]:
        """Names of the classes 0, 1, … where the data had names; else empty."""
        return self._config.get("classes", [])

    @cached_property
    def weights(self) -> dict[str, numpy.ndarray[Any, Any]]:
        """The trained parameters by their names in the equations of docs/MODELS.md, and readout_weight, readout_bias."""
        from safetensors.numpy import load

        return load(self._whole())

    def _whole(self) -> bytes:
        """The file's bytes, which have to be those of the SHA-256 stored beside it, where there is one."""
        content = self.file.read_bytes()
        stored = self.file.with_name(self.file.name + ".sha256")
        if stored.exists() and stored.read_text().split(" ")[0] != hashlib.sha256(content).hexdigest():
            raise ValueError(f"{self.file} is damaged: its SHA-256 is not the one of {stored}")
        return content

    def numpy(self, dtype: Any = None) -> NumpyNetwork:
        """The network in NumPy: float32 or float64; as it was trained where not given."""
        from evobrnn.numpy_network import NumpyNetwork

        return NumpyNetwork(self.settings["model"], self.weights, self.settings["train"]["precision"] if dtype is None else dtype)

    def torch(self, dtype: Any = None) -> TorchNetwork:
        """The network as a PyTorch module, whose package has to be installed; as it was trained where no dtype is given."""
        try:
            from evobrnn.torch_network import TorchNetwork
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise ModuleNotFoundError("Champion.torch() needs PyTorch: pip install torch", name="torch") from None
        return TorchNetwork(self.settings["model"], self.weights, dtype)
