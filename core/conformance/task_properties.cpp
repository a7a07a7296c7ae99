// SPDX-License-Identifier: Apache-2.0
#include "core/conformance/task_properties.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>

#include "core/learning/objective.hpp"

namespace evobrnn::conformance {
namespace {

constexpr std::array kParts = {Part::train, Part::validation, Part::test};
constexpr std::int64_t kSamples = 12;  ///< looked at, of each part

std::string name_of(Part part) {
  return part == Part::train ? "train" : part == Part::validation ? "validation" : "test";
}

std::int64_t size_of(const TaskShape& shape, Part part) {
  return part == Part::train ? shape.train : part == Part::validation ? shape.validation : shape.test;
}

/// The first samples of a part.
std::vector<std::int64_t> first(const TaskShape& shape, Part part) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(size_of(shape, part), kSamples)));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

Batch first_of(const Task& task, Part part, at::ScalarType dtype = at::kDouble) {
  return task.batch(part, first(task.shape(), part), dtype);
}

/// Every tensor of a batch, and along which axis its samples lie.
struct Column {
  std::string name;
  at::Tensor Batch::*tensor;
  bool a_step;  ///< [steps, batch, …], else [batch, …]
};
std::vector<Column> columns(bool every_step) {
  return {{"x", &Batch::x, true},           {"y", &Batch::y, every_step},        {"mask", &Batch::mask, true},
          {"scored", &Batch::scored, true}, {"lengths", &Batch::lengths, false}, {"item", &Batch::item, false},
          {"reset", &Batch::reset, false}};
}

/// That sample i of `seen` is sample j of `expected`, in every tensor.
void expect_same_sample(const std::string& where, bool every_step, const Batch& seen, std::int64_t i,
                        const Batch& expected, std::int64_t j, TensorFindings& findings) {
  for (const auto& [name, tensor, a_step] : columns(every_step)) {
    const auto &s = seen.*tensor, &e = expected.*tensor;
    if (!findings.expect(s.defined() == e.defined(), name + " of " + where, e.defined() ? "defined" : "undefined",
                         s.defined() ? "defined" : "undefined") ||
        !s.defined())
      continue;
    const auto axis = a_step ? 1 : 0;
    findings.expect_same(name + " of " + where, s.select(axis, i), e.select(axis, j));
  }
}

void expect_shape(const std::string& where, const at::Tensor& tensor, const std::vector<std::int64_t>& sizes,
                  at::ScalarType dtype, TensorFindings& findings) {
  const auto text = [](const std::vector<std::int64_t>& s) { return fmt::format("[{}]", fmt::join(s, ", ")); };
  if (!findings.expect(tensor.defined(), where, text(sizes), "undefined")) return;
  findings.expect(tensor.sizes().vec() == sizes, "sizes of " + where, text(sizes), text(tensor.sizes().vec()));
  findings.expect(tensor.scalar_type() == dtype, "dtype of " + where, c10::toString(dtype),
                  c10::toString(tensor.scalar_type()));
}

void shape_is_true(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  const auto shape = task->shape();
  for (const auto& [name, count] :
       {std::pair("steps", shape.steps), std::pair("n_in", shape.n_in), std::pair("n_out", shape.n_out),
        std::pair("train", shape.train), std::pair("validation", shape.validation), std::pair("test", shape.test)})
    findings.expect(count > 0, std::string("shape().") + name, "at least 1", std::to_string(count));
  findings.expect(!shape.sequence.empty(), "shape().sequence", "the sequence in words", "nothing");
  const auto& settings = subject.settings;
  for (const auto& [name, count, asked] : {std::tuple("train", shape.train, settings.train_samples),
                                           std::tuple("validation", shape.validation, settings.validation_samples),
                                           std::tuple("test", shape.test, settings.test_samples)}) {
    if (asked > 0)
      findings.expect_equal(fmt::format("shape().{} where task.{}_samples = {}", name, name, asked),
                            static_cast<double>(count), static_cast<double>(asked));
  }
  if (!findings.empty()) return;
  for (const auto part : kParts) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      const auto last = size_of(shape, part) - 1;
      const auto batch = task->batch(part, {0, last, 0}, dtype);
      const bool values = shape.score == ScoreKind::mse;
      std::vector<std::int64_t> target = {3};
      if (shape.every_step) target.insert(target.begin(), shape.steps);
      if (values) target.push_back(shape.n_out);
      const auto of = " of " + name_of(part) + " samples 0 and " + std::to_string(last);
      expect_shape("x" + of, batch.x, {shape.steps, 3, shape.n_in}, dtype, findings);
      expect_shape("y" + of, batch.y, target, values ? dtype : at::kLong, findings);
      if (shape.every_step) expect_shape("mask" + of, batch.mask, {shape.steps, 3}, dtype, findings);
      else
        findings.expect(!batch.mask.defined(), "mask" + of, "undefined, for there is one target a sequence", "defined");
      findings.expect(batch.lengths.defined() == shape.lengths, "lengths" + of,
                      shape.lengths ? "defined, as shape().lengths says" : "undefined, as shape().lengths says",
                      batch.lengths.defined() ? "defined" : "undefined");
      if (shape.lengths) expect_shape("lengths" + of, batch.lengths, {3}, at::kLong, findings);
      if (batch.scored.defined()) expect_shape("scored" + of, batch.scored, {shape.steps, 3}, dtype, findings);
      if (batch.item.defined()) expect_shape("item" + of, batch.item, {3}, at::kLong, findings);
      if (batch.reset.defined()) expect_shape("reset" + of, batch.reset, {3}, at::kLong, findings);
    }
  }
}

/// Weight of each step in the score, and in the loss: [steps, batch].
at::Tensor scored_steps(const Batch& batch) { return batch.scored.defined() ? batch.scored : batch.mask; }

void numbers_are_valid(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  const auto shape = task->shape();
  for (const auto part : kParts) {
    const auto batch = first_of(*task, part);
    const auto of = " of " + name_of(part);
    findings.expect_between("x" + of, batch.x, -INFINITY, INFINITY);
    auto y = batch.y;
    if (shape.every_step) {
      const auto counts = batch.mask.gt(0);
      y = y.masked_select(shape.score == ScoreKind::mse ? counts.unsqueeze(2) : counts);
    }
    if (shape.score == ScoreKind::mse) findings.expect_between("y" + of, y, -INFINITY, INFINITY);
    else findings.expect_between("class y" + of, y, 0, static_cast<double>(shape.n_out - 1));
    if (batch.reset.defined()) findings.expect_between("reset" + of, batch.reset, 0, static_cast<double>(shape.steps));
  }
}

void scored_steps_count(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  if (!task->shape().every_step) return;
  for (const auto part : kParts) {
    const auto batch = first_of(*task, part);
    const auto of = " of " + name_of(part);
    const auto scored = scored_steps(batch);
    findings.expect_between("mask" + of, batch.mask, 0, INFINITY);
    findings.expect_between("scored" + of, scored, 0, INFINITY);
    findings.expect(scored.gt(0).sum(0).gt(0).all().item<bool>(), "scored" + of, "some step of every sample",
                    "a sample of which no step is scored");
    findings.expect(scored.gt(0).logical_and(batch.mask.le(0)).logical_not().all().item<bool>(), "scored" + of,
                    "steps that count in the loss too", "a step whose mask is 0");
  }
}

void lengths_are_kept(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  const auto shape = task->shape();
  if (!shape.lengths) return;
  for (const auto part : kParts) {
    const auto batch = first_of(*task, part);
    const auto of = " of " + name_of(part) + " beyond the sequences' lengths";
    findings.expect_between("lengths", batch.lengths, 1, static_cast<double>(shape.steps));
    const auto after = at::arange(shape.steps, at::kLong).unsqueeze(1) >= batch.lengths.unsqueeze(0);
    findings.expect_between("x" + of, batch.x.masked_select(after.unsqueeze(2)), 0, 0);
    for (const auto& weights : {batch.mask, batch.scored}) {
      if (weights.defined()) findings.expect_between("weights" + of, weights.masked_select(after), 0, 0);
    }
  }
}

void sample_by_its_number(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  const auto shape = task->shape();
  for (const auto part : kParts) {
    const auto all = first_of(*task, part);
    const auto count = all.x.size(1), last = count - 1;
    const auto of = [&](std::int64_t i) { return name_of(part) + " sample " + std::to_string(i); };
    const std::vector<std::int64_t> mixed = {last, 0, last};
    const auto some = task->batch(part, mixed, at::kDouble);
    for (std::int64_t i = 0; i < 3; ++i) {
      const auto number = mixed[static_cast<std::size_t>(i)];
      expect_same_sample(of(number) + " in a batch of others", shape.every_step, some, i, all, number, findings);
    }
    for (std::int64_t i = 0; i < count && !findings.full(); ++i)
      expect_same_sample(of(i) + " alone", shape.every_step, task->batch(part, {i}, at::kDouble), 0, all, i, findings);
  }
  const TaskSubject again{subject.settings, std::make_shared<DataStore>(subject.data->folder()), subject.unregistered};
  for (const auto part : kParts) {
    const auto all = first_of(*task, part), made_again = first_of(*again.task(), part);
    for (std::int64_t i = 0; i < all.x.size(1) && !findings.full(); ++i)
      expect_same_sample(name_of(part) + " sample " + std::to_string(i) + " of the task made again", shape.every_step,
                         made_again, i, all, i, findings);
  }
}

void used_batch(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  const auto every_step = task->shape().every_step;
  const auto expected = first_of(*task, Part::train);
  const auto fill = [&](Batch& batch) {
    task->fill(Part::train, first(task->shape(), Part::train), at::kDouble, batch);
  };
  const auto check = [&](const std::string& where, Batch batch) {
    fill(batch);
    for (std::int64_t i = 0; i < expected.x.size(1); ++i)
      expect_same_sample("sample " + std::to_string(i) + where, every_step, batch, i, expected, i, findings);
  };
  auto other = first_of(*task, Part::validation);
  for (auto* weights : {&other.mask, &other.scored}) {
    if (weights->defined()) weights->fill_(0.5);
  }
  other.x.fill_(9);
  check(" in a batch that held others", other);
  check(" in a batch that held one sample", task->batch(Part::test, {0}, at::kDouble));
  check(" in a batch that held float32", first_of(*task, Part::train, at::kFloat));
}

void parts_differ(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto left = first_of(*task, kParts[i]).x, right = first_of(*task, kParts[j]).x;
      findings.expect(!at::equal(left, right),
                      "the first samples of " + name_of(kParts[j]) + " and " + name_of(kParts[i]), "other samples",
                      "the same");
    }
  }
  const auto x = first_of(*task, Part::train).x;
  findings.expect(!at::equal(x, x.narrow(1, 0, 1).expand_as(x)), "the first samples of train", "different ones",
                  "all are one");
}

void perfect_answer(const TaskSubject& subject, TensorFindings& findings) {
  constexpr double kSure = 40, kNoLoss = 1e-12;
  const auto task = subject.task();
  const auto shape = task->shape();
  const bool classes = shape.score == ScoreKind::accuracy;
  for (const auto part : kParts) {
    const auto batch = first_of(*task, part);
    const auto outputs =
        classes ? at::one_hot(batch.y.clamp(0, shape.n_out - 1), shape.n_out).to(at::kDouble) * kSure : batch.y;
    Tally tally;
    tally.add(outputs, batch);
    const auto of = " of the perfect answer to " + name_of(part);
    findings.expect_equal("score" + of, tally.score(), classes ? 1 : 0);
    findings.expect_near("loss" + of, loss_of(outputs, batch).item<double>(), 0, kNoLoss);
  }
}

void periods(const TaskSubject& subject, TensorFindings& findings) {
  const auto task = subject.task();
  std::int64_t end = 0;
  for (const auto& period : task->periods()) {
    findings.expect(!period.name.empty() && period.begin >= end && period.end >= period.begin, "period " + period.name,
                    "behind the one before it", fmt::format("steps {} to {}", period.begin, period.end));
    end = period.end;
  }
  findings.expect(end <= task->shape().steps, "the end of the last period", "within the steps", std::to_string(end));
}

/// The way of a search: validated, trained on, scored on all three parts.
void is_trained_on(const TaskSubject& subject, TensorFindings& findings) {
  TrialSpec spec;
  spec.settings.task = subject.settings;
  spec.settings.model.n = 6;
  spec.settings.train.batch = 8;
  spec.settings.train.samples = 16;
  spec.test = true;
  TrialHooks hooks;
  hooks.data = subject.data;
  const auto result = run_trial(spec, hooks), again = run_trial(spec, hooks);
  if (!findings.expect(result.status == TrialStatus::ok, "a training of two batches", "ok",
                       to_text(result.status) + ": " + result.cause))
    return;
  findings.expect_equal("score of the same training again", again.score, result.score);
  findings.expect_equal("test score of the same training again", again.metrics.at("test_score"),
                        result.metrics.at("test_score"));
}

}  // namespace

const std::vector<TaskProperty>& task_properties() {
  static const std::vector<TaskProperty> list = {
      {"TheShapeIsThatOfTheSamples", shape_is_true},
      {"InputsAndTargetsAreValid", numbers_are_valid},
      {"WhatIsScoredCountsInTheLossToo", scored_steps_count},
      {"NothingComesBeyondTheLengthOfASequence", lengths_are_kept},
      {"ASampleDependsOnItsNumberAndPartAlone", sample_by_its_number},
      {"AUsedBatchIsFilledAsANewOne", used_batch},
      {"ThePartsHoldDifferentSamples", parts_differ},
      {"ThePerfectAnswerIsScoredAsPerfect", perfect_answer},
      {"PeriodsFollowOneAnother", periods},
  };
  return list;
}

TaskProperty training_property() { return {"ANetworkIsTrainedOnIt", is_trained_on}; }

}  // namespace evobrnn::conformance
