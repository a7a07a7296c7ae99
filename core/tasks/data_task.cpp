// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/data_task.hpp"

namespace evobrnn {

DataFacts facts_of(const Task& task) {
  const auto* with_data = dynamic_cast<const DataTask*>(&task);
  return with_data ? with_data->facts() : DataFacts();
}

DataFacts data_facts(const TaskSettings& settings, DataStore& data) { return facts_of(*make_task(settings, data)); }

}  // namespace evobrnn
