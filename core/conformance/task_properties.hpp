// SPDX-License-Identifier: Apache-2.0
/// What must hold for every task.
#pragma once

#include <string>
#include <vector>

#include "core/conformance/tensor_findings.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn::conformance {

struct TaskSubject {
  TaskSettings settings;
  std::shared_ptr<DataStore> data;

  std::shared_ptr<const Task> task() const { return make_task(settings, *data); }
};

struct TaskProperty {
  std::string name;
  void (*look)(const TaskSubject& subject, TensorFindings& findings);
};

const std::vector<TaskProperty>& task_properties();

}  // namespace evobrnn::conformance
