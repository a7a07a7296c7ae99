// SPDX-License-Identifier: Apache-2.0
/// A task that reads a data set.
#pragma once

#include "core/data_facts.hpp"
#include "core/tasks/task.hpp"

namespace evobrnn {

class DataTask : public Task {
 public:
  virtual DataFacts facts() const = 0;
};

/// Of a task that is none: nothing.
DataFacts facts_of(const Task& task);

}  // namespace evobrnn
