# SPDX-License-Identifier: Apache-2.0
"""Searches of Python functions."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy
import pytest
from objectives import (
    KillsAtCall,
    Unloadable,
    bowl,
    dies_on_even_k,
    ended_by_sigterm_once,
    fails_on_even_k,
    infinite,
    nothing,
    runs_until_stopped,
)
from search_support import SMALL, SPACE, same

import evobrnn


@pytest.fixture(scope="module")
def reference():
    """The search of most tests, undisturbed, in this process."""
    return evobrnn.evolve(bowl, SPACE, **SMALL)


def test_finds_what_is_best_and_keeps_every_trial_in_a_frame(reference):
    trials = reference.trials
    assert reference.complete and reference.folder is None
    assert set(reference.genome) == {"x", "k"} and isinstance(reference.genome["k"], int)
    best = trials.loc[trials["score"].idxmax()]
    assert reference.score == best["score"] and reference.genome == {"x": best["params.x"], "k": best["params.k"]}
    assert reference.metrics["noise"] == best["metrics.noise"]
    assert list(trials.index) == list(range(1, len(trials) + 1)) and trials["generation"].max() == 3
    assert trials["score"].loc[trials["generation"] == 3].max() > trials["score"].loc[trials["generation"] == 0].max()
    assert (trials["status"] == "ok").all() and trials["seed"].is_unique
    assert (trials["metrics.score"] == 7).all()  # a metric of another column's name


def test_two_processes_give_the_same_bits(reference, tmp_path):
    search = evobrnn.evolve(bowl, SPACE, tmp_path / "two", processes=2, **SMALL)
    assert same(search.trials, reference.trials) and search.genome == reference.genome
    assert same(evobrnn.read_trials(tmp_path / "two"), reference.trials)


def test_another_seed_gives_another_search(reference):
    assert not same(evobrnn.evolve(bowl, SPACE, **SMALL | {"seed": 4}).trials, reference.trials)


def test_the_smallest_score_may_be_the_best(tmp_path):
    search = evobrnn.evolve(lambda genome, seed: genome["x"] ** 2, {"x": evobrnn.Real(-5, 5)}, tmp_path / "min", maximise=False, **SMALL)
    assert search.score == search.trials["score"].min() and search.score >= 0
    assert evobrnn.read_trials(tmp_path / "min")["score"].tolist() == search.trials["score"].tolist()
    assert json.loads((tmp_path / "min" / "champion.json").read_text())["score"] == search.score


def test_genes_and_metrics_have_any_name():
    space = {name: evobrnn.Real(0, 1) for name in ("steps", "seed", "score", "id", "curve", "generation")}
    search = evobrnn.evolve(lambda genome, seed: {"score": 2 + genome["score"], "metrics": {"seed": 5.0, "steps": 6.0}}, space, **SMALL)
    trials = search.trials
    assert trials.columns.is_unique and trials["score"].min() >= 2 and trials["params.score"].max() <= 1
    assert (trials["score"] == 2 + trials["params.score"]).all()
    assert (trials["metrics.seed"] == 5).all() and trials["seed"].is_unique and trials["params.seed"].max() <= 1


def test_a_damaged_ledger_is_told(tmp_path):
    evobrnn.evolve(bowl, SPACE, tmp_path / "run", **SMALL)
    with contextlib.closing(sqlite3.connect(tmp_path / "run" / "ledger.sqlite")) as ledger:
        ledger.execute("DELETE FROM trials WHERE id = 2")
        ledger.commit()
    for read in (lambda: evobrnn.read_trials(tmp_path / "run"), lambda: evobrnn.evolve(bowl, SPACE, tmp_path / "run", **SMALL)):
        with pytest.raises(OSError, match="were stored, and .* are there: no trial 2"):
            read()


def test_first_genomes_come_first():
    search = evobrnn.evolve(bowl, SPACE, first=[{"x": numpy.float64(1), "k": numpy.int64(3)}], **SMALL)
    assert search.trials.loc[1, ["params.x", "params.k"]].tolist() == [1, 3]
    with pytest.raises(ValueError, match="k"):
        evobrnn.evolve(bowl, SPACE, first=[{"x": 1.0, "k": 30}], **SMALL)


def test_genes_apply_where_others_say():
    seen = []
    space = {
        "kind": evobrnn.Categorical(["plain", "deep"]),
        "depth": evobrnn.Integer(1, 100, log=True, when={"kind": "deep"}),
        "on": evobrnn.Categorical([True, False]),
    }
    evobrnn.evolve(lambda genome, seed: seen.append(genome) or len(genome), space, **SMALL)
    assert {"plain", "deep"} == {genome["kind"] for genome in seen}
    assert all(("depth" in genome) == (genome["kind"] == "deep") for genome in seen)
    assert all(isinstance(genome["on"], bool) for genome in seen)


def test_an_objective_in_this_process_runs_in_the_thread_that_called():
    threads = set()

    def objective(genome, seed, trial):
        threads.add(threading.current_thread())
        trial.progress(1, 2, 0.5)
        assert not trial.should_stop()
        return 0.0

    evobrnn.evolve(objective, SPACE, **SMALL)
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_exception_is_a_crashed_trial(processes):
    search = evobrnn.evolve(fails_on_even_k, SPACE, processes=processes, **SMALL)
    even = search.trials["params.k"] % 2 == 0
    assert even.any() and search.complete
    assert (search.trials["status"] == even.map({True: "crashed", False: "ok"})).all()
    failed = search.trials[even].iloc[0]
    assert failed["cause"].startswith(f"ValueError: k = {failed['params.k']} is even (objectives.py, line ")
    assert search.genome["k"] % 2 == 1


def test_a_process_that_dies_costs_one_trial():
    search = evobrnn.evolve(dies_on_even_k, SPACE, processes=2, **SMALL | {"population": 12})
    trials = search.trials
    assert {2, 4} <= set(trials["params.k"])
    expected = trials["params.k"].map({2: "crashed", 4: "lost"}).fillna("ok")
    assert (trials["status"] == expected).all()
    assert "SIGKILL" in trials["cause"][trials["params.k"] == 2].iloc[0] and "code 5" in trials["cause"][trials["params.k"] == 4].iloc[0]


def test_results_that_are_none():
    with pytest.raises(evobrnn.AllTrialsFailed) as failed:
        evobrnn.evolve(infinite, SPACE, **SMALL)
    assert (failed.value.trials["status"] == "diverged").all()
    with pytest.raises(evobrnn.AllTrialsFailed, match="returned None"):
        evobrnn.evolve(nothing, SPACE, **SMALL)


def test_failure_policies_are_those_of_the_settings(tmp_path):
    counts = {}

    def flaky(genome, seed):
        counts[seed] = counts.get(seed, 0) + 1
        if counts[seed] == 1:
            raise OSError("the first time")
        return genome["x"]

    search = evobrnn.evolve(flaky, SPACE, settings={"failures.crashed": "retry"}, **SMALL)
    assert (search.trials["status"] == "ok").all() and (search.trials["metrics.attempts"] == 2).all()
    counts.clear()
    with pytest.raises(RuntimeError, match="the first time.*abort"):
        evobrnn.evolve(flaky, SPACE, settings={"failures.crashed": "abort"}, **SMALL)


def test_a_limit_ends_it_and_the_same_call_goes_on(reference, tmp_path):
    search = evobrnn.evolve(bowl, SPACE, tmp_path, settings={"run.max_trials": 11}, **SMALL)
    assert not search.complete and search.limit == "run.max_trials = 11" and len(search.trials) == 11
    assert same(evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL).trials, reference.trials)


def test_a_trial_that_takes_too_long_ends():
    settings = {"run.grace_seconds": 0.3}
    search = evobrnn.evolve(
        runs_until_stopped, SPACE, processes=2, time_limit=0.2, settings=settings, **SMALL | {"population": 6, "generations": 1}
    )
    assert set(search.trials["status"]) == {"ok", "timeout"}
    assert ((search.trials["status"] == "ok") == (search.trials["params.x"] <= 0)).all()


def kill_and_go_on(tmp_path, number, processes):
    """A search that is killed in the middle, in another process, and then ended in this one."""
    armed = tmp_path / "armed"
    armed.touch()
    # A process's ninth call is behind the first generation of eight, which is on the disk then; of 28 trials one of two has nine.
    given = {"folder": str(tmp_path / "run"), "armed": str(armed), "calls": 9, "number": number, "processes": processes}
    script = Path(__file__).with_name("search_support.py")
    ended = subprocess.run([sys.executable, script, json.dumps(given)], capture_output=True, text=True, timeout=60)
    before = evobrnn.read_trials(tmp_path / "run")
    objective = KillsAtCall(str(armed), 0, 0, False)
    return ended, before, evobrnn.evolve(objective, SPACE, tmp_path / "run", processes=processes, version="1", **SMALL).trials


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_and_gone_on_with_it_has_the_same_ledger(reference, tmp_path, processes):
    ended, before, trials = kill_and_go_on(tmp_path, signal.SIGKILL, processes)
    assert ended.returncode == -signal.SIGKILL
    assert 8 <= len(before) < len(trials) and same(trials, reference.trials)


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_ends_it_cleanly_and_the_same_call_goes_on(reference, tmp_path, processes):
    ended, before, trials = kill_and_go_on(tmp_path, signal.SIGINT, processes)
    assert "KeyboardInterrupt: stopped; " in ended.stderr and "the same call goes on" in ended.stderr
    assert 8 <= len(before) < len(trials) and same(trials, reference.trials)


def test_ctrl_c_does_not_wait_for_workers_that_import(tmp_path):
    for name in ("fifo", "never"):
        os.mkfifo(tmp_path / name)
    environment = os.environ | {"EVOBRNN_TEST_FIFO": str(tmp_path / "fifo"), "EVOBRNN_TEST_NEVER": str(tmp_path / "never")}
    script = Path(__file__).with_name("slow_import.py")
    # A group of its own: Ctrl-C in a terminal reaches the workers too.
    search = subprocess.Popen(
        [sys.executable, script, tmp_path / "run"], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with open(tmp_path / "fifo") as fifo:
        assert fifo.readline() == "importing\n"
    os.killpg(search.pid, signal.SIGINT)
    error = search.communicate(timeout=60)[1]  # the workers would import for ever
    assert search.returncode != 0 and error.count("Traceback") <= 2 and "KeyboardInterrupt" in error


def test_a_signal_to_a_worker_from_outside_is_no_fault_of_the_candidate(tmp_path, monkeypatch):
    first = tmp_path / "first"
    first.touch()
    monkeypatch.setenv("EVOBRNN_TEST_FIRST", str(first))
    search = evobrnn.evolve(ended_by_sigterm_once, SPACE, processes=2, **SMALL)
    assert not first.exists() and set(search.trials["status"]) == {"ok"}


def test_ctrl_c_leaves_an_objective_of_this_process_at_once(tmp_path):
    def endless(genome, seed):
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    with pytest.raises(KeyboardInterrupt):
        evobrnn.evolve(endless, SPACE, tmp_path, **SMALL)
    assert len(evobrnn.read_trials(tmp_path)) == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_cannot_be_sent_to_a_process_is_told_at_once():
    with pytest.raises(TypeError, match=r"lambda.*cannot be sent to worker processes.*top level of a module.*processes=1"):
        evobrnn.evolve(lambda genome, seed: 0.0, SPACE, processes=2, **SMALL)
    with pytest.raises(evobrnn.WorkerError, match="RuntimeError: cannot be loaded"):
        evobrnn.evolve(Unloadable(), SPACE, processes=2, **SMALL)


def test_an_objective_of_a_notebook_is_told_what_to_do():
    code = "import evobrnn\ndef f(genome, seed): return 0.0\nevobrnn.evolve(f, {'x': evobrnn.Real(0, 1)}, processes=2)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "was defined in a notebook or at a prompt" in ended.stderr and "%%writefile" in ended.stderr


def test_wrong_settings_name_the_known_ones():
    with pytest.raises(evobrnn.SettingsError, match=r"search\.ga\.elits.*did you mean search\.ga\.elites"):
        evobrnn.evolve(bowl, SPACE, settings={"search.ga.elits": 2}, **SMALL)
    with pytest.raises(evobrnn.SettingsError, match=r"evolve\(\): search\.strategy = annealing.*ga"):
        evobrnn.evolve(bowl, SPACE, strategy="annealing", **SMALL)
    with pytest.raises(evobrnn.SettingsError, match=r"search\.ga\.elites.*below search\.population = 8"):
        evobrnn.evolve(bowl, SPACE, settings={"search.ga.elites": 8}, **SMALL)
    with pytest.raises(evobrnn.SettingsError, match=r"run\.workers is processes"):
        evobrnn.evolve(bowl, SPACE, settings={"run.workers": 2}, **SMALL)
    assert "search.ga.elites" in evobrnn.settings().index and "cmaes" in evobrnn.strategies().index


def test_wrong_spaces_and_objectives_are_told_at_once():
    with pytest.raises(ValueError, match="low must be below high"):
        evobrnn.evolve(bowl, {"x": evobrnn.Real(5, -5)}, **SMALL)
    with pytest.raises(TypeError, match="must be a Real"):
        evobrnn.evolve(bowl, {"x": (0, 1)}, **SMALL)
    with pytest.raises(TypeError, match=r"f\(genome, seed, trial\)"):
        evobrnn.evolve(lambda genome: 0.0, SPACE, **SMALL)


def test_a_folder_keeps_to_its_search(tmp_path):
    evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL)
    with pytest.raises(evobrnn.UsageError, match=r"(?s)holds another search.*there:.*5\.0.*here:.*4\.0"):
        evobrnn.evolve(bowl, SPACE | {"x": evobrnn.Real(-5, 4)}, tmp_path, **SMALL)
    with pytest.raises(evobrnn.UsageError, match=r"(?s)there: population = 8.*here: population = 9"):
        evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL | {"population": 9})
    with pytest.raises(evobrnn.UsageError, match="maximise"):
        evobrnn.evolve(bowl, SPACE, tmp_path, maximise=False, **SMALL)


def test_more_generations_go_on_with_a_finished_search(reference, tmp_path):
    evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL | {"generations": 2})
    assert same(evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL).trials, reference.trials)


def test_final_tests_where_they_are_asked_for():
    search = evobrnn.evolve(bowl, SPACE, settings={"final.seeds": 2}, **SMALL)
    finals = search.trials[search.trials["role"] != "search"]
    assert finals["role"].tolist() == ["champion"] * 2 + ["generation0"] * 2 and (finals["generation"] == -1).all()


def test_one_search_at_a_time_in_a_folder(tmp_path):
    def second(genome, seed):
        evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL)

    with pytest.raises(evobrnn.AllTrialsFailed) as failed:
        evobrnn.evolve(second, SPACE, tmp_path, **SMALL)
    cause = failed.value.trials["cause"].iloc[0]
    assert str(os.getpid()) in cause and "UsageError" in cause
    with pytest.raises(evobrnn.UsageError, match="another objective"):  # the second one left no trace
        evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL)


def test_progress_reaches_a_function_of_the_users():
    told = []
    evobrnn.evolve(bowl, SPACE, **SMALL | {"progress": told.append})
    assert told[-1]["done"] == told[-1]["expected"] or told[-1]["generation"] >= 3
    assert told[-1]["best"] is not None and {"failed", "reused", "generations"} <= set(told[-1])
