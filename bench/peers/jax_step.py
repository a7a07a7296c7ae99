# SPDX-License-Identifier: Apache-2.0
"""One whole training step of the conductance network under Dale's principle in JAX: lax.scan under jit, Adam of optax."""
import math
import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp
import optax


def training_step(row, batch=64, n_out=10):
    n, bound = row.n, 1 / math.sqrt(row.n)
    excitatory = round(0.9 * n)
    keys = iter(jax.random.split(jax.random.PRNGKey(0), 9))
    uniform = lambda *shape: jax.random.uniform(next(keys), shape, minval=-bound, maxval=bound)
    signs = jnp.ones(n).at[excitatory:].set(-1)
    p = dict(W=jnp.abs(uniform(n, n)) * signs, P=uniform(n, row.n_in), b=uniform(n), g=uniform(n), V=uniform(n_out, excitatory), v=uniform(n_out))
    x = jax.random.uniform(next(keys), (row.steps, batch, row.n_in))
    y = jax.random.randint(next(keys), (batch,), 0, n_out)

    def loss(p):
        both = jnp.concatenate([p["W"], 0.4 * p["W"] * signs]).T
        drive = x @ jnp.concatenate([p["P"], jnp.abs(p["P"])]).T + jnp.concatenate([p["b"], p["g"]])

        def one(r, d):
            candidate, gate = jnp.split(jax.nn.sigmoid(d + r @ both), 2, 1)
            return r + 0.3 * gate * (candidate - r), None

        r, _ = jax.lax.scan(one, jnp.zeros((batch, n)), drive)
        logits = r[:, :excitatory] @ p["V"].T + p["v"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))
    state = [p, optimizer.init(p)]

    @jax.jit
    def update(p, moments):
        changes, moments = optimizer.update(jax.grad(loss)(p), moments)
        p = optax.apply_updates(p, changes)
        p["W"] = jnp.abs(p["W"]) * signs
        return p, moments

    def step():
        state[:] = update(*state)
        state[0]["W"].block_until_ready()

    return step
