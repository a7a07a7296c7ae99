# SPDX-License-Identifier: Apache-2.0
"""Trains a small model as its genome says, for `evobrnn run search.toml`: gradient descent with momentum on a line through noisy points."""
import json
import random
import sys

trial = json.load(sys.stdin)
genome, rng = trial["genome"], random.Random(trial["seed"])
lr = genome.get("optimizer.lr", 0.1)
momentum = genome.get("optimizer.momentum", 0.0)  # a gene that applies to one optimizer alone
batch = genome.get("batch", 8)

points = [(x, 2.0 * x - 1.0 + rng.gauss(0, 0.1)) for x in (rng.uniform(-1, 1) for _ in range(200))]
train, held_out = points[:150], points[150:]
slope = offset = 0.0
velocity = [0.0, 0.0]
steps = max(1, round(60 * trial["fidelity"]))
for step in range(1, steps + 1):
    sample = rng.sample(train, batch)
    errors = [(slope * x + offset - y, x) for x, y in sample]
    gradient = [sum(2 * e * x for e, x in errors) / batch, sum(2 * e for e, _ in errors) / batch]
    velocity = [momentum * v - lr * g for v, g in zip(velocity, gradient)]
    slope, offset = slope + velocity[0], offset + velocity[1]
    loss = sum(e * e for e, _ in errors) / batch
    if loss > 1e6:
        print(json.dumps({"status": "diverged", "cause": f"the loss was {loss:.3g} at step {step}"}))
        sys.exit(0)
    if step % 20 == 0:
        print(json.dumps({"progress": {"step": step, "steps": steps, "loss": loss}}), flush=True)

error = sum((slope * x + offset - y) ** 2 for x, y in held_out) / len(held_out)
print(json.dumps({"score": -error, "metrics": {"slope": slope, "offset": offset}}))
