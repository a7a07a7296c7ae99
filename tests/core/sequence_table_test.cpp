// SPDX-License-Identifier: Apache-2.0
#include "core/data/sequence_table.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/tasks/data_task.hpp"
#include "tests/core/task_support.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

at::Tensor named(const SequenceFile& file, const std::string& name) {
  for (const auto& [known, tensor] : file.tensors) {
    if (known == name) return tensor;
  }
  return {};
}

constexpr const char* kTable =
    "sample,step,speed,turn,y\n"
    "a,0,0.5,-1,\"walk, up\"\r\n"
    "a,1,1e-400,2,\"walk, up\"\n"
    "b,1,3,4,run\n";

std::string error(const std::string& text) {
  return testing_support::data_error_of([&] { read_sequence_table(text); });
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = kTable;
  return error(text.replace(text.find(from), from.size(), to));
}

TEST(SequenceTable, RowsAreStepsAndTextsAreClasses) {
  const auto file = read_sequence_table(std::string("\xef\xbb\xbf") + kTable);
  EXPECT_TRUE(named(file, "x").equal(at::tensor({0.5, -1., 0., 2., 3., 4., 0., 0.}, at::kDouble).view({2, 2, 2})));
  EXPECT_TRUE(named(file, "lengths").equal(at::tensor({2, 1}, at::kLong)));
  EXPECT_TRUE(named(file, "y").equal(at::tensor({1, 0}, at::kLong)));
  EXPECT_THAT(file.labels, ElementsAre("run", "walk, up"));
}

TEST(SequenceTable, NumbersAreClassesOrValues) {
  EXPECT_EQ(named(read_sequence_table("sample,a,y\n1,0,0\n2,1,2\n"), "y").scalar_type(), at::kLong);
  EXPECT_EQ(named(read_sequence_table("sample,a,y\n1,0,0\n2,1,2.5\n"), "y").scalar_type(), at::kDouble);
  const auto each = read_sequence_table("sample,a,y_step,mask\n1,0,0,0\n1,1,2.5,1\n2,3,4,1\n");
  EXPECT_TRUE(named(each, "y").equal(at::tensor({0., 2.5, 4., 0.}, at::kDouble).view({2, 2, 1})));
  EXPECT_TRUE(named(each, "mask").equal(at::tensor({0., 1., 1., 0.}, at::kDouble).view({2, 2})));
  EXPECT_FALSE(named(read_sequence_table("sample,a\n1,0\n"), "y").defined()) << "of inputs to predict from";
}

TEST(SequenceTable, MistakesAreNamedWithTheirLine) {
  EXPECT_THAT(error("0.5,0.6,1\n"), HasSubstr("line 1: a table of sequences begins with the names of its columns"));
  EXPECT_THAT(error("1\t0.5\t0.6\n"), HasSubstr("begins with the names of its columns, between commas"));
  EXPECT_THAT(error("sample,a,a,y\n"), HasSubstr("the column a is there twice"));
  EXPECT_THAT(error("a,y\n1,2\n"), HasSubstr("has no column sample"));
  EXPECT_THAT(error("sample,y\n1,2\n"), HasSubstr("no column of a feature"));
  EXPECT_THAT(error("sample,a,y,y_step\n"), HasSubstr("one of them is meant"));
  EXPECT_THAT(error("sample,a,y\n"), HasSubstr("no row follows"));
  EXPECT_THAT(changed("a,1,1e-400,2", "a,1,,2"), HasSubstr("line 3: speed: a missing value"));
  EXPECT_THAT(changed("a,1,1e-400,2", "a,1,\"0,5\",2"), HasSubstr("line 3: speed: \"0,5\" is no finite number"));
  EXPECT_THAT(changed("a,1,1e-400,2", "a,1,nan,2"), HasSubstr("line 3: speed: \"nan\" is no finite number"));
  EXPECT_THAT(changed("b,1,3,4,run", "b,1,3,4"), HasSubstr("line 4: has 4 cells, and the first row names 5"));
  EXPECT_THAT(changed("a,1,1e-400", "a,2,1e-400"), HasSubstr("line 3: step is 2"));
  EXPECT_THAT(changed("2,\"walk, up\"\n", "2,run\n"), HasSubstr("line 3: y is run, and walk, up in the first row"));
  EXPECT_THAT(changed("b,1,3,4,run\n", "b,1,3,4,run\na,0,1,1,run\n"), HasSubstr("line 5: sample a comes again"));
  EXPECT_THAT(changed("b,1,3,4,run", "b,1,3,4,\"run"), HasSubstr("line 4: a quote that begins here is not closed"));
}

/// A class that only one of the files has is a class of both.
TEST(SequenceTable, FilesOfTwoPartsShareTheirClasses) {
  const testing_support::ScratchFolder folder;
  TaskSettings settings;
  settings.name = "sequences";
  settings.validation_samples = 1;
  settings.file = folder.write("train.csv", "sample,a,y\n1,1,b\n2,2,d\n3,3,b\n").string();
  settings.test_file = folder.write("test.csv", "sample,a,y\n1,4,c\n2,4,d\n").string();
  const auto task = make_task(settings, *make_data_store(folder.path()));
  EXPECT_EQ(task->shape().n_out, 3);
  EXPECT_THAT(facts_of(*task).labels, ElementsAre("b", "c", "d"));
  const auto tests = task->batch(Part::test, testing_support::first(2), at::kFloat).y;
  EXPECT_EQ(tests.sum().item<std::int64_t>(), 1 + 2);
}

}  // namespace
}  // namespace evobrnn
