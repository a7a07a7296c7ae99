# SPDX-License-Identifier: Apache-2.0
"""A folder keeps to its objective, and searches without a result say why."""

import functools
import importlib.util
import sys

import pandas
import pytest
from objectives import bowl, nothing
from search_support import SMALL, SPACE, same

import evobrnn
from evobrnn import fingerprint

SCALE = 2.0
calls = 0


def helper(x):
    return x * SCALE


def with_helper(genome, seed):
    return helper(genome["x"])


def counting(genome, seed):
    global calls
    calls += 1
    return genome["x"]


def module(tmp_path, text, name="changing_objective"):
    """The module that the text is, as a script that was edited and started again imports it."""
    file = tmp_path / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    import linecache

    linecache.checkcache()
    spec.loader.exec_module(made)
    return made


def version(objective):
    return fingerprint.version_of(fingerprint.parts_of(objective))


def test_a_changed_objective_is_refused_with_what_changed_and_how_to_go_on(tmp_path):
    folder = tmp_path / "run"
    before = module(tmp_path, "def score(genome, seed):\n    return -(genome['x'] - 1) ** 2\n")
    evobrnn.evolve(before.score, SPACE, folder, **SMALL)
    after = module(tmp_path, "def score(genome, seed):\n    return -(genome['x'] + 1) ** 2\n")
    with pytest.raises(evobrnn.UsageError) as refused:
        evobrnn.evolve(after.score, SPACE, folder, **SMALL)
    text = str(refused.value)
    assert "nothing was evaluated" in text and "another folder" in text
    assert "-    return -(genome['x'] - 1) ** 2" in text and "+    return -(genome['x'] + 1) ** 2" in text
    assert f"version={version(before.score)!r}" in text or "version='source-" in text
    kept = text.split("go on with version=")[1].strip("'")
    assert evobrnn.evolve(after.score, SPACE, folder, version=kept, **SMALL).evaluated == 0


def test_comments_layout_and_documentation_make_no_other_objective(tmp_path):
    folder = tmp_path / "run"
    search = evobrnn.evolve(module(tmp_path, "def score(genome, seed):\n    return genome['x']\n").score, SPACE, folder, **SMALL)
    text = 'def score(genome, seed):\n    """The score."""\n    # simple\n    return genome["x"]\n'
    again = evobrnn.evolve(module(tmp_path, text).score, SPACE, folder, **SMALL)
    assert again.evaluated == 0 and search.evaluated == len(search.trials) and same(again.trials, search.trials)


def test_a_version_of_ones_own_stands_in_place_of_the_code(tmp_path):
    evobrnn.evolve(bowl, SPACE, tmp_path, version="1", **SMALL)
    assert evobrnn.evolve(lambda genome, seed: 0.0, SPACE, tmp_path, version="1", **SMALL).evaluated == 0
    with pytest.raises(evobrnn.UsageError, match="version '1'; this one is '2'"):
        evobrnn.evolve(bowl, SPACE, tmp_path, version="2", **SMALL)
    with pytest.raises(evobrnn.UsageError, match="version '1'; this one is 'source-"):
        evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL)


def test_what_an_objective_names_is_seen_and_what_it_changes_itself_is_not(monkeypatch):
    first = version(with_helper)
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 3.0)
    assert version(with_helper) != first
    monkeypatch.undo()
    assert version(with_helper) == first
    monkeypatch.setattr(sys.modules[__name__], "helper", lambda x: x)
    assert version(with_helper) != first
    before = version(counting)
    counting({"x": 1}, 0)
    assert version(counting) == before


def test_closures_defaults_partials_and_instances_are_seen():
    def made(power):
        def objective(genome, seed, *, shift=power):
            return genome["x"] ** power

        return objective

    class Shifted:
        def __init__(self, by):
            self.by, self.count = by, 0

        def __call__(self, genome, seed):
            self.count += 1
            return genome["x"] - self.by

    assert version(made(2)) == version(made(2)) != version(made(3))
    assert version(functools.partial(with_helper, seed=1)) != version(functools.partial(with_helper, seed=2))
    assert version(Shifted(1)) == version(Shifted(1)) != version(Shifted(2))
    used = Shifted(1)
    used({"x": 1}, 0)
    assert version(used) == version(Shifted(1)), "counted by itself"
    assert version(lambda genome, seed: 1) != version(lambda genome, seed: 2)


def test_without_source_the_code_itself_is_compared():
    def compiled(text):
        names = {}
        exec(text, names)
        return names["f"]

    one, other = compiled("def f(g, s): return g['x']"), compiled("def f(g, s): return g['y']")
    assert version(one) == version(compiled("def f(g, s): return g['x']")) != version(other)


def test_a_folder_without_a_trial_is_free_for_another_objective(tmp_path):
    with pytest.raises(TypeError):
        evobrnn.evolve(lambda genome: 0.0, SPACE, tmp_path, **SMALL)
    assert evobrnn.evolve(bowl, SPACE, tmp_path, **SMALL).complete


def test_a_search_all_of_whose_trials_failed_says_so(tmp_path):
    with pytest.raises(evobrnn.AllTrialsFailed) as failed:
        evobrnn.evolve(nothing, SPACE, tmp_path, **SMALL)
    count = len(failed.value.trials)
    assert f"all {count} trials failed: {count} crashed. The commonest cause, of {count}: TypeError" in str(failed.value)
    assert str(tmp_path) in str(failed.value) and count == len(evobrnn.read_trials(tmp_path)) > 8


def test_progress_that_was_told_is_the_curve():
    def objective(genome, seed, trial):
        for step in range(3):
            trial.progress(step + 1, 3, genome["x"] / (step + 1))
        return genome["x"]

    trials = evobrnn.evolve(objective, SPACE, **SMALL).trials
    row = trials.iloc[0]
    assert [(p["step"], p["train_loss"]) for p in row["curve"]] == [(s, row["params.x"] / s) for s in (1, 2, 3)]
    # A plain frame, which prints whatever the version of pandas.
    assert "curve" in repr(trials) and "train_loss" in trials.to_string()
    assert "<table" in trials.head()._repr_html_() and "score" in repr(row)
    assert list(pandas.DataFrame(row["curve"])["step"]) == [1, 2, 3]
