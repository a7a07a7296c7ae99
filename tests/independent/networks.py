# SPDX-License-Identifier: Apache-2.0
"""The models' equations once more, in NumPy alone: what the program finds is recomputed with these, and with nothing of the program's own.

States are dictionaries of arrays [batch, n] in float64: r, and u and x with short-term plasticity. Equations: docs/MODELS.md.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def weights_of(file):
    return {name: value.astype(np.float64) for name, value in load_file(file).items()}


def settings_of(file):
    """The trial's settings, from the config.json beside the weights, by path: "model.z"."""
    root = json.loads((pathlib.Path(file).parent / "config.json").read_text())
    return flat(root["trial"])


def flat(value, path=""):
    if not isinstance(value, dict):
        return {path: value}
    return {name: leaf for key, inner in value.items() for name, leaf in flat(inner, f"{path}.{key}" if path else key).items()}


class Network:
    """One of leaky, vanilla, multiscale, conductance, stp, conductance_stp, with its linear read-out."""

    def __init__(self, file):
        self.weights, self.settings = weights_of(file), settings_of(file)
        get = lambda name: self.settings[next(path for path in self.settings if path.endswith("model." + name))]
        w = self.weights
        self.name, self.n = get("name"), int(get("n"))
        self.W, self.P, self.b = w["W"], w["P"], w["b"]
        self.tanh = get("activation") == "tanh"
        self.dale = bool(get("dale"))
        excitatory = min(max(int(np.floor(get("ei_ratio") * self.n + 0.5)), 1), self.n - 1) if self.dale else self.n
        self.sign = np.where(np.arange(self.n) < excitatory, 1.0, -1.0)
        self.read = excitatory if self.dale and get("readout") == "excitatory" else self.n
        self.V, self.v = w["readout_weight"], w["readout_bias"]
        self.plastic = self.name in ("stp", "conductance_stp")
        if self.plastic:
            self.delta = get("stp_dt")
            kind = get("stp_constants")
            if kind == "trained":
                self.U, self.z_u, self.z_x = sigmoid(w["c_U"]), sigmoid(w["c_u"]), sigmoid(w["c_x"])
            elif kind == "set":
                self.U, self.z_u, self.z_x = (np.full(self.n, get(name)) for name in ("U", "z_u", "z_x"))
            else:
                known = {"facilitating": (0.15, 1500, 200), "depressing": (0.45, 200, 1500), "mongillo": (0.20, 1500, 200)}
                kinds = [known[("facilitating", "depressing")[i % 2]] if kind == "mixed" else known[kind] for i in range(self.n)]
                constants = np.array(kinds, dtype=float)
                self.U, self.z_u, self.z_x = constants[:, 0], get("dt_ms") / constants[:, 1], get("dt_ms") / constants[:, 2]
        if self.name in ("leaky", "stp"):
            trained = self.name == "stp" and "c_h" in w
            self.z = sigmoid(w["c_h"]) if trained else np.full(self.n, get("z"))
        elif self.name == "vanilla":
            self.z = np.ones(self.n)
        elif self.name == "multiscale":
            self.z = get("z_lo") + (get("z_hi") - get("z_lo")) * sigmoid(w["c_z"])
        else:
            self.z = None
            self.g = w["g"]
            self.dt = sigmoid(w["d"]).item() if "d" in w else get("dt")
            size = np.abs(self.W)
            if get("a_kind") == "ei":
                a = [10 * sigmoid(w[raw]).item() if raw in w else get(name) for raw, name in (("a_E", "A_E"), ("a_I", "A_I"))]
                self.gate_weights = size * np.where(self.sign > 0, a[0], a[1])[np.newaxis, :]
            else:
                raw = 10 * sigmoid(w["a"]) if "a" in w else np.array(get("A"), dtype=float)
                self.gate_weights = size * (raw[:, np.newaxis] if get("a_kind") == "postsynaptic" else raw)

    def start(self, batch):
        state = {"r": np.zeros((batch, self.n))}
        if self.plastic:
            state["u"], state["x"] = np.tile(self.U, (batch, 1)), np.ones((batch, self.n))
        return state

    def gate(self, r, x):
        if self.z is not None:
            return np.broadcast_to(self.z, r.shape)
        return self.dt * sigmoid(r @ self.gate_weights.T + x @ np.abs(self.P).T + self.g)

    def step(self, state, x):
        """x: [batch, n_in]."""
        r = state["r"]
        z = self.gate(r, x)
        after, sent = {}, r
        if self.plastic:
            u = self.U * self.z_u + (1 - self.z_u) * state["u"] + self.delta * self.U * (1 - state["u"]) * r
            after["u"] = u
            after["x"] = self.z_x + (1 - self.z_x) * state["x"] - self.delta * u * state["x"] * r
            sent = u * after["x"] * r
        drive = sent @ self.W.T + x @ self.P.T + self.b
        after["r"] = (1 - z) * r + z * (np.tanh(drive) if self.tanh else sigmoid(drive))
        after["z"] = z
        return after

    def run(self, x, state=None, change=None):
        """x: [steps, batch, n_in] → states, one a step; `change(t, state)` may put another in its place."""
        state = self.start(x.shape[1]) if state is None else state
        states = []
        for t in range(x.shape[0]):
            state = self.step(state, x[t])
            if change is not None:
                state = change(t, state)
            states.append(state)
        return states

    def outputs(self, r):
        return r[..., : self.read] @ self.V.T + self.v

    # The whole state in one vector, for fixed points.
    def joined(self, state):
        return np.concatenate([state[name] for name in (("r", "u", "x") if self.plastic else ("r",))], axis=-1)

    def parted(self, s):
        parts = np.split(s, 3 if self.plastic else 1, axis=-1)
        return dict(zip(("r", "u", "x"), parts))

    def map(self, s, x):
        """One step of [batch, size] on the constant input x [n_in]."""
        return self.joined(self.step(self.parted(s), np.broadcast_to(x, (s.shape[0], x.size))))

    def jacobian(self, s, x):
        """By complex steps, exact to rounding: ∂F_i/∂s_j at s [size]. The sigmoid and tanh are analytic."""
        size, h = s.size, 1e-30
        moved = np.tile(s.astype(complex), (size, 1)) + 1j * h * np.eye(size)
        return (self.map(moved, x).imag / h).T
