// SPDX-License-Identifier: Apache-2.0
/// The explicit list of tasks: one entry a task, nothing else to register.
#include <stdexcept>

#include "core/data/data_store.hpp"
#include "core/foreign_code.hpp"
#include "core/learning/peak_memory.hpp"
#include "core/tasks/cifar10.hpp"
#include "core/tasks/digits.hpp"
#include "core/tasks/idx_sets.hpp"
#include "core/tasks/manipulated.hpp"
#include "core/tasks/memory/adding.hpp"
#include "core/tasks/memory/context_integration.hpp"
#include "core/tasks/memory/copy_memory.hpp"
#include "core/tasks/memory/delayed_response.hpp"
#include "core/tasks/memory/flip_flop.hpp"
#include "core/tasks/memory/matching.hpp"
#include "core/tasks/memory/parametric_wm.hpp"
#include "core/tasks/sequences.hpp"

namespace evobrnn {
namespace {

using Paths = std::vector<std::string>;

Paths joined(Paths left, const Paths& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<TaskEntry> make_entries() {
  const Paths images = {"task.layout", "task.chunk", "task.stride", "task.order", "task.permutation_seed"};
  const Paths ring = {"task.directions", "task.input_units", "task.tuning_height", "task.tuning_width"};
  const Paths trial = {"task.dt_ms", "task.fixation_ms", "task.sample_ms", "task.delay_ms"};
  const auto matching = joined(joined(trial, {"task.test_ms", "task.grace_ms"}), ring);
  return {
      {{"digits",
        "",
        "",
        "Ten digits drawn as strokes, 28×28; built in, needs no data set.",
        joined(images, {"task.shift", "task.rotation", "task.noise"}),
        {}},
       make_digits},
      {{"mnist",
        "",
        "LeCun, Bottou, Bengio & Haffner (1998)",
        "60,000 + 10,000 handwritten digits, 28×28; `evobrnn data fetch mnist`.",
        images,
        {}},
       make_mnist},
      {{"fashion-mnist",
        "",
        "Xiao, Rasul & Vollgraf (2017)",
        "60,000 + 10,000 articles of clothing, 28×28; `evobrnn data fetch fashion-mnist`.",
        images,
        {}},
       make_fashion_mnist},
      {{"cifar10",
        "",
        "Krizhevsky (2009)",
        "50,000 + 10,000 colour images of ten kinds of things, 32×32; `evobrnn data fetch cifar10`. A row is 96 "
        "values.",
        images,
        {}},
       make_cifar10},
      {{"idx",
        "",
        "",
        "Your own images: any four IDX files of unsigned bytes, gzip-compressed or not.",
        joined(images, {"task.train_images", "task.train_labels", "task.test_images", "task.test_labels"}),
        {}},
       make_idx},
      {{"sequences",
        "",
        "Bagnall et al. (2018) for .ts",
        "Your own sequences: x, y and where needed lengths and mask as safetensors, .npz, .npy or .csv, or a .ts file "
        "of the "
        "UEA and UCR archives; a class or values, a sequence or a step.",
        {"task.file", "task.test_file"},
        {}},
       make_sequences},
      {{"dms",
        "x_i(t) = height · exp(κ (cos(θ − θ_i) − 1)) while a direction θ is shown\n"
        "match where θ_test = θ_sample, else non-match",
        "Masse et al. (2019)",
        "Delayed match to sample: is the test the direction that was shown before the delay? Accuracy in the test; "
        "chance is 50 %.",
        matching,
        {{"task.fixation_ms", 500},
         {"task.sample_ms", 500},
         {"task.delay_ms", 1000},
         {"task.test_ms", 500},
         {"task.directions", 8}}},
       make_dms},
      {{"dmc",
        "x_i(t) = height · exp(κ (cos(θ − θ_i) − 1)) while a direction θ is shown\n"
        "match where ⌊θ_test/π⌋ = ⌊θ_sample/π⌋, else non-match",
        "Freedman & Assad (2006)",
        "Delayed match to category: does the test lie in the same half of the circle as the sample? Accuracy in the "
        "test; chance is 50 %.",
        matching,
        {{"task.fixation_ms", 500},
         {"task.sample_ms", 650},
         {"task.delay_ms", 1000},
         {"task.test_ms", 650},
         {"task.directions", 12}}},
       make_dmc},
      {{"abba",
        "x_i(t) = height · exp(κ (cos(θ − θ_i) − 1)) while a direction θ is shown\n"
        "match where θ_test = θ_sample, else non-match; a match ends the trial",
        "Miller, Erickson & Desimone (1996); Masse et al. (2019)",
        "Match among distractors that may repeat: each of several tests is answered until one matches. Accuracy in the "
        "tests; chance is 50 %.",
        joined(matching, {"task.tests", "task.repeat_probability"}),
        {{"task.fixation_ms", 500},
         {"task.sample_ms", 400},
         {"task.delay_ms", 400},
         {"task.test_ms", 400},
         {"task.directions", 8}}},
       make_abba},
      {{"parametric_wm",
        "x_1 = 0.2 + 0.8 (f − 10)/24,  x_2 = 1.2 − x_1 while a frequency f is shown\n"
        "first where f_1 > f_2, else second; (f_1, f_2) Hz: (18, 10), (22, 14), (26, 18), (30, 22), (34, 26) and "
        "swapped",
        "Romo et al. (1999); Barak, Tsodyks & Romo (2010); Song, Yang & Wang (2016)",
        "Parametric working memory: which of two frequencies, a delay apart, was higher? Accuracy in the decision; "
        "chance is 50 %.",
        joined(trial, {"task.test_ms", "task.response_ms"}),
        {{"task.fixation_ms", 100},
         {"task.sample_ms", 500},
         {"task.delay_ms", 3000},
         {"task.test_ms", 500},
         {"task.response_ms", 300}}},
       make_parametric_wm},
      {{"context_integration",
        "x = (1 ± 5 c/100)/2 + (σ/√dt_ms) N(0, 1) of each modality, coherence c of ±1, ±3, ±10 %\n"
        "left where c of the cued modality is positive, else right",
        "Mante et al. (2013); Song, Yang & Wang (2016)",
        "Integrates the noisy evidence of motion or of colour, as a context says. Accuracy in the decision; chance is "
        "50 %.",
        joined(trial, {"task.response_ms", "task.evidence_noise"}),
        {{"task.fixation_ms", 100}, {"task.sample_ms", 800}, {"task.delay_ms", 0}, {"task.response_ms", 300}}},
       make_context_integration},
      {{"delayed_response",
        "x_i(t) = height · exp(κ (cos(θ − θ_i) − 1)) while a direction θ is shown\n"
        "the place θ that was shown",
        "Funahashi, Bruce & Goldman-Rakic (1989)",
        "Memory-guided response: answers the place that was shown before the delay. Accuracy in the response; chance "
        "is "
        "one in task.directions.",
        joined(joined(trial, {"task.response_ms", "task.grace_ms"}), ring),
        {{"task.fixation_ms", 750},
         {"task.sample_ms", 500},
         {"task.delay_ms", 3000},
         {"task.response_ms", 500},
         {"task.directions", 8}}},
       make_delayed_response},
      {{"flip_flop",
        "y_i(t) = sign of the last pulse of channel i up to step t",
        "Sussillo & Barak (2013); Golub & Sussillo (2018)",
        "n-bit flip-flop: holds the sign of the last pulse of each channel. Mean squared error; the answer 0 has 1.",
        {"task.steps", "task.bits", "task.pulse_probability"},
        {{"task.steps", 64}}},
       make_flip_flop},
      {{"adding",
        "y = v(t_1) + v(t_2), v ~ U(0, 1), t_1 marked in the first half, t_2 in the second",
        "Hochreiter & Schmidhuber (1997); Arjovsky, Shah & Bengio (2016)",
        "The adding problem: the sum of two marked numbers of a long stream. Mean squared error; the answer 1 has 1/6.",
        {"task.steps"},
        {{"task.steps", 100}}},
       make_adding},
      {{"copy_memory",
        "y(recall + delay + i) = x(i) for i = 0 … recall − 1",
        "Hochreiter & Schmidhuber (1997); Arjovsky, Shah & Bengio (2016)",
        "Repeats symbols in order after a delay. Accuracy in the recall; chance is one in task.alphabet.",
        {"task.steps", "task.alphabet", "task.recall"},
        {{"task.steps", 100}}},
       make_copy_memory},
  };
}

std::vector<TaskEntry>& registry() {
  static std::vector<TaskEntry> entries = make_entries();
  return entries;
}

/// The settings with the published values in place of kPublished.
TaskSettings with_published(const TaskSettings& settings, const CatalogueEntry& about) {
  TrialSettings holder;
  holder.task = settings;
  for (const auto& [path, value] : about.published) {
    const auto& row = *find_setting(trial_settings_table(), path);
    const auto in_its_kind = [&row = row](double number) -> Value {
      if (row.setting.kind == SettingKind::integer) return static_cast<std::int64_t>(number);
      return number;
    };
    if (row.get(holder) == in_its_kind(kPublished)) row.set(holder, in_its_kind(value));
  }
  return holder.task;
}

/// A task of a plugin: what it throws has its name.
class PluginTask final : public Task {
 public:
  PluginTask(std::string origin, std::shared_ptr<const Task> task)
      : origin_(std::move(origin)), task_(std::move(task)) {
    if (!task_) throw std::runtime_error(origin_ + ": its make gives no task");
  }
  TaskShape shape() const override {
    return call_foreign(origin_, [&] { return task_->shape(); });
  }
  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    call_foreign(origin_, [&] { task_->fill(part, indices, dtype, batch); });
  }
  std::vector<Period> periods() const override {
    return call_foreign(origin_, [&] { return task_->periods(); });
  }

 private:
  const std::string origin_;
  const std::shared_ptr<const Task> task_;
};

}  // namespace

const std::vector<TaskEntry>& tasks() { return registry(); }

void add_task(TaskEntry entry) {
  require_open_registry(entry.about, task_catalogue(), "task.");
  if (!entry.make) throw std::invalid_argument("task \"" + entry.about.name + "\" needs make");
  note_registration("task", entry.about.name);
  if (const auto origin = plugin_origin("task", entry.about.name); !origin.empty()) {
    entry.make = [origin, make = std::move(entry.make)](const TaskSettings& settings, DataStore& data) {
      return std::make_shared<const PluginTask>(origin, call_foreign(origin, [&] { return make(settings, data); }));
    };
  }
  registry().push_back(std::move(entry));
}

std::vector<CatalogueEntry> task_catalogue() {
  std::vector<CatalogueEntry> list;
  for (const auto& entry : tasks()) list.push_back(entry.about);
  return list;
}

std::shared_ptr<const Task> make_task(const TaskSettings& settings, DataStore& data) {
  const auto plain = without_manipulations(settings);
  TrialSettings holder;
  holder.task = plain;
  std::string key = "task";
  for (const auto& row : trial_settings_table()) {
    if (row.setting.path.starts_with("task.")) key.append(1, '\n').append(to_text(row.get(holder)));
  }
  const auto task = data.once<Task>(key, [&]() -> std::shared_ptr<const Task> {
    for (const auto& entry : tasks()) {
      if (entry.about.name != settings.name) continue;
      const PeakMemory memory;
      auto made = entry.make(with_published(plain, entry.about), data);
      data.add_held_bytes(memory.held_bytes());
      return made;
    }
    throw DataError("no task named " + settings.name);
  });
  return manipulated(task, settings);
}

TaskShape load_task(const TaskSettings& settings, DataStore& data) { return make_task(settings, data)->shape(); }

}  // namespace evobrnn
