// SPDX-License-Identifier: Apache-2.0
#include "python/src/trials.hpp"

#include <pybind11/stl.h>

#include "evolve/ledger_reader.hpp"

namespace evobrnn::python {
namespace py = pybind11;
namespace {

py::dict to_dict(const CurvePoint& point) {
  py::dict row;
  row["step"] = point.step;
  row["samples"] = point.samples;
  row["train_loss"] = point.train_loss;
  row["validation_loss"] = point.validation_loss;
  row["validation_score"] = point.validation_score;
  return row;
}

}  // namespace

py::dict to_dict(const LedgerTrial& trial, const ScoreMeaning& meaning) {
  const auto& [status, cause, score, metrics, curve, cost] = trial.result;
  py::dict row;
  row["id"] = trial.id;
  row["generation"] = trial.generation;
  row["role"] = trial.key.role;
  row["repeat"] = trial.key.repeat;
  row["fidelity"] = trial.key.fidelity;
  row["seed"] = trial.seed;
  row["parents"] = trial.parents;
  row["status"] = to_text(status);
  row["cause"] = cause;
  row["score"] = status == TrialStatus::ok ? py::object(py::float_(meaning.told(score))) : py::none();
  row["genome"] = trial.key.genome;
  row["metrics"] = metrics;
  row["steps"] = cost.steps;
  row["samples"] = cost.samples;
  row["flops"] = cost.flops;
  row["wall_seconds"] = cost.wall_seconds;
  row["cpu_seconds"] = cost.cpu_seconds;
  row["peak_bytes"] = cost.peak_bytes;
  row["worker"] = trial.worker;
  row["started"] = trial.started;
  row["content"] = trial.content;
  row["origin"] = trial.origin;
  py::list points;
  for (const auto& point : curve) points.append(to_dict(point));
  row["curve"] = points;
  return row;
}

py::list trials_of(const std::filesystem::path& ledger) {
  std::vector<LedgerTrial> trials;
  ScoreMeaning score;
  {
    const py::gil_scoped_release release;
    const LedgerReader reader(ledger);
    trials = reader.trials();
    score = reader.score().value_or(ScoreMeaning{});
  }
  py::list rows;
  for (const auto& trial : trials) rows.append(to_dict(trial, score));
  return rows;
}

py::dict to_dict(const SearchProgress& p) {
  py::dict row;
  row["generation"] = p.generation;
  row["generations"] = p.generations;
  row["done"] = p.total_done;
  row["failed"] = p.total_failed;
  row["reused"] = p.total_reused;
  row["expected"] = p.total_expected;
  row["best"] = p.best ? py::object(py::float_(*p.best)) : py::none();
  return row;
}

}  // namespace evobrnn::python
