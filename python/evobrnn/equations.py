# SPDX-License-Identifier: Apache-2.0
"""The equations of every model, as docs/MODELS.md has them, over NumPy arrays and PyTorch tensors alike.

x: [steps, batch, n_in]; r, z, u, x_s: [batch, n]. Without the noise of model.recurrent_noise and model.input_noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

LARGEST_A = 10.0  # A = 10 σ(a)

# (U, τ_u in ms, τ_x in ms)
FACILITATING = (0.15, 1500.0, 200.0)  # Masse et al. (2019)
DEPRESSING = (0.45, 200.0, 1500.0)  # Masse et al. (2019)
MONGILLO = (0.20, 1500.0, 200.0)  # Mongillo, Barak & Tsodyks (2008)


class Operations(Protocol):
    """What NumPy and PyTorch do under different names."""

    def sigmoid(self, x: Any) -> Any: ...
    def tanh(self, x: Any) -> Any: ...
    def array(self, values: Any) -> Any: ...
    def stack(self, arrays: list[Any]) -> Any: ...


class State(NamedTuple):
    """After a step; u and x_s of models with short-term plasticity alone."""

    r: Any
    z: Any = None
    u: Any = None
    x_s: Any = None


Step = Callable[[Any, State], State]


def excitatory_units(ei_ratio: float, n: int) -> int:
    return min(max(math.floor(ei_ratio * n + 0.5), 1), n - 1)


class Equations:
    """One network: the settings of its model, and its parameters by their names in the equations."""

    def __init__(self, settings: Mapping[str, Any], parameters: Mapping[str, Any], operations: Operations):
        self._settings, self._p, self._ops = settings, parameters, operations
        self.name = settings["name"]
        if self.name not in _MODELS:
            raise ValueError(f"no model named {self.name!r} here; known: {', '.join(_MODELS)}")
        self.n = int(settings["n"])
        self.dale = bool(settings["dale"]) and self.name not in ("gru", "simple_gru")
        excitatory = excitatory_units(settings["ei_ratio"], self.n) if self.dale else self.n
        self.s = operations.array([1.0] * excitatory + [-1.0] * (self.n - excitatory))  # [n] sign of each unit
        self._tanh = settings["activation"] == "tanh"
        self._step, self._plastic = _MODELS[self.name](self)

    def start(self, batch: int) -> State:
        """The state before the first step."""
        zero = self._ops.array([[0.0] * self.n] * batch)
        if not self._plastic:
            return State(zero)
        return State(zero, None, zero + self._plastic.U, zero + 1.0)

    def step(self, x: Any, before: State) -> State:
        """The state after a step with the input x: [batch, n_in]."""
        return self._step(x, before)

    def read(self, r: Any) -> Any:
        """y = V r + v, of the units that are read out: the first."""
        V = self._p["readout_weight"]
        return r[..., : V.shape[1]] @ V.T + self._p["readout_bias"]

    def activation(self, drive: Any) -> Any:
        return self._ops.tanh(drive) if self._tanh else self._ops.sigmoid(drive)

    def magnitude(self, W: Any) -> Any:
        """|W|; under Dale's principle s W."""
        return self.s * W if self.dale else abs(W)


def _leaky(e: Equations, z: Any) -> Step:
    """r ← (1 − z) r + z φ(W r + P x + b)"""
    W, P, b = e._p["W"], e._p["P"], e._p["b"]

    def step(x: Any, before: State) -> State:
        r = before.r
        gate = 0.0 * r + z
        return State((1 - gate) * r + gate * e.activation(r @ W.T + x @ P.T + b), gate)

    return step


def _multiscale(e: Equations) -> Any:
    low, high = e._settings["z_lo"], e._settings["z_hi"]
    return _leaky(e, low + (high - low) * e._ops.sigmoid(e._p["c_z"])), None


class _Gate:
    """z = dt σ((A ∘ |W|) r + |P| x + g)"""

    def __init__(self, e: Equations):
        s, p, sigmoid = e._settings, e._p, e._ops.sigmoid
        self._sigmoid = sigmoid
        self._dt = sigmoid(p["d"]) if "d" in p else s["dt"]
        self._Q, self._g = abs(p["P"]), p["g"]
        self._as_coded_ei = s["as_coded"] and s["a_kind"] == "ei"
        magnitude = e.magnitude(p["W"])
        A = self._A(e)
        if self._as_coded_ei:
            self._to_each = magnitude @ A  # |W| (Aᵀ r), in which every element of Aᵀ r has the same sum of rates
        elif s["as_coded"]:
            self._G = A @ magnitude
        else:
            self._G = A * magnitude

    @staticmethod
    def _A(e: Equations) -> Any:
        s, p = e._settings, e._p
        kind = s["a_kind"]
        if kind == "ei":
            A_E = LARGEST_A * e._ops.sigmoid(p["a_E"]) if "a_E" in p else s["A_E"]
            A_I = LARGEST_A * e._ops.sigmoid(p["a_I"]) if "a_I" in p else s["A_I"]
            return (1 + e.s) / 2 * A_E + (1 - e.s) / 2 * A_I  # by the presynaptic unit's sign
        if "a" not in p:
            return s["A"] + 0.0 * p["W"] if s["as_coded"] else s["A"]
        A = LARGEST_A * e._ops.sigmoid(p["a"])
        return A[:, None] if kind == "postsynaptic" else A

    def __call__(self, x: Any, r: Any) -> Any:
        drive = r.sum(-1)[:, None] * self._to_each if self._as_coded_ei else r @ self._G.T
        return self._dt * self._sigmoid(drive + x @ self._Q.T + self._g)


def _conductance(e: Equations) -> Any:
    """r ← (1 − z) r + z φ(W r + P x + b)"""
    W, P, b = e._p["W"], e._p["P"], e._p["b"]
    gate = _Gate(e)

    def step(x: Any, before: State) -> State:
        r = before.r
        z = gate(x, r)
        return State((1 - z) * r + z * e.activation(r @ W.T + x @ P.T + b), z)

    return step, None


def _simple_gru(e: Equations) -> Any:
    """z = σ(W_z r + P_z x + g); r ← (1 − z) r + z φ(W r + P x + b)"""
    p = e._p

    def step(x: Any, before: State) -> State:
        r = before.r
        z = e._ops.sigmoid(r @ p["W_z"].T + x @ p["P_z"].T + p["g"])
        return State((1 - z) * r + z * e.activation(r @ p["W"].T + x @ p["P"].T + p["b"]), z)

    return step, None


def _gru(e: Equations) -> Any:
    """The textbook GRU: Cho et al. (2014), eqs. 5 – 8; names and order of gates (reset, update, new) are PyTorch's."""
    p, n, sigmoid = e._p, e.n, e._ops.sigmoid

    def step(x: Any, before: State) -> State:
        r = before.r
        i = x @ p["weight_ih_l0"].T + p["bias_ih_l0"]
        h = r @ p["weight_hh_l0"].T + p["bias_hh_l0"]
        reset = sigmoid(i[:, :n] + h[:, :n])
        update = sigmoid(i[:, n : 2 * n] + h[:, n : 2 * n])
        candidate = e._ops.tanh(i[:, 2 * n :] + reset * h[:, 2 * n :])
        return State((1 - update) * candidate + update * r, 1 - update)

    return step, None


class _Plasticity:
    """u ← U z_u + (1 − z_u) u + δ U (1 − u) r;  x_s ← z_x + (1 − z_x) x_s − δ u x_s r"""

    def __init__(self, e: Equations):
        s, p, sigmoid = e._settings, e._p, e._ops.sigmoid
        self._delta = s["stp_dt"]
        kind = s["stp_constants"]
        if kind == "trained":
            self.U, self._z_u, self._z_x = sigmoid(p["c_U"]), sigmoid(p["c_u"]), sigmoid(p["c_x"])
        elif kind == "set":
            self.U, self._z_u, self._z_x = s["U"], s["z_u"], s["z_x"]
        else:
            kinds = {"facilitating": [FACILITATING], "depressing": [DEPRESSING], "mongillo": [MONGILLO], "mixed": [FACILITATING, DEPRESSING]}
            each = [kinds[kind][i % len(kinds[kind])] for i in range(e.n)]
            self.U = e._ops.array([U for U, _, _ in each])
            self._z_u = e._ops.array([s["dt_ms"] / tau for _, tau, _ in each])
            self._z_x = e._ops.array([s["dt_ms"] / tau for _, _, tau in each])

    def __call__(self, before: State) -> tuple[Any, Any]:
        r, U, delta = before.r, self.U, self._delta
        u = U * self._z_u + (1 - self._z_u) * before.u + delta * U * (1 - before.u) * r
        x_s = self._z_x + (1 - self._z_x) * before.x_s - delta * u * before.x_s * r
        return u, x_s


def _plastic(e: Equations, gate: Callable[[Any, Any], Any]) -> Any:
    """r ← (1 − z) r + z φ(W (u ⊙ x_s ⊙ r) + P x + b)"""
    W, P, b = e._p["W"], e._p["P"], e._p["b"]
    plasticity = _Plasticity(e)

    def step(x: Any, before: State) -> State:
        r = before.r
        z = gate(x, r)
        u, x_s = plasticity(before)
        return State((1 - z) * r + z * e.activation((u * x_s * r) @ W.T + x @ P.T + b), z, u, x_s)

    return step, plasticity


def _stp(e: Equations) -> Any:
    z = e._ops.sigmoid(e._p["c_h"]) if "c_h" in e._p else e._settings["z"]
    return _plastic(e, lambda x, r: 0.0 * r + z)


_MODELS: dict[str, Callable[[Equations], Any]] = {
    "conductance": _conductance,
    "leaky": lambda e: (_leaky(e, e._settings["z"]), None),
    "vanilla": lambda e: (_leaky(e, 1.0), None),
    "multiscale": _multiscale,
    "simple_gru": _simple_gru,
    "gru": _gru,
    "stp": _stp,
    "conductance_stp": lambda e: _plastic(e, _Gate(e)),
}


def states(equations: Equations, x: Any) -> list[State]:
    """The state after every step of x."""
    if x.ndim != 3:
        raise ValueError(f"the input must be [steps, batch, n_in], not of shape {tuple(x.shape)}")
    state, all_states = equations.start(x.shape[1]), []
    for step in x:
        state = equations.step(step, state)
        all_states.append(state)
    return all_states


def forward(equations: Equations, operations: Operations, x: Any, every_step: bool, lengths: Any) -> Any:
    """Outputs after every step, [steps, batch, n_out], or after the last one (of each sequence's `lengths`), [batch, n_out]."""
    after = states(equations, x)
    if every_step:
        return equations.read(operations.stack([state.r for state in after]))
    if lengths is None:
        return equations.read(after[-1].r)
    return equations.read(operations.stack([after[int(length) - 1].r[i] for i, length in enumerate(lengths)]))
