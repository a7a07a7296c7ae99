// SPDX-License-Identifier: Apache-2.0
/// The explicit list of tasks: one entry a task, nothing else to register.
#include "core/data/data_store.hpp"
#include "core/tasks/digits.hpp"
#include "core/tasks/idx_sets.hpp"

namespace evobrnn {

const std::vector<TaskEntry>& tasks() {
  static const std::vector<TaskEntry> entries = {
      {{"digits",
        "",
        "",
        "Ten digits drawn as strokes, 28×28; built in, needs no data set.",
        {"task.shift", "task.rotation", "task.noise"}},
       make_digits},
      {{"mnist",
        "",
        "LeCun, Bottou, Bengio & Haffner (1998)",
        "60,000 + 10,000 handwritten digits, 28×28; `evobrnn data fetch mnist`.",
        {}},
       make_mnist},
      {{"fashion-mnist",
        "",
        "Xiao, Rasul & Vollgraf (2017)",
        "60,000 + 10,000 articles of clothing, 28×28; `evobrnn data fetch fashion-mnist`.",
        {}},
       make_fashion_mnist},
      {{"idx",
        "",
        "",
        "Your own images: any four IDX files of unsigned bytes, gzip-compressed or not.",
        {"task.train_images", "task.train_labels", "task.test_images", "task.test_labels"}},
       make_idx},
  };
  return entries;
}

std::vector<CatalogueEntry> task_catalogue() {
  std::vector<CatalogueEntry> list;
  for (const auto& entry : tasks()) list.push_back(entry.about);
  return list;
}

std::shared_ptr<const Task> make_task(const TaskSettings& settings, DataStore& data) {
  TrialSettings holder;
  holder.task = settings;
  std::string key = "task";
  for (const auto& row : trial_settings_table()) {
    if (row.setting.path.starts_with("task.")) key.append(1, '\n').append(to_text(row.get(holder)));
  }
  return data.once<Task>(key, [&]() -> std::shared_ptr<const Task> {
    for (const auto& entry : tasks()) {
      if (entry.about.name == settings.name) return entry.make(settings, data);
    }
    throw DataError("no task named " + settings.name);
  });
}

TaskShape load_task(const TaskSettings& settings, DataStore& data) { return make_task(settings, data)->shape(); }

}  // namespace evobrnn
