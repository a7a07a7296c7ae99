// SPDX-License-Identifier: Apache-2.0
#include "interval.hpp"

#include <ATen/ATen.h>

#include <random>

namespace own_task {

using evobrnn::Batch;
using evobrnn::Part;
using evobrnn::Setting;
using evobrnn::TaskSettings;

namespace {

constexpr std::int64_t kOnsets = 5;  ///< the first pulse comes at one of so many steps

/// Sample `index` of a part: always the same one, whoever asks for it and in whatever batch.
std::mt19937_64 generator(std::int64_t seed, Part part, std::int64_t index) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(index)};
  return std::mt19937_64(sequence);
}

}  // namespace

Interval::Interval(const TaskSettings& settings)
    : seed_(settings.data_seed), longest_gap_(evobrnn::own_setting<std::int64_t>(settings, "task.longest_gap")) {
  shape_.steps = kOnsets + longest_gap_ + 1;
  shape_.n_in = 1;
  shape_.n_out = 2;  // short, long
  shape_.train = settings.train_samples > 0 ? settings.train_samples : 5000;
  shape_.validation = settings.validation_samples;
  shape_.test = settings.test_samples > 0 ? settings.test_samples : 2000;
  shape_.sequence = "T = " + std::to_string(shape_.steps) + " steps of 1 value, gaps of 1 to " +
                    std::to_string(longest_gap_) + " steps";
}

void Interval::fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  batch = Batch();
  batch.x = at::zeros({shape_.steps, count, shape_.n_in}, dtype);
  batch.y = at::empty({count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    auto random = generator(seed_, part, indices[static_cast<std::size_t>(i)]);
    const auto first = static_cast<std::int64_t>(random() % kOnsets);
    const auto gap = 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(longest_gap_));
    batch.x[first][i] = 1;
    batch.x[first + gap][i] = 1;
    batch.y[i] = 2 * gap > longest_gap_ ? 1 : 0;
  }
}

evobrnn::TaskEntry interval() {
  Setting longest;
  longest.path = "task.longest_gap";
  longest.kind = evobrnn::SettingKind::integer;
  longest.fallback = std::int64_t{20};
  longest.low = 2;
  longest.high = 500;
  longest.unit = "steps";
  longest.doc = "The longest gap between the two pulses; how long the network has to keep time.";

  evobrnn::TaskEntry entry;
  entry.about.name = "interval";
  entry.about.equation = "y = 1 where t_2 − t_1 > longest_gap / 2, else 0";
  entry.about.source = "after Merchant, Harrington & Meck (2013)";
  entry.about.doc = "Was the gap between two pulses long or short? Accuracy at the end; chance is one half.";
  entry.about.own = {longest};
  entry.make = [](const TaskSettings& settings, evobrnn::DataStore&) { return std::make_shared<Interval>(settings); };
  return entry;
}

}  // namespace own_task
