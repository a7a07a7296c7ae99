// SPDX-License-Identifier: Apache-2.0
/// The conformance kit on every task of the registry, and on tasks with one deliberate defect each.
#include "core/conformance.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/io/safetensors.hpp"
#include "core/random.hpp"
#include "core/tasks/task.hpp"
#include "tests/check_suite.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

/// Whatever reads no file.
const bool kEveryTask = testing_support::register_checks("EveryTask", [] {
  std::vector<conformance::Check> all;
  for (const auto& about : task_catalogue()) {
    if (about.name != "digits" && (reads(about, "task.layout") || reads(about, "task.file"))) continue;
    TaskSettings settings;
    settings.name = about.name;
    const auto checks = conformance::task_checks(settings, make_data_store("/nonexistent"));
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}());

std::string text_of(const std::vector<conformance::Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += to_text(finding) + "\n";
  return text;
}

TEST(Conformance, HoldsForSequencesOfUnequalLengthsInAFile) {
  constexpr std::int64_t kSequences = 60, kSteps = 9;
  const testing_support::ScratchFolder folder;
  const auto x = at::rand({kSequences, kSteps, 2}, make_generator(1), at::TensorOptions().dtype(at::kDouble));
  const auto lengths = at::arange(kSequences, at::kLong) % kSteps + 1, y = at::arange(kSequences, at::kLong) % 3;
  TaskSettings settings;
  settings.name = "sequences";
  settings.file = folder.write("sequences.safetensors", write_safetensors({{"x", x}, {"y", y}, {"lengths", lengths}}));
  const auto findings = conformance::findings_of(conformance::task_checks(settings, make_data_store(folder.path())));
  EXPECT_EQ(text_of(findings), "");
}

enum class Defect {
  none,
  wrong_shape,
  class_beyond_n_out,
  depends_on_the_batch,
  keeps_what_was_in_the_batch,
  one_part,
  scored_but_not_in_the_loss,
  infinite_input
};

/// Says after every step whether the last input was above one half.
class Above final : public Task {
 public:
  Above(const TaskSettings& settings, Defect defect) : settings_(settings), defect_(defect) {}

  TaskShape shape() const override {
    TaskShape shape;
    shape.steps = defect_ == Defect::wrong_shape ? 6 : 5;
    shape.n_in = 1;
    shape.n_out = 2;
    shape.train = settings_.train_samples;
    shape.validation = settings_.validation_samples;
    shape.test = settings_.test_samples;
    shape.every_step = true;
    shape.sequence = "T = 5 steps of 1 value";
    return shape;
  }

  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    std::vector<at::Tensor> samples;
    for (const auto index : indices) {
      auto seed = derived_seed(defect_ == Defect::one_part ? 1 : static_cast<std::uint64_t>(part),
                               static_cast<std::uint64_t>(index));
      if (defect_ == Defect::depends_on_the_batch) seed += samples.size();
      samples.push_back(at::rand({5, 1}, make_generator(seed), at::TensorOptions().dtype(at::kDouble)));
    }
    const auto x = at::stack(samples, 1);
    Batch made;
    made.x = x.to(dtype);
    made.y = x.gt(0.5).squeeze(2).to(at::kLong);
    made.mask = at::ones({5, x.size(1)}, dtype);
    if (defect_ == Defect::class_beyond_n_out) made.y = made.y * 2;
    if (defect_ == Defect::infinite_input) made.x[0][0] = INFINITY;
    if (defect_ == Defect::scored_but_not_in_the_loss) {
      made.scored = at::ones_like(made.mask);
      made.mask[2].zero_();
    }
    if (defect_ == Defect::keeps_what_was_in_the_batch && batch.scored.defined()) made.scored = batch.scored;
    if (defect_ == Defect::keeps_what_was_in_the_batch && batch.mask.defined() &&
        batch.mask.sizes() == made.mask.sizes())
      made.mask = batch.mask.to(dtype);
    batch = made;
  }

 private:
  const TaskSettings settings_;
  const Defect defect_;
};

std::vector<conformance::Check> checks_of(Defect defect) {
  TaskEntry entry;
  entry.about.name = "above";
  entry.make = [defect](const TaskSettings& settings, DataStore&) { return std::make_shared<Above>(settings, defect); };
  return conformance::task_checks(entry);
}

/// Whether the property finds something wrong with the task that has this defect.
bool catches(const std::string& property, Defect defect) {
  for (const auto& check : checks_of(defect)) {
    if (check.property == property && !conformance::findings_of(check).empty()) return true;
  }
  return false;
}

TEST(BrokenTasks, TheConformanceKitPassesTheOneWithoutADefect) {
  EXPECT_EQ(text_of(conformance::findings_of(checks_of(Defect::none))), "");
}

TEST(BrokenTasks, EveryDefectIsCaughtByThePropertyThatItBreaks) {
  const std::vector<std::pair<Defect, std::string>> caught = {
      {Defect::wrong_shape, "TheShapeIsThatOfTheSamples"},
      {Defect::class_beyond_n_out, "InputsAndTargetsAreValid"},
      {Defect::infinite_input, "InputsAndTargetsAreValid"},
      {Defect::depends_on_the_batch, "ASampleDependsOnItsNumberAndPartAlone"},
      {Defect::keeps_what_was_in_the_batch, "AUsedBatchIsFilledAsANewOne"},
      {Defect::one_part, "ThePartsHoldDifferentSamples"},
      {Defect::scored_but_not_in_the_loss, "WhatIsScoredCountsInTheLossToo"},
  };
  for (const auto& [defect, property] : caught)
    EXPECT_TRUE(catches(property, defect)) << property << " did not catch it";
}

TEST(Conformance, NamesAPropertyInWords) {
  EXPECT_EQ(conformance::in_words("ARunInTwoPiecesEqualsTheWhole"), "a run in two pieces equals the whole");
}

TEST(Conformance, AnExceptionIsAFinding) {
  const auto findings = conformance::findings_of(conformance::Check{
      "Holds", "always", []() -> std::vector<conformance::Finding> { throw std::runtime_error("no"); }});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(to_text(findings[0]), "Holds, always: the whole check: expected no exception, seen exception: no");
}

TEST(Conformance, TheSameFindingIsToldOnceWithItsVariants) {
  std::vector<conformance::Finding> findings;
  for (const std::string variant : {"mine", "mine_dale", "mine_sparse"}) {
    for (int i = 0; i < 3; ++i) findings.push_back({"Ranges", variant, "z", "a share", "undefined"});
  }
  findings.push_back({"Gradients", "mine", "gradient of W[0, 0]", "0.25", "0"});
  findings.push_back({"Gradients", "mine_dale", "gradient of W[0, 0]", "0.5", "0.125"});
  findings.push_back({"Gradients", "mine_dale", "gradient of W[0, 1]", "0.5", "0.125"});
  findings.push_back({"Ranges", "mine_dale", "z", "a share", "exception: no"});
  const auto groups = conformance::grouped(findings);
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(to_text(groups[0]),
            "Ranges, mine: z: expected a share, seen undefined; 9 times, in: mine, mine_dale, mine_sparse");
  EXPECT_EQ(to_text(groups[1]),
            "Gradients, mine: gradient of W[0, 0]: expected 0.25, seen 0; 2 times, in: mine, mine_dale");
  EXPECT_EQ(groups[2].count, 1U);
  EXPECT_EQ(groups[3].first.seen, "exception: no");
}

TEST(Conformance, KnowsNoOthers) {
  EXPECT_THROW(conformance::model_checks("magic"), std::out_of_range);
  TaskSettings settings;
  settings.name = "magic";
  EXPECT_THROW(conformance::task_checks(settings), std::out_of_range);
}

}  // namespace
}  // namespace evobrnn
