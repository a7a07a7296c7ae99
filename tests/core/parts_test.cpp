// SPDX-License-Identifier: Apache-2.0
/// Which samples are tested on: drawn, whatever the order of the file.
#include "core/tasks/parts.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/tasks/data_task.hpp"
#include "tests/core/task_support.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

std::vector<std::int64_t> list(const at::Tensor& indices) {
  return {indices.data_ptr<std::int64_t>(), indices.data_ptr<std::int64_t>() + indices.numel()};
}

TaskSettings settings(std::int64_t tests) {
  TaskSettings settings;
  settings.validation_samples = 10;
  settings.test_samples = tests;
  return settings;
}

TEST(Parts, TestSamplesAreDrawnWithoutReplacementByTheDataSeed) {
  const auto drawn = list(draw_parts(50, 1000, settings(100)).test);
  EXPECT_EQ(drawn.size(), 100U);
  EXPECT_EQ(std::set(drawn.begin(), drawn.end()).size(), 100U);
  EXPECT_TRUE(std::all_of(drawn.begin(), drawn.end(), [](auto i) { return i >= 0 && i < 1000; }));
  EXPECT_EQ(list(draw_parts(50, 1000, settings(100)).test), drawn) << "the same seed";
  auto other = settings(100);
  other.data_seed += 1;
  EXPECT_NE(list(draw_parts(50, 1000, other).test), drawn);
  const auto late = std::count_if(drawn.begin(), drawn.end(), [](auto i) { return i >= 500; });
  EXPECT_GT(late, 30) << "of the file's second half as of its first";
  EXPECT_LT(late, 70);
}

/// Whoever takes the first of them, as an examination does, has a sample of all.
TEST(Parts, AnyBeginningOfTheTestPartIsDrawn) {
  const auto all = list(draw_parts(50, 1000, settings(0)).test);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 1000U) << "each once";
  const auto late = std::count_if(all.begin(), all.begin() + 100, [](auto i) { return i >= 500; });
  EXPECT_GT(late, 30);
  EXPECT_LT(late, 70);
}

/// A file whose first half is of one class: no subset may be.
TEST(Parts, ASortedTestFileGivesBothClassesToASubset) {
  const testing_support::ScratchFolder folder;
  std::string train = "@classLabel true a b\n@data\n", test = train;
  for (int i = 0; i < 60; ++i) train += i % 2 == 0 ? "1,2:a\n" : "3,4:b\n";
  for (int i = 0; i < 200; ++i) test += i < 100 ? "1,2:a\n" : "3,4:b\n";
  TaskSettings sequences = settings(100);
  sequences.name = "sequences";
  sequences.file = folder.write("train.ts", train).string();
  sequences.test_file = folder.write("test.ts", test).string();
  const auto task = make_task(sequences, *make_data_store(folder.path()));
  EXPECT_EQ(task->shape().test, 100);
  EXPECT_EQ(facts_of(*task).test_of, 200);
  EXPECT_EQ(to_text(TestSamples{100, 200}), "100 of 200 test samples");
  EXPECT_EQ(to_text(TestSamples{200, 200}), "200 test samples");
  const auto ones = task->batch(Part::test, testing_support::first(100), at::kFloat).y.sum().item<std::int64_t>();
  EXPECT_GT(ones, 30);
  EXPECT_LT(ones, 70);
}

TEST(Parts, ATrialSaysHowManyTestSamplesItsScoreIsOf) {
  const testing_support::ScratchFolder folder;
  std::string text = "@classLabel true a b\n@data\n";
  for (int i = 0; i < 60; ++i) text += i < 30 ? "1,2:a\n" : "3,4:b\n";
  TrialSpec spec;
  spec.settings.model.n = 4;
  spec.settings.task.name = "sequences";
  spec.settings.task.file = spec.settings.task.test_file = folder.write("x.ts", text).string();
  spec.settings.task.validation_samples = 10;
  spec.settings.task.test_samples = 20;
  spec.settings.train.samples = 16;
  spec.settings.train.batch = 8;
  spec.test = true;
  const auto result = run_trial(spec);
  ASSERT_EQ(result.status, TrialStatus::ok) << result.cause;
  EXPECT_EQ(result.metrics.at("test_samples"), 20);
  EXPECT_EQ(result.metrics.at("test_samples_of"), 60);
  EXPECT_EQ(to_text(test_samples(result).value()), "20 of 60 test samples");
  EXPECT_FALSE(test_samples(TrialResult()));
}

}  // namespace
}  // namespace evobrnn
