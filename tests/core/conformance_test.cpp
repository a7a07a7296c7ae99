// SPDX-License-Identifier: Apache-2.0
/// The conformance kit on every task of the registry, and on tasks with one deliberate defect each.
#include "core/conformance.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

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

TEST(Conformance, NamesAPropertyInWords) {
  EXPECT_EQ(conformance::in_words("ARunInTwoPiecesEqualsTheWhole"), "a run in two pieces equals the whole");
}

TEST(Conformance, AnExceptionIsAFinding) {
  const auto findings = conformance::findings_of(
      conformance::Check{"Holds", "always", []() -> std::vector<conformance::Finding> { throw std::runtime_error("no"); }});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(to_text(findings[0]), "Holds, always: the whole check: expected no exception, seen exception: no");
}

TEST(Conformance, KnowsNoOthers) {
  EXPECT_THROW(conformance::model_checks("magic"), std::out_of_range);
  TaskSettings settings;
  settings.name = "magic";
  EXPECT_THROW(conformance::task_checks(settings), std::out_of_range);
}

}  // namespace
}  // namespace evobrnn
