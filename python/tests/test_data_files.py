# SPDX-License-Identifier: Apache-2.0
"""Files that NumPy wrote: the program reads from each what it reads from safetensors."""

import gzip
import json

import numpy
import pytest
from numpy.lib import format as npy
from safetensors import safe_open
from safetensors.numpy import save_file

import evobrnn
from evobrnn import program

SAMPLES, STEPS, FEATURES = 30, 5, 2


def arrays():
    rng = numpy.random.default_rng(3)
    x = rng.normal(size=(SAMPLES, STEPS, FEATURES)).astype(numpy.float32)
    names = numpy.array(["walk", "läuft", "rest"])[rng.integers(0, 3, SAMPLES)]
    return x, names, rng.integers(2, STEPS + 1, SAMPLES)


def settings(file):
    return {
        "name": "own",
        "model": {"n": 6},
        "task": {"name": "sequences", "file": str(file), "validation_samples": 5, "test_samples": 5},
        "train": {"batch": 5, "samples": 50},
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    x, names, lengths = arrays()
    numpy.savez_compressed(folder / "own.npz", x=x, y=names, lengths=lengths)
    return evobrnn.train(settings(folder / "own.npz"), out=folder / "trained").network


def predicted(champion, file):
    output = file.parent / "out.safetensors"
    told = program.call(["predict", str(champion.file), "--input", str(file), "--output", str(output)])
    with safe_open(output, "numpy") as opened:
        return told, opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}


def test_classes_keep_their_names(trained, tmp_path):
    x, _, lengths = arrays()
    assert trained.classes == ["läuft", "rest", "walk"]
    save_file({"x": x, "lengths": lengths}, tmp_path / "x.safetensors")
    told, metadata, tensors = predicted(trained, tmp_path / "x.safetensors")
    assert json.loads(metadata["classes"]) == trained.classes
    assert (tensors["class"] == tensors["outputs"].argmax(1)).all()
    assert f"{trained.classes[tensors['class'][0]]} " in told


def write_npy(file, array, version):
    with open(file, "wb") as stream:
        npy.write_array(stream, array, version)


def test_every_form_of_an_array_is_read_alike(trained, tmp_path):
    x, _, _ = arrays()
    save_file({"x": x}, tmp_path / "x.safetensors")
    expected = predicted(trained, tmp_path / "x.safetensors")[2]["outputs"]
    forms = {"plain": x, "big_endian": x.astype(">f4"), "columns": numpy.asfortranarray(x), "wide": x.astype("f8"), "wide_big": x.astype(">f8")}
    for name, array in forms.items():
        for version in [(1, 0), (2, 0), (3, 0)]:
            file = tmp_path / f"{name}{version[0]}.npy"
            write_npy(file, array, version)
            assert (predicted(trained, file)[2]["outputs"] == expected).all(), file
    numpy.savez(tmp_path / "x.npz", x=forms["columns"])
    numpy.savez_compressed(tmp_path / "small.npz", x=x)
    (tmp_path / "x.npy.gz").write_bytes(gzip.compress((tmp_path / "plain1.npy").read_bytes()))
    for file in ("x.npz", "small.npz", "x.npy.gz"):
        assert (predicted(trained, tmp_path / file)[2]["outputs"] == expected).all(), file


def test_integers_of_every_width_are_read_alike(trained, tmp_path):
    x = numpy.arange(2 * STEPS * FEATURES).reshape(2, STEPS, FEATURES) % 100
    numpy.savez(tmp_path / "real.npz", x=x.astype("f4"))
    expected = predicted(trained, tmp_path / "real.npz")[2]["outputs"]
    for dtype in ("i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">u4", "<i8", ">i8", "<u8", ">u8", "<f2", ">f2"):
        numpy.savez(tmp_path / "x.npz", x=x.astype(dtype))
        assert (predicted(trained, tmp_path / "x.npz")[2]["outputs"] == expected).all(), dtype


def test_arrays_beside_each_other_train_as_one_archive(trained, tmp_path):
    x, names, lengths = arrays()
    for role, array in (("X", x), ("y", names), ("lengths", lengths)):
        numpy.save(tmp_path / f"{role}_own.npy", array)
    other = evobrnn.train(settings(tmp_path / "X_own.npy"), out=tmp_path / "trained").network
    assert other.classes == trained.classes
    for name, weights in trained.weights.items():
        assert (other.weights[name] == weights).all()


def test_what_is_no_array_of_numbers_is_named(trained, tmp_path):
    numpy.savez(tmp_path / "objects.npz", x=numpy.array([None, 1], dtype=object))
    numpy.savez(tmp_path / "complex.npz", x=numpy.zeros((2, STEPS, FEATURES), complex))
    for file, rule in (("objects.npz", "Python objects|not read"), ("complex.npz", "<c16 is not read")):
        with pytest.raises(program.ProgramError, match=rule):
            predicted(trained, tmp_path / file)
