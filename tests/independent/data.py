# SPDX-License-Identifier: Apache-2.0
"""The data that the stored networks are tested on: sequences that this file makes, and the trials of dms as docs/TASKS.md says that they are drawn."""

import numpy as np
from safetensors.numpy import save_file

CLASSES, STEPS, FEATURES = 4, 20, 3
TRAIN, TEST = 600, 200


def sequences(seed, samples):
    """A class is a direction of the first four steps; noise comes on top everywhere. → x [samples, steps, features], y."""
    random = np.random.RandomState(seed)
    y = random.randint(CLASSES, size=samples)
    x = 0.2 * random.randn(samples, STEPS, FEATURES)
    angle = 2 * np.pi * y / CLASSES
    x[:, :4, 0] += np.cos(angle)[:, np.newaxis]
    x[:, :4, 1] += np.sin(angle)[:, np.newaxis]
    x[:, :, 2] += 0.5
    return x.astype(np.float32), y.astype(np.int64)


def write_sequences(folder):
    for name, seed, samples in (("train", 1, TRAIN), ("test", 2, TEST)):
        x, y = sequences(seed, samples)
        save_file({"x": x, "y": y}, folder / f"{name}.safetensors")


MASK = (1 << 64) - 1


def derived_seed(seed, purpose):
    """The finaliser of splitmix64, on arrays of uint64."""
    with np.errstate(over="ignore"):
        x = np.asarray(seed, np.uint64) + (np.asarray(purpose, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


class Mersenne:
    """The first numbers of many 64-bit Mersenne Twisters (Nishimura, 2000), one a seed."""

    def __init__(self, seeds):
        with np.errstate(over="ignore"):
            state = [np.asarray(seeds, np.uint64)]
            for i in range(1, 312):
                before = state[-1]
                state.append(np.uint64(6364136223846793005) * (before ^ (before >> np.uint64(62))) + np.uint64(i))
        self.state, self.i = state, np.zeros(len(seeds), int)

    def number(self, i):
        upper, lower = np.uint64(0xFFFFFFFF80000000), np.uint64(0x7FFFFFFF)
        x = (self.state[i] & upper) | (self.state[i + 1] & lower)
        y = self.state[i + 156] ^ (x >> np.uint64(1)) ^ np.where(x & np.uint64(1), np.uint64(0xB5026F5AA96619E9), np.uint64(0))
        y ^= (y >> np.uint64(29)) & np.uint64(0x5555555555555555)
        y ^= (y << np.uint64(17)) & np.uint64(0x71D67FFFEDA60000)
        y ^= (y << np.uint64(37)) & np.uint64(0xFFF7EEE000000000)
        return y ^ (y >> np.uint64(43))


def below(numbers, bound):
    """Uniform on 0 … bound − 1, as a multiplication takes it (Lemire, 2019); the rare second draw does not happen for bounds this small."""
    return np.array([(int(number) * bound) >> 64 for number in numbers])


def dms_trials(settings, count):
    """The first test trials of dms. → x [steps, batch, n_in], label [steps, batch], scored [steps, batch], item [batch]."""
    get = lambda name: settings[next(path for path in settings if path.endswith("task." + name))]
    part = 2  # the test set
    seeds = derived_seed(np.full(count, derived_seed(int(get("data_seed")), part)), np.arange(count))
    twister = Mersenne(seeds)
    directions = int(get("directions"))
    shown = below(twister.number(0), directions)
    match = twister.number(1).astype(np.float64) / 2.0**64 < 0.5
    other = below(twister.number(2), directions - 1)
    tested = np.where(match, shown, np.where(other < shown, other, other + 1))

    length = [int(np.floor(get(name) / get("dt_ms") + 0.5)) for name in ("fixation_ms", "sample_ms", "delay_ms", "test_ms")]
    begin = np.concatenate([[0], np.cumsum(length)])
    units = int(get("input_units"))
    preferred = 2 * np.pi * np.arange(units) / units
    tuning = lambda direction: get("tuning_height") * np.exp(
        get("tuning_width") * (np.cos(2 * np.pi * direction[:, np.newaxis] / directions - preferred) - 1))
    x = np.zeros((begin[-1], count, units))
    x[begin[1] : begin[2]] = tuning(shown)
    x[begin[3] : begin[4]] = tuning(tested)
    label = np.zeros((begin[-1], count), int)
    label[begin[3] : begin[4]] = np.where(match, 2, 1)
    grace = min(length[3] - 1, int(np.floor(get("grace_ms") / get("dt_ms") + 0.5)))
    scored = np.zeros((begin[-1], count))
    scored[begin[3] + grace : begin[4]] = 1
    return x, label, scored, shown, int(begin[2]), int(begin[3])
