// SPDX-License-Identifier: Apache-2.0
#include "core/conformance.hpp"

#include <stdexcept>
#include <utility>

#include "core/catalogue.hpp"
#include "core/conformance/model_subject.hpp"
#include "core/conformance/own_variants.hpp"
#include "core/conformance/task_properties.hpp"
#include "core/data/data_store.hpp"

namespace evobrnn::conformance {
namespace {

/// The check of `property` on a subject that `look` knows.
template <class Look>
Check check(const std::string& property, const std::string& variant, Look look) {
  return {property, variant, [look = std::move(look)] {
            TensorFindings findings;
            look(findings);
            return findings.list();
          }};
}

/// A model is trained as a search does it, by its name.
void trains(const ModelVariant& variant, const std::shared_ptr<DataStore>& data, TensorFindings& findings) {
  TrialSpec spec;
  spec.settings.model = variant.settings;
  spec.settings.core.path = variant.path == Path::reference ? "reference" : "auto";
  spec.settings.task.layout = "chunks";
  spec.settings.task.chunk = 196;  // four steps
  spec.settings.task.train_samples = 24;
  spec.settings.task.validation_samples = 12;
  spec.settings.task.test_samples = 12;
  spec.settings.train.batch = 8;
  spec.test = true;
  spec.finer_steps = {2};
  const auto trained = [&](std::string& weights) {
    TrialHooks hooks;
    hooks.data = data;
    hooks.weights = [&weights](const std::string& bytes) { weights = bytes; };
    return run_trial(spec, hooks);
  };
  std::string weights, again;
  const auto result = trained(weights);
  if (!findings.expect(result.status == TrialStatus::ok, "a training of three batches", "ok",
                       to_text(result.status) + ": " + result.cause))
    return;
  trained(again);
  findings.expect(weights == again, "weights of the same training again", "the same bits", "others");
}

/// A task with few samples: what holds for twelve holds for all.
TaskSettings few_samples(TaskSettings settings) {
  settings.train_samples = 24;
  settings.validation_samples = 16;
  settings.test_samples = 12;
  return settings;
}

std::vector<std::pair<std::string, TaskSettings>> task_variants(const CatalogueEntry& about, const TaskSettings& set) {
  std::vector<std::pair<std::string, TaskSettings>> list = {{"few_samples", few_samples(set)}};
  const auto add = [&](const std::string& name, auto change) {
    auto settings = few_samples(set);
    change(settings);
    list.emplace_back(name, settings);
  };
  if (reads(about, "task.layout")) {
    add("chunks", [](auto& s) {
      s.layout = "chunks";
      s.chunk = 49;
    });
  }
  add("manipulated", [](auto& s) {
    s.input_noise = 0.1;
    s.gap = 1;
    s.reset_at = 0.5;
  });
  for (const auto& own : own_variants(about)) {
    add(own.name, [&own](auto& s) {
      TrialSettings holder;
      holder.task = s;
      own.apply(holder);
      s = holder.task;
    });
  }
  return list;
}

const CatalogueEntry& task_entry(const std::string& name) {
  for (const auto& entry : tasks()) {
    if (entry.about.name == name) return entry.about;
  }
  throw std::out_of_range("no task named " + name);
}

std::vector<Check> task_checks(const std::vector<TaskProperty>& properties, const CatalogueEntry& about,
                               const TaskSubject& subject) {
  std::vector<Check> checks;
  for (const auto& property : properties) {
    for (const auto& [variant, changed] : task_variants(about, subject.settings)) {
      auto looked_at = subject;
      looked_at.settings = changed;
      checks.push_back(
          check(property.name, about.name + "_" + variant,
                [looked_at, look = property.look](TensorFindings& findings) { look(looked_at, findings); }));
    }
  }
  return checks;
}

}  // namespace

std::vector<Check> model_checks(const ModelEntry& entry) {
  const auto shared = std::make_shared<const ModelEntry>(entry);
  std::vector<Check> checks;
  auto properties = computation_properties();
  properties.insert(properties.end(), invariant_properties().begin(), invariant_properties().end());
  for (const auto& property : properties) {
    for (const auto& variant : model_variants(entry)) {
      checks.push_back(
          check(property.name, variant.name, [shared, variant, look = property.look](TensorFindings& findings) {
            look({*shared, variant}, findings);
          }));
    }
  }
  return checks;
}

std::vector<Check> model_checks(const std::string& name) {
  const auto& entry = find_model(name);
  auto checks = model_checks(entry);
  const auto data = make_data_store();
  for (const auto& variant : model_variants(entry)) {
    checks.push_back(check("ATrainingEndsWellAndTheSameTwice", variant.name,
                           [variant, data](TensorFindings& findings) { trains(variant, data, findings); }));
  }
  return checks;
}

std::vector<std::string> model_variants(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& variant : model_variants(find_model(name))) names.push_back(variant.name);
  return names;
}

std::vector<Finding> check_model(const std::string& name) { return findings_of(model_checks(name)); }

std::vector<Check> task_checks(const TaskSettings& settings, std::shared_ptr<DataStore> data) {
  auto properties = task_properties();
  properties.push_back(training_property());
  return task_checks(properties, task_entry(settings.name), {settings, data ? data : make_data_store(), nullptr});
}

std::vector<Check> task_checks(const TaskEntry& entry) {
  TaskSettings settings;
  settings.name = entry.about.name;
  set_own_defaults(entry.about, settings.own);
  return task_checks(task_properties(), entry.about, {settings, make_data_store(), std::make_shared<TaskEntry>(entry)});
}

std::vector<Finding> check_task(const std::string& name) {
  TaskSettings settings;
  settings.name = name;
  return findings_of(task_checks(settings));
}

}  // namespace evobrnn::conformance
