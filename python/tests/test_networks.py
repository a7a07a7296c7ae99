# SPDX-License-Identifier: Apache-2.0
"""Networks in NumPy and PyTorch against the worked cases and against the program."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file, save_file

import evobrnn
from evobrnn import equations, program
from evobrnn.numpy_network import NumpyNetwork

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "models.json"
CASES = json.loads(GOLDEN.read_text())["cases"]
# Beside the program's own tests, 1e-9 and 1e-4 relative to the largest.
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}
# Every model, every shape of A, trained and set, Dale's principle on and off, every kind of constants.
VARIANTS = {
    "ei": {},
    "ei_trained": {"trained": ["A", "dt"]},
    "constant_trained": {"a_kind": "constant", "trained": ["A"]},
    "presynaptic": {"a_kind": "presynaptic", "trained": ["A", "dt"]},
    "postsynaptic": {"a_kind": "postsynaptic", "trained": ["A"], "dale": False},
    "matrix": {"a_kind": "matrix", "trained": ["A"], "activation": "tanh", "dale": False},
    "ei_as_coded": {"as_coded": True},
    "matrix_as_coded": {"a_kind": "matrix", "trained": ["A"], "as_coded": True},
    "all_read_out": {"readout": "all", "ei_ratio": 0.5},
    "leaky": {"name": "leaky"},
    "vanilla": {"name": "vanilla", "activation": "tanh", "dale": False, "gain": 1.0},  # with more it is chaotic: rounding grows
    "multiscale": {"name": "multiscale"},
    "simple_gru": {"name": "simple_gru"},
    "gru": {"name": "gru"},
    "stp": {"name": "stp"},
    "stp_set": {"name": "stp", "stp_constants": "set", "stp_dt": 0.5},
    "stp_mixed": {"name": "stp", "stp_constants": "mixed"},
    "conductance_stp": {"name": "conductance_stp", "trained": ["A", "dt"]},
    "conductance_stp_mongillo": {"name": "conductance_stp", "stp_constants": "mongillo"},
}


@pytest.fixture(scope="session")
def defaults(quick_run):
    """The settings of the model as they stand, by which a worked case is completed."""
    return quick_run.champion.settings["model"]


def network_of(case, defaults):
    config = dict(case["config"])
    fixed = config.pop("fixed")
    settings = defaults | {"name": case["model"], "n": case["sizes"]["n"]} | config | fixed
    return settings, {name: numpy.array(values) for name, values in case["parameters"].items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_numpy_agrees_with_the_worked_cases(case, dtype, defaults):
    network = NumpyNetwork(*network_of(case, defaults), dtype)
    outputs, states = network(case["inputs"]), network.states(case["inputs"])
    assert outputs.dtype == dtype and all(state.dtype == dtype for state in states.values())
    numpy.testing.assert_allclose(outputs, case["expected"]["logits"], rtol=0, atol=TOLERANCE[dtype])
    for name, values in case["expected"]["states"].items():
        numpy.testing.assert_allclose(states[name], values, rtol=0, atol=TOLERANCE[dtype], err_msg=name)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_torch_agrees_with_the_worked_cases_and_their_gradients(case, dtype, defaults):
    torch = pytest.importorskip("torch")
    from evobrnn.torch_network import TorchNetwork

    kind = getattr(torch, dtype)
    module = TorchNetwork(*network_of(case, defaults), kind)
    outputs = module(torch.tensor(case["inputs"], dtype=kind))
    torch.nn.functional.cross_entropy(outputs, torch.tensor(case["targets"])).backward()
    numpy.testing.assert_allclose(outputs.detach(), case["expected"]["logits"], rtol=0, atol=TOLERANCE[dtype])
    for name, values in case["expected"]["gradients"].items():
        gradient = module.get_parameter(name).grad.numpy()
        numpy.testing.assert_allclose(gradient, numpy.reshape(values, gradient.shape), rtol=0, atol=TOLERANCE[dtype], err_msg=name)


def predicted(file, tensors, folder):
    save_file(tensors, folder / "x.safetensors")
    program.call(["predict", str(file), "--input", str(folder / "x.safetensors"), "--output", str(folder / "y.safetensors")])
    return load_file(folder / "y.safetensors")


def samples_first(array):
    """From and to [steps, batch, …]."""
    return numpy.ascontiguousarray(numpy.swapaxes(array, 0, 1))


def assert_equals_program(champion, folder):
    """Within 1e-5: outputs after the last step, after every step, of sequences of other lengths, and rates."""
    steps = champion.shape["steps"]
    x = numpy.random.default_rng(5).random((steps, 6, champion.shape["n_in"]), dtype=numpy.float32)
    lengths = numpy.array([steps, 1, 3, 9, steps - 1, 2])
    x[numpy.arange(steps)[:, None] >= lengths] = 0  # as the program reads what lies behind a sequence's end
    told = predicted(champion.file, {"x": samples_first(x), "lengths": lengths}, folder)
    for name in ("outputs_every_step", "rates"):
        told[name] = samples_first(told[name])  # files have samples first, networks in memory time
    networks = [(champion.numpy(), x), (champion.numpy("float64"), x)]
    try:
        import torch

        networks.append((champion.torch(), torch.tensor(x)))
    except ModuleNotFoundError:
        pass
    for network, inputs in networks:
        arrays = {
            "outputs": network(inputs, lengths=lengths),
            "outputs_every_step": network(inputs, every_step=True),
            "rates": network.states(inputs)["r"],
        }
        for name, array in arrays.items():
            array = array.detach().numpy() if hasattr(array, "detach") else array
            numpy.testing.assert_allclose(array, told[name], rtol=1e-5, atol=1e-5, err_msg=name)
        last = network(inputs)
        last = last.detach().numpy() if hasattr(last, "detach") else last
        numpy.testing.assert_allclose(last[0], told["outputs"][0], rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="session")
def trained(quick_config, tmp_path_factory):
    """A network of each variant, with its folder."""
    without_genes = {name: values for name, values in quick_config.items() if name not in ("genes", "search", "final")}
    folder = tmp_path_factory.mktemp("trained")

    def train(variant):
        changes = {f"model.{name}": value for name, value in VARIANTS[variant].items()}
        return evobrnn.train(without_genes, set=changes, out=folder / variant)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(VARIANTS, pool.map(train, VARIANTS)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_trained_networks_give_the_programs_outputs(variant, trained, tmp_path):
    network = trained[variant].network
    assert network.settings["model"]["name"] == VARIANTS[variant].get("name", "conductance")
    assert_equals_program(network, tmp_path)


def test_every_model_of_the_program_is_there():
    listed = re.findall(r"^## (\w+)$", program.call(["list", "models", "--markdown"]), re.M)
    assert listed and set(listed) == set(equations._MODELS) == {variant.get("name", "conductance") for variant in VARIANTS.values()}


def test_a_runs_champion_gives_the_programs_outputs(quick_run, tmp_path):
    champion = quick_run.champion
    assert champion.weights["W"].shape == (champion.settings["model"]["n"],) * 2
    assert_equals_program(champion, tmp_path)


def test_the_torch_module_is_trained_under_dales_principle(quick_run):
    torch = pytest.importorskip("torch")
    module = quick_run.champion.torch()
    optimiser = torch.optim.SGD(module.parameters(), lr=100.0)
    x = torch.rand(5, 8, quick_run.champion.shape["n_in"])
    torch.nn.functional.cross_entropy(module(x), torch.arange(8)).backward()
    before = module.get_parameter("W").detach().clone()
    optimiser.step()
    module.project()
    after = module.get_parameter("W").detach()
    assert not torch.equal(before, after) and ((before > 0) == (after > 0))[:, before.abs().sum(0) > 0].float().mean() > 0.9
    signs = torch.sign(before).sum(0).sign()
    assert (after * signs >= 0).all()


def test_inputs_that_do_not_fit_are_told(quick_run, tmp_path):
    champion = quick_run.champion
    x = numpy.zeros((2, 28, 28), numpy.float32)
    nan = x.copy()
    nan[1, 2, 3] = numpy.nan
    for tensors, rule in [
        ({"x": numpy.zeros((2, 28, 5), numpy.float32)}, "the network takes 28 features"),
        ({"x": numpy.zeros((28, 2, 28), numpy.float32)}, "was trained on 28 steps"),
        ({"y": x}, "has no x"),
        ({"x": x[0]}, "samples, steps, features"),
        ({"x": x, "lengths": numpy.array([3, 29])}, "must be from 1 to 28"),
        ({"x": nan}, r"x\[1, 2, 3\] is NaN or infinite"),
    ]:
        with pytest.raises(program.ProgramError, match=rule):
            predicted(champion.file, tensors, tmp_path)
    with pytest.raises(ValueError, match="steps, batch, n_in"):
        champion.numpy()(numpy.zeros((3, 28)))
