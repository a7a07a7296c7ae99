// SPDX-License-Identifier: Apache-2.0
/// The user's own sequences: safetensors files and .ts files, read, checked, and handed out as batches.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/io/safetensors.hpp"
#include "core/learning/objective.hpp"
#include "core/tasks/data_task.hpp"
#include "tests/gzip_bytes.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSamples = 10, kSteps = 4, kFeatures = 2;

/// Ten sequences of four steps and two features; sample i holds 100 i + 10 step + feature.
at::Tensor numbered_x() {
  const auto range = [](std::int64_t size) { return at::arange(size, at::kFloat); };
  return 100 * range(kSamples).view({-1, 1, 1}) + 10 * range(kSteps).view({1, -1, 1}) + range(kFeatures);
}

class SequencesTest : public ::testing::Test {
 protected:
  SequencesTest() {
    settings_.name = "sequences";
    settings_.validation_samples = 2;
    settings_.test_samples = 2;
  }

  std::shared_ptr<const Task> load() const { return make_task(settings_, *make_data_store(folder_.path())); }

  std::shared_ptr<const Task> load(const std::vector<NamedTensor>& tensors) {
    settings_.file = folder_.write("data.safetensors", write_safetensors(tensors)).string();
    return load();
  }

  std::shared_ptr<const Task> load_ts(const std::string& text) {
    settings_.file = folder_.write("data.ts", text).string();
    return load();
  }

  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  std::string error(const std::vector<NamedTensor>& tensors) {
    return error_of([&] { load(tensors); });
  }
  std::string ts_error(const std::string& text) {
    return error_of([&] { load_ts(text); });
  }

  testing_support::ScratchFolder folder_;
  TaskSettings settings_;
};

Batch all_of(const Task& task, Part part) {
  const auto shape = task.shape();
  const auto size = part == Part::train ? shape.train : part == Part::validation ? shape.validation : shape.test;
  std::vector<std::int64_t> indices(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) indices[static_cast<std::size_t>(i)] = i;
  return task.batch(part, indices, at::kDouble);
}

TEST_F(SequencesTest, AClassASequence) {
  const auto y = at::arange(kSamples, at::kLong) % 3;
  const auto task = load({{"x", numbered_x()}, {"y", y}});
  const auto shape = task->shape();
  EXPECT_EQ(shape.steps, kSteps);
  EXPECT_EQ(shape.n_in, kFeatures);
  EXPECT_EQ(shape.n_out, 3);
  EXPECT_EQ(shape.train, 6);
  EXPECT_FALSE(shape.every_step);
  EXPECT_EQ(shape.score, ScoreKind::accuracy);
  std::set<std::int64_t> seen;  // each sample in one part, whole, with its own class
  for (const auto part : {Part::train, Part::validation, Part::test}) {
    const auto batch = all_of(*task, part);
    for (std::int64_t row = 0; row < batch.x.size(1); ++row) {
      const auto sample = batch.x[0][row][0].item<std::int64_t>() / 100;
      EXPECT_TRUE(at::equal(batch.x.select(1, row), numbered_x()[sample].to(at::kDouble)));
      EXPECT_EQ(batch.y[row].item<std::int64_t>(), sample % 3);
      seen.insert(sample);
    }
  }
  EXPECT_EQ(seen.size(), kSamples);
}

TEST_F(SequencesTest, ATestFileOfItsOwn) {
  const auto y = at::arange(kSamples, at::kLong) % 3;
  settings_.test_file = folder_.write("test.safetensors", write_safetensors({{"x", -numbered_x()}, {"y", y}})).string();
  settings_.test_samples = 0;
  const auto task = load({{"x", numbered_x()}, {"y", y}});
  EXPECT_EQ(task->shape().train, 8);
  const auto tests = all_of(*task, Part::test).x;  // all of the file's, in the order drawn
  const auto order = std::get<1>(tests[0].select(1, 0).sort(0, true));
  EXPECT_TRUE(at::equal(tests.index_select(1, order), -numbered_x().transpose(0, 1).to(at::kDouble)));
}

TEST_F(SequencesTest, ValuesAndTargetsAtEveryStep) {
  const auto last = load({{"x", numbered_x()}, {"y", numbered_x().select(1, 0).select(1, 0) / 100}});
  EXPECT_EQ(last->shape().score, ScoreKind::mse);
  EXPECT_EQ(last->shape().n_out, 1);
  const auto batch = all_of(*last, Part::train);
  EXPECT_TRUE(at::allclose(batch.y.squeeze(1) * 100, batch.x[0].select(1, 0)));

  const auto mask = at::ones({kSamples, kSteps}).narrow(1, 0, kSteps).clone();
  mask.select(1, 0).zero_();
  const auto each = load({{"x", numbered_x()}, {"y", numbered_x() / 7}, {"mask", mask}});
  EXPECT_TRUE(each->shape().every_step);
  EXPECT_EQ(each->shape().n_out, kFeatures);
  const auto steps = all_of(*each, Part::train);
  EXPECT_TRUE(at::allclose(steps.y * 7, steps.x, 1e-5, 1e-5));
  EXPECT_EQ(steps.mask[0].sum().item<double>(), 0);
  EXPECT_EQ(steps.mask.sum().item<double>(), 6 * (kSteps - 1));
}

/// The same sequences with rubbish behind their ends.
TEST_F(SequencesTest, WhatComesAfterTheEndOfASequenceCountsNowhere) {
  const auto lengths = at::tensor({4, 1, 2, 3, 4, 4, 1, 2, 3, 2}, at::kLong);
  const auto after = at::arange(kSteps, at::kLong).unsqueeze(0) >= lengths.unsqueeze(1);
  const auto nan = at::full({}, std::numeric_limits<float>::quiet_NaN());
  const auto x = at::where(after.unsqueeze(2), nan, numbered_x());
  const auto y = at::where(after, at::full({}, -5, at::kLong), at::ones({kSamples, kSteps}, at::kLong));
  const auto task = load({{"x", x}, {"y", y}, {"lengths", lengths}});
  for (const auto part : {Part::train, Part::validation, Part::test}) {
    const auto batch = all_of(*task, part);
    EXPECT_TRUE(batch.x.isfinite().all().item<bool>());
    EXPECT_TRUE(at::equal(batch.mask.sum(0).to(at::kLong), batch.lengths));
    Tally tally;
    tally.add(at::stack({at::zeros_like(batch.mask), batch.mask}, -1), batch);  // right inside, wrong behind
    EXPECT_EQ(tally.score(), 1);
  }
}

TEST_F(SequencesTest, BadTensorsAreNamed) {
  const auto x = numbered_x();
  const auto y = at::arange(kSamples, at::kLong) % 3;
  const auto with = [](at::Tensor tensor, const std::function<void(at::Tensor&)>& change) {
    tensor = tensor.clone();
    change(tensor);
    return tensor;
  };
  const auto lengths = at::full({kSamples}, 2, at::kLong);
  EXPECT_THAT(error({{"y", y}}), HasSubstr("has no x"));
  EXPECT_THAT(error({{"x", x}}), HasSubstr("has no y"));
  EXPECT_THAT(error({{"x", x}, {"y", y}, {"z", y}}), HasSubstr("known: x, y, lengths, mask"));
  EXPECT_THAT(error({{"x", x[0]}, {"y", y}}), HasSubstr("must be [samples, steps, features]"));
  EXPECT_THAT(error({{"x", x.narrow(1, 0, 0)}, {"y", y}}), HasSubstr("holds nothing"));
  EXPECT_THAT(error({{"x", with(x, [](auto& t) { t[3][1][0] = NAN; })}, {"y", y}}), HasSubstr("x[3, 1, 0] is NaN"));
  EXPECT_THAT(error({{"x", x}, {"y", y.narrow(0, 0, 9)}}), HasSubstr("x has 10 samples"));
  EXPECT_THAT(error({{"x", x}, {"y", with(y, [](auto& t) { t[2] = -1; })}}), HasSubstr("y holds -1"));
  EXPECT_THAT(error({{"x", x}, {"y", with(y, [](auto& t) { t[2] = 1 << 20; })}}), HasSubstr("y holds 1048576"));
  EXPECT_THAT(error({{"x", x}, {"y", at::full({kSamples}, NAN)}}), HasSubstr("y holds NaN"));
  EXPECT_THAT(error({{"x", x}, {"y", y}, {"lengths", with(lengths, [](auto& t) { t[4] = kSteps + 1; })}}),
              HasSubstr("lengths[4] = 5: must be from 1 to 4"));
  EXPECT_THAT(error({{"x", x}, {"y", y}, {"lengths", with(lengths, [](auto& t) { t[4] = 0; })}}),
              HasSubstr("lengths[4] = 0"));
  EXPECT_THAT(error({{"x", x}, {"y", y}, {"lengths", lengths.to(at::kFloat)}}), HasSubstr("whole numbers"));
  EXPECT_THAT(error({{"x", x}, {"y", y}, {"mask", at::ones({kSamples, kSteps})}}), HasSubstr("one a sequence"));
  const auto each = at::zeros({kSamples, kSteps}, at::kLong);
  EXPECT_THAT(error({{"x", x}, {"y", each}, {"mask", -at::ones({kSamples, kSteps})}}), HasSubstr("negative"));
  EXPECT_THAT(error({{"x", x}, {"y", each}, {"mask", at::zeros({kSamples, kSteps})}}),
              HasSubstr("no step of sample 0"));
  settings_.validation_samples = 9;
  EXPECT_THAT(error({{"x", x}, {"y", y}}), HasSubstr("too few"));
}

TEST_F(SequencesTest, PartsThatDoNotFitTogetherAreNamed) {
  const auto y = at::arange(kSamples, at::kLong) % 3;
  const auto test = [&](const std::vector<NamedTensor>& tensors) {
    settings_.test_file = folder_.write("test.safetensors", write_safetensors(tensors)).string();
    return error({{"x", numbered_x()}, {"y", y}});
  };
  EXPECT_THAT(test({{"x", numbered_x().narrow(2, 0, 1)}, {"y", y}}), HasSubstr("2 features in one and 1 in the other"));
  EXPECT_THAT(test({{"x", numbered_x()}, {"y", y.to(at::kFloat)}}), HasSubstr("different kinds"));
}

constexpr const char* kTs = R"(# a comment
@problemName Tiny
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down
@data
1,2,3:10,20,30:up
4,5:40,50:down
+6,7e0,8,9.5:-60,70,80,95:up
1:2:down
1,2:3,4:up
)";

TEST_F(SequencesTest, TsFilesGiveDimensionsUnequalLengthsAndLabels) {
  settings_.validation_samples = 1;
  settings_.test_samples = 1;
  const auto task = load_ts(kTs);
  EXPECT_EQ(task->shape().steps, 4);
  EXPECT_EQ(task->shape().n_in, 2);
  EXPECT_EQ(task->shape().n_out, 2);
  EXPECT_THAT(task->shape().sequence, HasSubstr("at most 4 steps"));
  bool found = false;
  for (const auto part : {Part::train, Part::validation, Part::test}) {
    const auto batch = all_of(*task, part);
    for (std::int64_t row = 0; row < batch.x.size(1); ++row) {
      if (batch.lengths[row].item<std::int64_t>() != 4) continue;
      found = true;
      EXPECT_TRUE(at::equal(batch.x.select(1, row), at::tensor({6., -60., 7., 70., 8., 80., 9.5, 95.}).view({4, 2})));
      EXPECT_EQ(batch.y[row].item<std::int64_t>(), 0);
    }
  }
  EXPECT_TRUE(found);
}

TEST_F(SequencesTest, TsHeadersThatLieAreNamedWithTheirLine) {
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = kTs;
    text.replace(text.find(from), from.size(), to);
    return ts_error(text);
  };
  settings_.validation_samples = settings_.test_samples = 1;
  ASSERT_EQ(ts_error(kTs), "");
  EXPECT_THAT(changed("@dimensions 2", "@dimensions 3"), HasSubstr("data.ts:10: has 2 dimensions, and 3"));
  EXPECT_THAT(changed("@equalLength false", "@equalLength true"), HasSubstr("data.ts:11: has 2 steps, the first"));
  EXPECT_THAT(changed("@equalLength false", "@seriesLength 3"),
              HasSubstr("data.ts:11: has 2 steps, and @seriesLength"));
  EXPECT_THAT(changed("@univariate false", "@univariate true"), HasSubstr("contradicts @dimensions 2"));
  EXPECT_THAT(changed("@dimensions 2", "@dimensions two"), HasSubstr("data.ts:6: @dimensions must be a whole number"));
  EXPECT_THAT(changed("true up down", "true up"), HasSubstr("data.ts:11: the label \"down\" is none of"));
  EXPECT_THAT(changed("true up down", "true up down up"), HasSubstr("names up twice"));
  EXPECT_THAT(changed("@classLabel true up down\n", ""), HasSubstr("@classLabel true and its labels must come"));
  EXPECT_THAT(changed("@timeStamps false", "@timeStamps true"), HasSubstr("time stamps are not read"));
  EXPECT_THAT(changed("@missing false", "@colour red"), HasSubstr("data.ts:4: unknown @colour; known:"));
  EXPECT_THAT(changed("4,5:40,50:down", "4,?:40,50:down"),
              HasSubstr("data.ts:11: dimension 1, step 2: a missing value"));
  EXPECT_THAT(changed("4,5:40,50:down", "4,5:40:down"), HasSubstr("dimension 2 has 1 steps, and dimension 1 has 2"));
  EXPECT_THAT(changed("4,5:40", "4,5x:40"), HasSubstr("\"5x\" is no finite number"));
  EXPECT_THAT(changed("4,5:40", "4,1e999:40"), HasSubstr("is no finite number"));
  EXPECT_THAT(changed("@data\n", ""), HasSubstr("data.ts:9: \"1,2,3:10,20,30:up\" stands before @data"));
  EXPECT_THAT(ts_error(""), HasSubstr("has no @data"));
  EXPECT_THAT(changed("true up down", "true \"up down"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(ts_error("@classLabel true a b\n@data\n"), HasSubstr("has no cases"));
}

/// As @classLabel of the archives with names of several words has them.
TEST_F(SequencesTest, LabelsInQuotesMayHoldBlanks) {
  settings_.validation_samples = settings_.test_samples = 1;
  for (const auto* cell : {"walk up", "\"walk up\"", " walk up "}) {
    const auto task =
        load_ts(std::string("@classLabel true \"walk up\" down\n@data\n1:") + cell + "\n2:down\n3:down\n");
    EXPECT_EQ(facts_of(*task).labels, (std::vector<std::string>{"walk up", "down"}));
  }
}

/// Marks, line ends, names and compression are no reason to refuse a file that is whole.
TEST_F(SequencesTest, FilesAreToldByWhatIsInThem) {
  settings_.validation_samples = settings_.test_samples = 1;
  const std::string text = "@classLabel true a b\n@data\n1,1e-400:a\n3,4:b\n5,6:b\n";
  std::string carriage = text, both;
  std::replace(carriage.begin(), carriage.end(), '\n', '\r');
  for (const char c : text) both += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto tensors = write_safetensors({{"x", numbered_x()}, {"y", at::arange(kSamples, at::kLong) % 3}});
  for (const auto& [name, bytes] :
       std::vector<std::pair<std::string, std::string>>{{"UPPER.TS", text},
                                                        {"x.ts.gz", testing_support::gzipped(text)},
                                                        {"x.Ts.GZ", testing_support::gzipped(text)},
                                                        {"bom.ts", "\xef\xbb\xbf" + text},
                                                        {"comment.ts", "\xef\xbb\xbf# a comment\n% another\n\n" + text},
                                                        {"cr.ts", carriage},
                                                        {"crlf.ts", both},
                                                        {"named.csv", text},
                                                        {"unnamed", text},
                                                        {"x.st", tensors},
                                                        {"x.gz", testing_support::gzipped(tensors)}}) {
    settings_.file = folder_.write(name, bytes).string();
    EXPECT_EQ(error_of([&] { load(); }), "") << name;
  }
}

TEST_F(SequencesTest, OtherFormatsAreNamed) {
  using namespace std::string_literals;
  for (const auto& [bytes, name] : std::vector<std::pair<std::string, std::string>>{
           {"@relation own\n@attribute a numeric\n@data\n1,a\n", "is ARFF"},
           {"% of Weka\n\n@RELATION own\n", "is ARFF"},
           {"\x89HDF\r\n\x1a\n....", "is HDF5"},
           {"PAR1....", "is Parquet"},
           {"\x80\x04\x95....", "is a pickle"},
           {"<!DOCTYPE html><html>", "is a web page"},
           {"{\"x\": [1]}", "is JSON"},
           {"\xff\xfe@\0p\0"s, "UTF-16"},
           {"@\0p\0r\0"s, "UTF-16"},
           {"\1\2\3\4"s, "is of no known format"},
           {"", "is empty"}}) {
    settings_.file = folder_.write("data", bytes).string();
    const auto told = error_of([&] { load(); });
    EXPECT_THAT(told, HasSubstr(name));
    EXPECT_THAT(told, HasSubstr("data: "));
    EXPECT_THAT(told, HasSubstr("read are safetensors"));
  }
}

/// [samples, outputs] where one value at every step was meant: it shows.
TEST_F(SequencesTest, ASeveralValuedTargetIsSaidToBeOne) {
  const auto task = load({{"x", numbered_x()}, {"y", at::zeros({kSamples, kSteps})}});
  EXPECT_THAT(task->shape().sequence, HasSubstr("a target of 4 values a sequence"));
}

}  // namespace
}  // namespace evobrnn
