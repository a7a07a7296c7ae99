// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/images.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/task_support.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::data_error_of;
using testing_support::first;

TaskSettings laid_out(const std::string& layout, const std::string& order = "raster") {
  TaskSettings settings;
  settings.layout = layout;
  settings.order = order;
  settings.validation_samples = 1;
  return settings;
}

/// Two images of 2×3 with values 0 … 5 and 6 … 11, labels 0 and 1.
std::shared_ptr<const Task> tiny_task(const TaskSettings& settings) {
  const ImageSet set{at::arange(12, at::kByte).view({2, 6}), at::tensor({0, 1}, at::kLong), 2, 3};
  return make_image_task(set, set, 2, settings);
}

/// Chunks of tiny_task.
std::shared_ptr<const Task> chunked_task(std::int64_t chunk, std::int64_t stride = 0) {
  auto settings = laid_out("chunks");
  settings.chunk = chunk;
  settings.stride = stride;
  return tiny_task(settings);
}

/// Two equal images of 2×2 with three colours: red 10 … 13, green 20 … 23, blue 30 … 33.
std::shared_ptr<const Task> colour_task(const TaskSettings& settings) {
  const auto image = at::tensor({10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 23, 33}, at::kByte);
  const ImageSet set{image.expand({2, 12}).contiguous(), at::tensor({0, 1}, at::kLong), 2, 2, 3};
  return make_image_task(set, set, 2, settings);
}

/// The values of the first test image, [steps, n_in].
at::Tensor sequence(const Task& task) { return task.batch(Part::test, {0}, at::kDouble).x.select(1, 0) * 255; }

/// `values`: step after step.
void expect_sequence(const Task& task, const std::vector<double>& values) {
  const auto shape = task.shape();
  const auto x = sequence(task);
  EXPECT_EQ(x.sizes().vec(), (std::vector<std::int64_t>{shape.steps, shape.n_in}));
  ASSERT_EQ(x.numel(), static_cast<std::int64_t>(values.size()));
  EXPECT_TRUE(at::allclose(x.reshape({-1}), at::tensor(values, at::kDouble))) << x;
}

TEST(ImageTask, RowsChunksAndPixelsKeepTheOrder) {
  const auto rows = tiny_task(laid_out("rows")), chunks = chunked_task(4), pixels = tiny_task(laid_out("pixels"));
  EXPECT_EQ(rows->shape().steps, 2);
  EXPECT_EQ(chunks->shape().steps, 2);
  EXPECT_EQ(pixels->shape().steps, 6);
  expect_sequence(*rows, {0, 1, 2, 3, 4, 5});
  expect_sequence(*chunks, {0, 1, 2, 3, 4, 5, 0, 0});
  expect_sequence(*pixels, {0, 1, 2, 3, 4, 5});
}

TEST(ImageTask, ChunksOverlapWhereTheStrideIsBelowTheirSize) {
  expect_sequence(*chunked_task(4, 2), {0, 1, 2, 3, 2, 3, 4, 5});
  expect_sequence(*chunked_task(3, 2), {0, 1, 2, 2, 3, 4, 4, 5, 0});
  expect_sequence(*chunked_task(5, 1), {0, 1, 2, 3, 4, 1, 2, 3, 4, 5});
  expect_sequence(*chunked_task(3, 3), {0, 1, 2, 3, 4, 5});
  expect_sequence(*chunked_task(28, 1), {0, 1, 2, 3, 4, 5});
}

TEST(ImageTask, AStrideAboveTheChunkLeavesValuesOutAndNeverStartsBeyondTheLast) {
  expect_sequence(*chunked_task(2, 4), {0, 1, 4, 5});
  expect_sequence(*chunked_task(1, 4), {0, 4});
  expect_sequence(*chunked_task(2, 5), {0, 1, 5, 0});
  expect_sequence(*chunked_task(2, 1000000000), {0, 1});
}

TEST(ImageTask, SnakeTurnsEverySecondRowAround) {
  expect_sequence(*tiny_task(laid_out("pixels", "snake")), {0, 1, 2, 5, 4, 3});
  expect_sequence(*colour_task(laid_out("pixels", "snake")), {10, 20, 30, 11, 21, 31, 13, 23, 33, 12, 22, 32});
  expect_sequence(*colour_task(laid_out("planes", "snake")), {10, 11, 13, 12, 20, 21, 23, 22, 30, 31, 33, 32});
}

TEST(ImageTask, ColoursOfAPixelComeTogetherOrPlaneAfterPlane) {
  const std::vector<double> together = {10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 23, 33};
  const auto rows = colour_task(laid_out("rows")), pixels = colour_task(laid_out("pixels")),
             planes = colour_task(laid_out("planes"));
  EXPECT_EQ(rows->shape().steps, 2);
  EXPECT_EQ(pixels->shape().steps, 4);
  EXPECT_EQ(planes->shape().steps, 6);
  expect_sequence(*rows, together);
  expect_sequence(*pixels, together);
  expect_sequence(*planes, {10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33});
  auto chunks = laid_out("chunks");
  chunks.chunk = 4;
  expect_sequence(*colour_task(chunks), together);
  expect_sequence(*tiny_task(laid_out("planes")), {0, 1, 2, 3, 4, 5});
}

TEST(ImageTask, APermutationIsOneOrderForAllImagesDrawnByItsOwnSeed) {
  const ImageSet set{at::arange(48, at::kByte).view({3, 16}), at::tensor({0, 1, 2}, at::kLong), 4, 4};
  auto settings = laid_out("pixels", "permuted");
  const auto orders = [&](std::int64_t permutation_seed, std::int64_t data_seed) {  // [16, 3], the order of each image
    settings.permutation_seed = permutation_seed;
    settings.data_seed = data_seed;
    const auto task = make_image_task(set, set, 3, settings);
    EXPECT_THAT(task->shape().sequence, HasSubstr("permuted with seed " + std::to_string(permutation_seed)));
    const auto values = task->batch(Part::test, first(3), at::kDouble).x.squeeze(2) * 255;
    return at::round(values).to(at::kLong) - at::tensor({0, 16, 32}, at::kLong);
  };
  const auto order = orders(7, 0);
  EXPECT_TRUE(at::equal(std::get<0>(order.sort(0)), at::arange(16, at::kLong).unsqueeze(1).expand({16, 3})));
  EXPECT_TRUE(at::equal(order, order.select(1, 0).unsqueeze(1).expand({16, 3})));
  EXPECT_TRUE(at::equal(order, orders(7, 5)));
  EXPECT_FALSE(at::equal(order, orders(8, 0)));
}

TEST(ImageTask, APermutationKeepsTheColoursOfAPixelTogether) {
  const auto x = sequence(*colour_task(laid_out("pixels", "permuted")));
  EXPECT_TRUE(at::allclose(x.select(1, 1), x.select(1, 0) + 10));
  EXPECT_TRUE(at::allclose(x.select(1, 2), x.select(1, 0) + 20));
}

TEST(ImageTask, SaysWhatTheSequenceIs) {
  const auto text = [](const std::shared_ptr<const Task>& task) { return task->shape().sequence; };
  EXPECT_EQ(text(tiny_task(laid_out("rows"))), "T = 2 steps of 3 values, rows");
  EXPECT_EQ(text(tiny_task(laid_out("pixels", "snake"))), "T = 6 steps of 1 value, pixels, snake order");
  EXPECT_EQ(text(chunked_task(4, 2)), "T = 2 steps of 4 values, chunks with stride 2");
  EXPECT_EQ(text(chunked_task(4)), "T = 2 steps of 4 values, chunks");
  EXPECT_EQ(text(colour_task(laid_out("planes", "permuted"))), "T = 6 steps of 2 values, planes, permuted with seed 0");
}

TEST(ImageTask, TrainingAndValidationPartsAreDisjoint) {
  TaskSettings settings;
  settings.validation_samples = 30;
  const ImageSet set{at::arange(100, at::kByte).view({100, 1}), at::arange(100, at::kLong), 1, 1};
  const auto task = make_image_task(set, set, 100, settings);
  const auto labels = [&](Part part, std::int64_t size) { return task->batch(part, first(size), at::kFloat).y; };
  const auto all = std::get<0>(at::sort(at::cat({labels(Part::train, 70), labels(Part::validation, 30)})));
  EXPECT_TRUE(at::equal(all, at::arange(100, at::kLong)));
}

/// Files as published: two records of training each, and one of test with the label 4.
class Cifar10 : public testing::Test {
 protected:
  Cifar10() {
    for (int i = 1; i <= 5; ++i) folder_.write("data_batch_" + std::to_string(i) + ".bin", record(i) + record(i + 5));
    folder_.write("test_batch.bin", record(4));
  }

  static int value(int colour, int row, int column) { return (80 * colour + 2 * row + column) % 251; }

  static std::string record(int label) {
    std::string bytes(1, static_cast<char>(label % 10));
    for (int colour = 0; colour < 3; ++colour) {
      for (int row = 0; row < 32; ++row) {
        for (int column = 0; column < 32; ++column) bytes += static_cast<char>(value(colour, row, column));
      }
    }
    return bytes;
  }

  std::shared_ptr<const Task> load(TaskSettings settings) const {
    settings.name = "cifar10";
    return make_task(settings, *make_data_store(folder_.path()));
  }
  std::string error() const {
    return data_error_of([this] { load(laid_out("rows")); });
  }

  /// Expects that the first test image has at step `place(…).first` as value `place(…).second` what the file has.
  void expect_placed(const TaskSettings& settings,
                     const std::function<std::pair<int, int>(int colour, int row, int column)>& place) const {
    const auto x = sequence(*load(settings)).contiguous();
    const auto values = x.accessor<double, 2>();
    for (int colour = 0; colour < 3; ++colour) {
      for (int row = 0; row < 32; ++row) {
        for (int column = 0; column < 32; ++column) {
          const auto [step, i] = place(colour, row, column);
          ASSERT_NEAR(values[step][i], value(colour, row, column), 1e-9) << colour << " " << row << " " << column;
        }
      }
    }
  }

  const testing_support::ScratchFolder folder_;
};

TEST_F(Cifar10, LaysOutColoursRowsAndColumnsAsAsked) {
  expect_placed(laid_out("rows"), [](int colour, int row, int column) { return std::pair(row, 3 * column + colour); });
  expect_placed(laid_out("planes"),
                [](int colour, int row, int column) { return std::pair(32 * colour + row, column); });
  expect_placed(laid_out("pixels"),
                [](int colour, int row, int column) { return std::pair(32 * row + column, colour); });
  expect_placed(laid_out("pixels", "snake"), [](int colour, int row, int column) {
    return std::pair(32 * row + (row % 2 == 0 ? column : 31 - column), colour);
  });
}

TEST_F(Cifar10, HasTheLengthsOfItsLayouts) {
  const auto steps_and_values = [&](const std::string& layout) {
    const auto shape = load(laid_out(layout))->shape();
    return std::pair(shape.steps, shape.n_in);
  };
  EXPECT_EQ(steps_and_values("rows"), (std::pair<std::int64_t, std::int64_t>(32, 96)));
  EXPECT_EQ(steps_and_values("planes"), (std::pair<std::int64_t, std::int64_t>(96, 32)));
  EXPECT_EQ(steps_and_values("pixels"), (std::pair<std::int64_t, std::int64_t>(1024, 3)));
}

TEST_F(Cifar10, EveryRecordOfEveryFileIsReadWithItsLabel) {
  const auto task = load(laid_out("rows"));
  EXPECT_EQ(task->shape().n_out, 10);
  EXPECT_EQ(task->shape().train, 9);
  const auto labels = at::cat(
      {task->batch(Part::train, first(9), at::kFloat).y, task->batch(Part::validation, first(1), at::kFloat).y});
  EXPECT_TRUE(at::equal(std::get<0>(labels.sort()), at::arange(10, at::kLong)));
  EXPECT_EQ(task->batch(Part::test, {0}, at::kFloat).y.item<std::int64_t>(), 4);
}

TEST_F(Cifar10, AFileThatIsCutShortIsAnErrorThatNamesIt) {
  for (const std::uintmax_t keep : {0U, 1U, 3072U, 6145U}) {
    fs::resize_file(folder_ / "data_batch_3.bin", keep);
    EXPECT_THAT(error(), HasSubstr("data_batch_3.bin: has " + std::to_string(keep) + " bytes"));
  }
}

TEST_F(Cifar10, ALabelAboveNineIsAnErrorThatNamesItsRecord) {
  auto bytes = record(1) + record(2);
  bytes[3073] = 10;
  folder_.write("data_batch_2.bin", bytes);
  EXPECT_THAT(error(), HasSubstr("data_batch_2.bin: record 1 has the label 10; labels go from 0 to 9"));
}

TEST_F(Cifar10, AMissingFileSaysHowToGetIt) {
  fs::remove(folder_ / "data_batch_5.bin");
  EXPECT_THAT(error(), HasSubstr("evobrnn data fetch cifar10"));
}

}  // namespace
}  // namespace evobrnn
