// SPDX-License-Identifier: Apache-2.0
/// What must hold for every task.
#pragma once

#include <string>
#include <vector>

#include "core/conformance/tensor_findings.hpp"
#include "core/data/data_store.hpp"
#include "core/tasks/manipulated.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn::conformance {

struct TaskSubject {
  TaskSettings settings;
  std::shared_ptr<DataStore> data;
  std::shared_ptr<const TaskEntry> unregistered;  ///< in place of the registry's; may be null

  std::shared_ptr<const Task> task() const {
    if (!unregistered) return make_task(settings, *data);
    return manipulated(unregistered->make(without_manipulations(settings), *data), settings);
  }
};

struct TaskProperty {
  std::string name;
  void (*look)(const TaskSubject& subject, TensorFindings& findings);
};

const std::vector<TaskProperty>& task_properties();
/// The way of a search, for a task that is registered: a network is trained and scored on it.
TaskProperty training_property();

}  // namespace evobrnn::conformance
