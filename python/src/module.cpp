// SPDX-License-Identifier: Apache-2.0
/// evobrnn._search: the search library for Python. Links no LibTorch, so that it lives beside any PyTorch in one
/// process.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "core/version.hpp"
#include "evolve/evolution.hpp"
#include "evolve/run_lock.hpp"
#include "python/src/callbacks.hpp"
#include "python/src/space.hpp"
#include "python/src/trials.hpp"

namespace evobrnn::python {
namespace py = pybind11;
namespace {

/// Asks a search to end. Set from any thread.
struct Stop {
  std::atomic<bool> asked{false};
};

/// Holds a folder against other processes until it is released.
struct Hold {
  explicit Hold(const std::filesystem::path& folder) : lock(std::in_place, folder) {}
  void release() { lock.reset(); }
  std::optional<RunLock> lock;
};

py::dict describe(const SearchOutcome& outcome, const ScoreMeaning& score) {
  py::dict row;
  row["complete"] = outcome.complete;
  row["limit"] = outcome.limit;
  row["failure"] = outcome.failure;
  row["champion"] = outcome.champion ? py::object(to_dict(*outcome.champion, score)) : py::none();
  row["progress"] = to_dict(outcome.progress);
  return row;
}

/// Runs or goes on with the search of a folder, whose objective gives the negative of what is to be minimised; blocks,
/// without the interpreter's lock.
py::dict run(const SearchSpace& space, const SearchSettings& settings, const std::vector<std::string>& first,
             const std::filesystem::path& folder, int workers, bool maximise, const py::function& objective,
             const py::function& observer, const Stop& stop) {
  SearchPlan plan;
  plan.space = space;
  plan.settings = settings;
  plan.settings.workers = workers;
  plan.objective = make_objective(objective);
  plan.score.minimised = !maximise;
  plan.defaults = false;
  for (const auto& genome : first) plan.first.push_back(space.parse(genome));
  Observer told(observer);
  SearchOutcome outcome;
  {
    const py::gil_scoped_release release;
    outcome = evolve(plan, folder, {.observer = &told, .stop = &stop.asked});
  }
  return describe(outcome, plan.score);
}

}  // namespace

PYBIND11_MODULE(_search, module) {
  module.doc() = "The search library of evobrnn. Use the package evobrnn, which wraps it.";
  module.attr("__version__") = EVOBRNN_VERSION;

  py::register_exception<SettingsError>(module, "SettingsError", PyExc_ValueError);
  py::register_exception<UsageError>(module, "UsageError", PyExc_ValueError);
  py::register_exception<StorageError>(module, "StorageError", PyExc_OSError);

  py::class_<Stop>(module, "Stop").def(py::init()).def("set", [](Stop& stop) { stop.asked = true; });
  py::class_<Hold>(module, "Hold").def(py::init<std::filesystem::path>()).def("release", &Hold::release);
  py::class_<Hooks, std::shared_ptr<Hooks>>(module, "Hooks")
      .def("started", &Hooks::started)
      .def("should_stop", &Hooks::should_stop)
      .def("progress", &Hooks::progress);
  py::class_<SearchSpace>(module, "SearchSpace")
      .def(py::init(&make_space))
      .def("canonical",
           [](const SearchSpace& space, const std::string& genome) { return space.text(space.parse(genome)); });
  py::class_<SearchSettings>(module, "SearchSettings")
      .def(py::init(&read_settings))
      .def_readonly("grace_seconds", &SearchSettings::grace_seconds);

  module.def("run", &run);
  module.def("trials", &trials_of);
  module.def("settings", &describe_settings);
  module.def("strategies", &describe_strategies);
}

}  // namespace evobrnn::python
