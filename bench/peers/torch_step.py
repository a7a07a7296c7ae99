# SPDX-License-Identifier: Apache-2.0
"""One whole training step of every model in PyTorch, as a careful user writes it: what depends on parameters alone is computed once a step, both recurrent products
are one, Adam is the fused one."""
import math

import torch

torch.set_num_threads(1)


def uniform(bound, *shape):
    return torch.nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


def training_step(row, batch=64, n_out=10):
    """`row` names model and setting as the benchmark of this project does. Returns a function that does one step."""
    torch.manual_seed(0)
    n, steps, n_in = row.n, row.steps, row.n_in
    bound = 1 / math.sqrt(n)
    excitatory = round(0.9 * n) if row.dale else n
    signs = torch.ones(n)
    signs[excitatory:] = -1
    W, P, b, g = uniform(bound, n, n), uniform(bound, n, n_in), uniform(bound, n), uniform(bound, n)
    V, v = uniform(bound, n_out, excitatory), uniform(bound, n_out)
    parameters = [W, P, b, V, v]
    gated = row.model.startswith("conductance")
    plastic = row.model.endswith("stp")
    a = torch.full({"ei": (n,), "constant": (), "matrix": (n, n)}[row.a_kind], 0.4)  # set, not trained, as ours
    dt = 0.3
    constants = [torch.nn.Parameter(torch.zeros(n)) for _ in range(4 if row.model == "stp" else 3)] if plastic else []
    parameters += constants + ([g] if gated else [])
    if row.dale:
        W.data.copy_(W.data.abs() * signs)
    optimizer = torch.optim.Adam(parameters, 1e-3, fused=True)
    x, y = torch.rand(steps, batch, n_in), torch.randint(0, n_out, (batch,))

    def rates_after():
        magnitude = W * signs if row.dale else W.abs()
        if gated:
            both = torch.cat([W, a * magnitude]).t()
            drive = x @ torch.cat([P, P.abs()]).t() + torch.cat([b, g])
        else:
            drive = x @ P.t() + b
        r = torch.zeros(batch, n)
        if plastic:
            z_u, z_x, U = (torch.sigmoid(c) for c in constants[:3])
            z_h = torch.sigmoid(constants[3]) if row.model == "stp" else None
            u, x_s = U.expand(batch, n), torch.ones(batch, n)
        for d in drive.unbind(0):  # drive[t] would make the backward pass quadratic in the number of steps
            seen = r
            if plastic:
                u = U * z_u + (1 - z_u) * u + U * (1 - u) * r
                x_s = z_x + (1 - z_x) * x_s - u * x_s * r
                seen = u * x_s * r
            if gated and not plastic:
                candidate, gate = torch.sigmoid(torch.addmm(d, r, both)).chunk(2, 1)
                z = dt * gate
            elif gated:
                candidate = torch.sigmoid(torch.addmm(d[:, :n], seen, both[:, :n]))
                z = dt * torch.sigmoid(torch.addmm(d[:, n:], r, both[:, n:]))
            else:
                candidate = torch.sigmoid(torch.addmm(d, seen, W.t()))
                z = z_h if plastic else dt
            r = r + z * (candidate - r)
        return r

    def step():
        optimizer.zero_grad()
        logits = rates_after()[:, :excitatory] @ V.t() + v
        torch.nn.functional.cross_entropy(logits, y).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if row.dale:
            with torch.no_grad():
                W.copy_(W.abs() * signs)

    return step
