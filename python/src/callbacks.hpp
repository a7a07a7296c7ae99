// SPDX-License-Identifier: Apache-2.0
/// Python functions called from the search's threads. Each call takes the interpreter's lock for itself.
#pragma once

#include <pybind11/pybind11.h>

#include <stdexcept>

#include "evolve/search.hpp"

namespace evobrnn::python {

/// What Python sees of a TrialHooks, for as long as the trial runs. The interpreter's lock is released meanwhile: a
/// hook may wait for a lock of the search, whose holder may wait for the interpreter.
class Hooks {
 public:
  explicit Hooks(const TrialHooks& hooks) : hooks_(&hooks) {}
  bool should_stop() const;
  void started() const;
  void progress(std::int64_t step, std::int64_t steps, double loss) const;
  void end() { hooks_ = nullptr; }

 private:
  const TrialHooks& hooks() const;
  const TrialHooks* hooks_;
};

/// function(genome: str, seed: int, role: str, repeat: int, hooks: Hooks)
///   -> (status, cause, score, metrics, wall_seconds, cpu_seconds).
/// The function outlives what is made of it.
Objective make_objective(const pybind11::function& function);

/// function(event: str, trial: dict | None, progress: dict), events "started", "finished", "generation", "final_tests".
class Observer final : public SearchObserver {
 public:
  explicit Observer(const pybind11::function& function) : function_(function) {}
  void trial_started(const LedgerTrial& trial, const SearchProgress& progress) override;
  void trial_finished(const LedgerTrial& trial, const SearchProgress& progress) override;
  void generation_finished(const SearchProgress& progress) override;
  void final_tests_started(const SearchProgress& progress) override;

 private:
  const pybind11::function& function_;
};

}  // namespace evobrnn::python
