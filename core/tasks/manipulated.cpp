// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/manipulated.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/kernels/normal.hpp"
#include "core/random.hpp"
#include "core/tasks/data_task.hpp"

namespace evobrnn {
namespace {

enum Purpose : std::uint64_t { kNoise = 100, kAfterInput = 200 };  // of derived seeds, plus the part

class Manipulated final : public DataTask {
 public:
  Manipulated(std::shared_ptr<const Task> task, const TaskSettings& settings)
      : task_(std::move(task)), settings_(settings), shape_(task_->shape()) {
    if (settings.crop_start > 0) check_crop();
    if (shape_.every_step && settings.blank_delay > 0)
      throw DataError("task.blank_delay needs a task with one target a sequence: this one has a target at every step");
    if (acts_on(Part::train)) shape_.steps = steps_after(shape_.steps);
    shape_.sequence += text();
  }

  TaskShape shape() const override { return shape_; }
  DataFacts facts() const override { return facts_of(*task_); }

  std::vector<Period> periods() const override {
    auto periods = task_->periods();
    if (settings_.crop_start == 0 && settings_.crop == 0 && settings_.gap == 0) return periods;
    if (settings_.manipulate != "always") return {};  // the parts have none in common
    const auto moved = [this](std::int64_t step) {
      const auto inside = std::clamp<std::int64_t>(step - settings_.crop_start, 0, cropped(task_->shape().steps));
      return std::min(inside * (settings_.gap + 1), shape_.steps);
    };
    for (auto& period : periods) period = {period.name, moved(period.begin), moved(period.end)};
    return periods;
  }

  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    task_->fill(part, indices, dtype, batch);
    if (!acts_on(part)) return;
    if (settings_.input_noise > 0) add_noise(kNoise, settings_.input_noise, part, indices, batch, {});
    crop(batch);
    cut_input(part, indices, batch);
    if (settings_.gap > 0) insert_gaps(batch);
    if (settings_.blank_delay > 0) append_blanks(batch);
    if (settings_.reset_at > 0) batch.reset = share_of(settings_.reset_at, lengths(batch));
  }

 private:
  bool acts_on(Part part) const {
    return settings_.manipulate == "always" || (settings_.manipulate == "train") == (part == Part::train);
  }

  /// The parts may differ in their steps where their sequences come from files of their own.
  void check_crop() const {
    for (const auto part : {Part::train, Part::validation, Part::test}) {
      if (!acts_on(part)) continue;
      if (const auto steps = task_->batch(part, {0}, at::kFloat).x.size(0); settings_.crop_start >= steps)
        throw DataError(fmt::format("task.crop_start = {}: the sequences have {} steps", settings_.crop_start, steps));
    }
  }

  std::int64_t cropped(std::int64_t steps) const {
    const auto rest = steps - settings_.crop_start;
    return settings_.crop > 0 ? std::min(settings_.crop, rest) : rest;
  }

  std::int64_t steps_after(std::int64_t steps) const {
    return (cropped(steps) - 1) * (settings_.gap + 1) + 1 + settings_.blank_delay;
  }

  static at::Tensor lengths(const Batch& batch) {
    return batch.lengths.defined() ? batch.lengths : at::full({batch.x.size(1)}, batch.x.size(0), at::kLong);
  }

  /// The whole steps of a share of [batch] steps; rounded down, but 0.29 · 100 = 28.999… is 29.
  static at::Tensor share_of(double share, const at::Tensor& steps) {
    constexpr double kRounding = 1e-6;
    return at::floor(share * steps.to(at::kDouble) + kRounding).to(at::kLong);
  }

  /// Adds normal noise of that deviation to the input, the same for a sample whatever batch it comes in: from step
  /// `begin` ([batch]; undefined: 0) of each sequence to its end.
  void add_noise(Purpose purpose, double sd, Part part, const std::vector<std::int64_t>& indices, Batch& batch,
                 const at::Tensor& begin) const {
    if (batch.x.scalar_type() == at::kDouble) add_noise<double>(purpose, sd, part, indices, batch, begin);
    else add_noise<float>(purpose, sd, part, indices, batch, begin);
  }

  template <class T>
  void add_noise(Purpose purpose, double sd, Part part, const std::vector<std::int64_t>& indices, Batch& batch,
                 const at::Tensor& begin) const {
    const auto steps = batch.x.size(0), samples = batch.x.size(1), n_in = batch.x.size(2);
    const auto of_part =
        derived_seed(static_cast<std::uint64_t>(settings_.data_seed), purpose + static_cast<std::uint64_t>(part));
    std::vector<float> normal(static_cast<std::size_t>(steps * n_in));
    for (std::int64_t b = 0; b < samples; ++b) {
      kernels::fill_normal(derived_seed(of_part, static_cast<std::uint64_t>(indices[static_cast<std::size_t>(b)])),
                           normal.data(), normal.size());
      const auto first = begin.defined() ? begin.data_ptr<std::int64_t>()[b] : 0;
      const auto end = batch.lengths.defined() ? batch.lengths.data_ptr<std::int64_t>()[b] : steps;
      for (auto t = first; t < end; ++t) {
        T* x = batch.x.data_ptr<T>() + (t * samples + b) * n_in;
        const float* number = normal.data() + t * n_in;
        for (std::int64_t k = 0; k < n_in; ++k) x[k] += static_cast<T>(sd) * static_cast<T>(number[k]);
      }
    }
  }

  /// [steps, batch, 1]: 1 before the given step of each sequence, 0 from it on.
  static at::Tensor before(const Batch& batch, const at::Tensor& step) {
    const auto t = at::arange(batch.x.size(0), at::kLong);
    return (t.unsqueeze(1) < step.unsqueeze(0)).to(batch.x.scalar_type()).unsqueeze(2);
  }

  void crop(Batch& batch) const {
    const auto steps = cropped(batch.x.size(0));
    if (steps == batch.x.size(0)) return;
    const auto cut = [&](at::Tensor& tensor) {
      if (tensor.defined()) tensor = tensor.narrow(0, settings_.crop_start, steps).contiguous();
    };
    if (batch.mask.defined()) cut(batch.y);
    cut(batch.x);
    cut(batch.mask);
    cut(batch.scored);
    if (batch.lengths.defined()) batch.lengths = (batch.lengths - settings_.crop_start).clamp(1, steps);
  }

  void cut_input(Part part, const std::vector<std::int64_t>& indices, Batch& batch) const {
    if (settings_.input_fraction >= 1) return;
    const auto kept = share_of(settings_.input_fraction, lengths(batch));
    batch.x.mul_(before(batch, kept));
    if (settings_.after_input == "noise") add_noise(kAfterInput, settings_.after_input_sd, part, indices, batch, kept);
  }

  void insert_gaps(Batch& batch) const {
    const auto stride = settings_.gap + 1, steps = (batch.x.size(0) - 1) * stride + 1;
    const auto at_inputs = at::arange(batch.x.size(0), at::kLong) * stride;
    const auto spread = [&](at::Tensor& tensor) {
      if (!tensor.defined()) return;
      auto shape = tensor.sizes().vec();
      shape[0] = steps;
      tensor = at::zeros(shape, tensor.options()).index_copy(0, at_inputs, tensor);
    };
    if (batch.mask.defined()) spread(batch.y);
    spread(batch.x);
    spread(batch.mask);
    spread(batch.scored);
    if (batch.lengths.defined()) batch.lengths = (batch.lengths - 1) * stride + 1;
  }

  void append_blanks(Batch& batch) const {
    auto shape = batch.x.sizes().vec();
    shape[0] = settings_.blank_delay;
    batch.x = at::cat({batch.x, at::zeros(shape, batch.x.options())});
    if (batch.lengths.defined()) batch.lengths = batch.lengths + settings_.blank_delay;
  }

  std::string text() const {
    std::string text;
    const auto add = [&text](bool is, const std::string& what) {
      if (is) text += (text.empty() ? "" : ", ") + what;
    };
    add(settings_.input_noise > 0, fmt::format("input noise of {}", settings_.input_noise));
    add(settings_.crop_start > 0 || settings_.crop > 0,
        fmt::format("cropped to {} steps from step {}", cropped(task_->shape().steps), settings_.crop_start));
    add(settings_.input_fraction < 1,
        fmt::format("the first {:g} % of the input, then {}", 100 * settings_.input_fraction, settings_.after_input));
    add(settings_.gap > 0, fmt::format("{} blank steps between inputs", settings_.gap));
    add(settings_.blank_delay > 0, fmt::format("{} blank steps before the read-out", settings_.blank_delay));
    add(settings_.reset_at > 0, fmt::format("the state reset after {:g} %", 100 * settings_.reset_at));
    const auto when = settings_.manipulate == "always"  ? ""
                      : settings_.manipulate == "train" ? "in training: "
                                                        : "in validation and test: ";
    return "; " + std::string(when) + text;
  }

  const std::shared_ptr<const Task> task_;
  const TaskSettings settings_;
  TaskShape shape_;
};

}  // namespace

TaskSettings without_manipulations(TaskSettings settings) {
  const TaskSettings off;
  settings.manipulate = off.manipulate;
  settings.input_noise = off.input_noise;
  settings.crop_start = off.crop_start;
  settings.crop = off.crop;
  settings.input_fraction = off.input_fraction;
  settings.after_input = off.after_input;
  settings.after_input_sd = off.after_input_sd;
  settings.gap = off.gap;
  settings.blank_delay = off.blank_delay;
  settings.reset_at = off.reset_at;
  return settings;
}

std::shared_ptr<const Task> manipulated(std::shared_ptr<const Task> task, const TaskSettings& s) {
  const bool any = s.input_noise > 0 || s.crop_start > 0 || s.crop > 0 || s.input_fraction < 1 || s.gap > 0 ||
                   s.blank_delay > 0 || s.reset_at > 0;
  return any ? std::make_shared<Manipulated>(std::move(task), s) : task;
}

}  // namespace evobrnn
