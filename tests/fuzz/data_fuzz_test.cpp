// SPDX-License-Identifier: Apache-2.0
/// Files of data and of weights.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <numeric>

#include "core/io/safetensors.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

using testing_support::ScratchFolder;

/// The task of a folder's files, loaded as a trial does, and every one of its samples.
class DataFolder {
 public:
  explicit DataFolder(const std::string& task) {
    settings.name = task;
    settings.validation_samples = 1;
    settings.test_samples = 1;
  }

  /// What reads a file of that name, beside those that are there.
  std::function<bool(const std::string& bytes)> reader_of(const std::string& name) const {
    return [this, name](const std::string& bytes) {
      write(name, bytes);
      return accepts<DataError>([this] { load(); });
    };
  }

  void write(const std::string& name, const std::string& bytes) const { folder_.write(name, bytes); }

  TaskSettings settings;

 private:
  void load() const {
    const auto task = make_task(settings, *make_data_store(folder_.path()));
    const auto shape = task->shape();
    for (const auto& [part, samples] : {std::pair{Part::train, shape.train}, std::pair{Part::test, shape.test}}) {
      std::vector<std::int64_t> all(static_cast<std::size_t>(samples));
      std::iota(all.begin(), all.end(), std::int64_t{0});
      task->batch(part, all, at::kFloat);
    }
  }

  ScratchFolder folder_;
};

std::string gzipped(const std::string& bytes) {
  const ScratchFolder folder;
  const auto file = folder / "packed.gz";
  const auto out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

const std::vector<std::string> kHeaderTokens = {"\"dtype\":\"F32\"",
                                                "\"F64\"",
                                                "\"F16\"",
                                                "\"BF16\"",
                                                "\"BOOL\"",
                                                "\"I8\"",
                                                "\"U8\"",
                                                "\"shape\":[",
                                                "[[",
                                                "]",
                                                "{",
                                                "}",
                                                ",",
                                                ":",
                                                "\"mask\"",
                                                "\"x\"",
                                                "\"y\"",
                                                "\"lengths\"",
                                                "\"__metadata__\"",
                                                "null",
                                                "-1",
                                                "[0,0]",
                                                "\"\"",
                                                "\\u0000",
                                                "1e3"};

/// Makes the length in front of the header, where the mutator changed what it counts, fit again.
std::string with_right_header_length(std::string file) {
  constexpr std::size_t kLength = 8;
  const auto brace = file.rfind('}');
  if (brace == std::string::npos || brace < kLength) return file;
  const auto end = std::min(file.find_first_not_of(' ', brace + 1), file.size());
  for (std::size_t i = 0; i < kLength; ++i) file[i] = static_cast<char>(((end - kLength) >> (8 * i)) & 0xff);
  return file;
}

TEST(Fuzz, SafetensorsOfSequences) {
  DataFolder folder("sequences");
  folder.settings.file = "in.safetensors";
  const auto x = at::arange(40, at::kFloat).view({5, 4, 2});
  const auto lengths = at::tensor({4, 3, 2, 1, 4}, at::kLong), classes = at::tensor({0, 1, 2, 1, 0}, at::kLong);
  fuzz({.name = "SafetensorsOfSequences",
        .inputs = {write_safetensors({{"x", x}, {"y", classes}, {"lengths", lengths}}),
                   write_safetensors({{"x", x.to(at::kHalf)}, {"y", x.narrow(2, 0, 1).contiguous()}}),
                   write_safetensors({{"x", x.to(at::kDouble)},
                                      {"y", x.select(2, 0).contiguous().to(at::kByte)},
                                      {"mask", at::ones({5, 4}, at::kFloat)},
                                      {"lengths", lengths}}),
                   write_safetensors({{"x", x.to(at::kChar)}, {"y", at::arange(5, at::kFloat)}})},
        .tokens = kHeaderTokens,
        .accepts = folder.reader_of("in.safetensors"),
        .repair = with_right_header_length});
}

TEST(Fuzz, SafetensorsOfWeights) {
  ModelSettings settings;
  settings.n = 3;
  Network network(settings, {2, 2, at::kFloat, at::kCPU, 1});
  fuzz({.name = "SafetensorsOfWeights",
        .inputs = {network.save()},
        .tokens = kHeaderTokens,
        .accepts =
            [&](const std::string& bytes) {
              return accepts<DataError>([&] {
                network.load(bytes);
                require(read_safetensors(network.save()).size() == network.parameters().named().size(),
                        "other parameters than those of the network");
              });
            },
        .repair = with_right_header_length});
}

const std::vector<std::string> kTs = {
    "@problemName Tiny\n@timeStamps false\n@univariate false\n@dimensions 2\n@equalLength false\n"
    "@classLabel true up down\n@data\n1,2,3:10,20,30:up\n4,5:40,50:down\n6,7:60,70:up\n8:9:down\n",
    "# a comment\n@univariate true\n@equalLength true\n@seriesLength 3\n@missing false\n@classLabel true 0 1 2\n"
    "@data\n1,+2,-3e-2:0\n4,5,6:1\n.7,8.,9:2\n1,1,1:1\n"};

const std::vector<std::string> kTsTokens = {"@data\n",
                                            "@classLabel true",
                                            "@classLabel false",
                                            "@univariate ",
                                            "@dimensions ",
                                            "@equalLength ",
                                            "@seriesLength ",
                                            "@missing true",
                                            "@timeStamps true",
                                            "@targetLabel",
                                            "@",
                                            ":",
                                            ",",
                                            "\n",
                                            "?",
                                            "NaN",
                                            "true",
                                            "false",
                                            "(",
                                            " up",
                                            "1:up\n",
                                            "1:1:up\n",
                                            "1,",
                                            "1e999",
                                            "+",
                                            "%"};

TEST(Fuzz, Ts) {
  DataFolder folder("sequences");
  folder.settings.file = "in.ts";
  fuzz({.name = "Ts", .inputs = kTs, .tokens = kTsTokens, .accepts = folder.reader_of("in.ts"), .at_least = 1000});
}

TEST(Fuzz, TsGzip) {
  DataFolder folder("sequences");
  folder.settings.file = "in.ts";
  fuzz({.name = "TsGzip",
        .inputs = {gzipped(kTs[0]), gzipped(kTs[1]) + gzipped("4,4,4:1\n"),
                   gzipped(kTs[1] + std::string(100'000, '\n'))},
        .tokens = {std::string("\x1f\x8b\x08\0", 4), std::string("\0\0\xff\xff", 4)},
        .accepts = folder.reader_of("in.ts"),
        .longest = 1 << 13});  // deflate packs up to 1,032 bytes in one
}

std::string idx_of(const std::string& shape, const std::string& values) {
  return std::string("\0\0\x08", 3) + static_cast<char>(shape.size() / 4) + shape + values;
}

/// Four images of 2×2, and their labels.
const std::string kImages = idx_of(std::string("\0\0\0\4\0\0\0\2\0\0\0\2", 12), "0123456789abcdef");
const std::string kLabels = idx_of(std::string("\0\0\0\4", 4), std::string("\0\1\2\3", 4));

const std::vector<std::string> kIdxTokens = {std::string("\0\0\x08\3", 4),
                                             std::string("\0\0\x08\1", 4),
                                             std::string("\0\0\0\4", 4),
                                             std::string("\0\0\0\1", 4),
                                             std::string("\0\0\x0d\3", 4),
                                             std::string("\x7f\xff\xff\xff", 4),
                                             "\x80"};

void add_idx_files(DataFolder& folder) {
  auto& files = folder.settings;
  files.train_images = "train-images";
  files.train_labels = "train-labels";
  files.test_images = "test-images";
  files.test_labels = "test-labels";
  for (const auto& name : {files.train_images, files.test_images}) folder.write(name, kImages);
  for (const auto& name : {files.train_labels, files.test_labels}) folder.write(name, kLabels);
}

TEST(Fuzz, IdxImages) {
  DataFolder folder("idx");
  add_idx_files(folder);
  fuzz({.name = "IdxImages",
        .inputs = {kImages},
        .tokens = kIdxTokens,
        .accepts = folder.reader_of("train-images"),
        .at_least = 1000});
}

TEST(Fuzz, IdxLabels) {
  DataFolder folder("idx");
  add_idx_files(folder);
  fuzz({.name = "IdxLabels",
        .inputs = {kLabels},
        .tokens = kIdxTokens,
        .accepts = folder.reader_of("train-labels"),
        .at_least = 1000});
}

TEST(Fuzz, IdxGzip) {
  DataFolder folder("idx");
  add_idx_files(folder);
  fuzz({.name = "IdxGzip",
        .inputs = {gzipped(kImages),
                   gzipped(idx_of(std::string("\0\0\0\4\0\0\1\0\0\0\1\0", 12), std::string(1 << 18, '7')))},
        .tokens = kIdxTokens,
        .accepts = folder.reader_of("train-images"),
        .longest = 1 << 13});
}

TEST(Fuzz, Cifar) {
  const DataFolder folder("cifar10");
  std::string record(1 + 3 * 32 * 32, '\x40');
  record[0] = '\3';
  for (int i = 1; i <= 5; ++i) folder.write("data_batch_" + std::to_string(i) + ".bin", record);
  folder.write("test_batch.bin", record);
  const auto whole_records = [&](std::string damaged) {
    damaged.resize((damaged.size() / record.size() + 1) * record.size());
    return damaged;
  };
  fuzz({.name = "Cifar",
        .inputs = {record, record + record},
        .tokens = {record, "\x09", "\x0a"},
        .accepts = folder.reader_of("data_batch_3.bin"),
        .repair = whole_records});
}

}  // namespace
}  // namespace evobrnn::fuzzing
