// SPDX-License-Identifier: Apache-2.0
/// The conformance kit of core/: what must hold for every model and every task, whoever wrote it. The program's own
/// suites run it over the registries; a test of your own model is
///
///     for (const auto& group : conformance::grouped(conformance::check_model("mine"))) std::cerr << to_text(group);
///
/// and findings_of() runs single checks, so that each can be a test of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/conformance_check.hpp"
#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {
struct ModelEntry;
struct TaskEntry;

namespace conformance {

/// Every property of a registered model under every variant: with and without Dale's principle, activations, missing
/// synapses, initialisations, on both paths where a kernel covers it, and the settings of its own at their defaults,
/// their ends, and each of their values. Throws std::out_of_range for an unknown name.
std::vector<Check> model_checks(const std::string& name);
/// The same of a model that need not be registered, but for the check that trains it.
std::vector<Check> model_checks(const ModelEntry& entry);

/// The names of the variants, in order.
std::vector<std::string> model_variants(const std::string& name);

/// What is wrong with a registered model; nothing where all holds.
std::vector<Finding> check_model(const std::string& name);

/// Every property of the task that the settings name, with few samples: as it is set, in chunks where it has layouts,
/// under manipulations, and with the settings of its own at their ends and each of their values. `data` is where it
/// finds its files; without it the default folder. Throws std::out_of_range for an unknown name.
std::vector<Check> task_checks(const TaskSettings& settings, std::shared_ptr<DataStore> data = {});

/// The same of a task that need not be registered, but for the check that trains on it.
std::vector<Check> task_checks(const TaskEntry& entry);

/// What is wrong with a registered task at its default settings.
std::vector<Finding> check_task(const std::string& name);

}  // namespace conformance
}  // namespace evobrnn
