# SPDX-License-Identifier: Apache-2.0
"""Networks through the program."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import pandas
import pytest

import evobrnn
from evobrnn import program


def test_a_run_is_read_as_data_frames(quick_run):
    assert quick_run.complete and quick_run.status["state"] == "complete"
    trials = quick_run.trials
    assert (trials["status"] == "ok").all()
    searched = trials[trials["role"] == "search"]
    assert searched["params.model.n"].between(6, 16).all()
    assert trials["params.model.n"][trials["role"] == "default"].isna().all()
    assert trials["params.model.n"].dtype == "Int64" and len(searched) >= 4
    assert list(quick_run.finals["role"].unique()) == ["champion", "generation0", "default"]
    assert quick_run.finals["metrics.test_score"].notna().all()
    curve = searched["curve"].iloc[0]
    assert isinstance(curve, list) and "validation_score" in pandas.DataFrame(curve)
    assert quick_run.settings["task"]["name"] == "digits"
    program.call(["export", str(quick_run.folder), "--out", str(quick_run.folder / "trials.csv")])
    exported = pandas.read_csv(quick_run.folder / "trials.csv")
    assert exported["score"].tolist() == trials["score"].tolist()
    assert set(exported.columns) - {"id"} == set(trials.columns) - {"curve"}


def test_damaged_weights_are_refused(quick_run, tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(quick_run.folder / "weights", folder)
    file = folder / "champion.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match="SHA-256"):
        type(quick_run.champion)(file).weights  # noqa: B018
    assert quick_run.champion.weights


def test_settings_of_a_file_and_over_it(quick_config, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text('name = "small"\n[model]\nn = 7\n[task]\nname = "digits"\ntrain_samples = 100\nvalidation_samples = 50\ntest_samples = 50\n')
    training = evobrnn.train(file, set={"train.samples": 50, "model.trained": ["A", "dt"]}, out=tmp_path / "one")
    assert training.network.settings["model"]["n"] == 7 and "d" in training.network.weights
    assert training.network.seed == 1 and training.curve["train_loss"].notna().all()


def test_mistakes_are_told_all_at_once(quick_config, tmp_path):
    with pytest.raises(evobrnn.ProgramError, match="(?s)model.nn.*did you mean model.n.*train.lr = -1") as failure:
        evobrnn.run(quick_config, set={"model.nn": 3, "train.lr": -1.0}, out=tmp_path / "wrong", progress=False)
    assert failure.value.exit_code == 2


def test_ctrl_c_stops_a_run_and_resume_ends_it_the_same(quick_run, quick_config, tmp_path):
    told = []

    def interrupt_at_third(event):
        told.append(event)
        if event["done"] == 3 and not interrupted.is_set():
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    interrupted = threading.Event()
    folder = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt, match="resume"):
        evobrnn.run(quick_config, set={"run.grace_seconds": 0.0}, workers=1, out=folder, progress=interrupt_at_third)
    run = evobrnn.Run(folder)
    assert told and not run.complete and len(run.trials) < len(quick_run.trials)
    resumed = evobrnn.resume(folder, progress=False)
    assert resumed.complete
    assert resumed.trials["score"].tolist() == quick_run.trials["score"].tolist()


def test_a_comparison_is_read_as_data_frames(quick_config, tmp_path):
    config = {name: values for name, values in quick_config.items() if name != "final"} | {
        "compare": {"question": "Which is better?", "repeats": 2, "flops": 1e8},
        "arms": {"random": {"how": "random"}, "fixed": {"how": "fixed"}},
    }
    comparison = evobrnn.compare(config, out=tmp_path / "compared", progress=False)
    assert comparison.conclusion
    assert set(comparison.repeats["arm"]) == {"random", "fixed"} and len(comparison.repeats) == 4
    assert len(comparison.pairs) == 1 and "curves" in comparison.tables


def test_an_examination_is_read_as_data_frames(quick_run, tmp_path):
    examination = evobrnn.examine(quick_run.folder / "weights" / "champion.safetensors", out=tmp_path / "seen", training=False)
    assert {"blank_delay", "decoding", "lesions"} <= set(examination.figures)
    assert examination.figures["blank_delay"]["score"].between(0, 1).all()
    assert any("r" in recording for recording in examination.recordings.values())
    assert "Working memory" in examination.text


def test_a_program_of_another_version_is_refused(tmp_path):
    other = tmp_path / "evobrnn"
    other.write_text("#!/bin/sh\necho 'evobrnn 9.9.9 (x, LibTorch 1)'\n")
    other.chmod(0o755)
    with pytest.raises(evobrnn.ProgramError, match=r"is version 9\.9\.9, and this package 0\.1\.0"):
        program._checked(other)
    other.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(evobrnn.ProgramError, match="does not start"):
        program._checked.__wrapped__(other)


def test_the_search_brings_neither_libtorch_nor_pandas_into_a_process():
    code = (
        "import sys, evobrnn\n"
        "loaded = open('/proc/self/maps').read()\n"
        "assert 'libtorch' not in loaded and 'libc10' not in loaded, loaded\n"
        "assert 'pandas' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
