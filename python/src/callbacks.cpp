// SPDX-License-Identifier: Apache-2.0
#include "python/src/callbacks.hpp"

#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>

#include "evolve/process_end.hpp"
#include "python/src/trials.hpp"

namespace evobrnn::python {
namespace py = pybind11;

const TrialHooks& Hooks::hooks() const {
  if (!hooks_) throw std::runtime_error("this trial has ended");
  return *hooks_;
}

bool Hooks::should_stop() const {
  const auto& should_stop = hooks().should_stop;
  const py::gil_scoped_release release;
  return should_stop && should_stop();
}

void Hooks::started() const {
  const auto& started = hooks().started;
  const py::gil_scoped_release release;
  if (started) started();
}

void Hooks::progress(std::int64_t step, std::int64_t steps, double loss) const {
  const auto& progress = hooks().progress;
  const py::gil_scoped_release release;
  if (progress) progress(step, steps, loss);
}

Objective make_objective(const py::function& function) {
  return [&function](const Candidate& candidate, const TrialHooks& given) {
    using Answer = std::tuple<std::string, std::string, double, std::map<std::string, double>, double, double>;
    const py::gil_scoped_acquire acquire;
    const auto hooks = std::make_shared<Hooks>(given);
    const auto answer =
        function(candidate.key.genome, candidate.seed, candidate.key.role, candidate.key.repeat, hooks).cast<Answer>();
    hooks->end();
    TrialResult result;
    std::string status;
    std::tie(status, result.cause, result.score, result.metrics, result.cost.wall_seconds, result.cost.cpu_seconds) =
        answer;
    const std::string signal = "signal ";
    if (status.starts_with(signal)) {
      result.status = TrialStatus::crashed;
      throw ProcessEnded(result, std::stoi(status.substr(signal.size())));
    }
    result.status = trial_status_from_text(status);
    return result;
  };
}

void Observer::trial_started(const LedgerTrial& trial, const SearchProgress& progress) {
  const py::gil_scoped_acquire acquire;
  function_("started", to_dict(trial, {}), to_dict(progress));
}

void Observer::trial_finished(const LedgerTrial& trial, const SearchProgress& progress) {
  const py::gil_scoped_acquire acquire;
  function_("finished", to_dict(trial, {}), to_dict(progress));
}

void Observer::generation_finished(const SearchProgress& progress) {
  const py::gil_scoped_acquire acquire;
  function_("generation", py::none(), to_dict(progress));
}

void Observer::final_tests_started(const SearchProgress& progress) {
  const py::gil_scoped_acquire acquire;
  function_("final_tests", py::none(), to_dict(progress));
}

}  // namespace evobrnn::python
