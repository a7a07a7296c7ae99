// SPDX-License-Identifier: Apache-2.0
/// Data files and weights, as tasks and networks read them: loaded, or refused with a DataError.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>

#include "core/io/safetensors.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using fuzzing::Target;

/// gzip holds up to 1,032 times its own bytes, which are there as text, as values, and once more while one becomes the
/// other.
constexpr std::size_t kPerPackedByte = 4 * 1032;

const std::vector<std::string> kIdxTokens = {std::string("\0\0\x08\x03", 4), std::string("\0\0\x08\x01", 4),
                                             std::string("\0\0\0\x02", 4), "\x1f\x8b\x08"};

/// Four images of 2×2, and their labels.
const std::string kImages = std::string("\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x02", 16) + std::string(16, '\x40');
const std::string kLabels("\0\0\x08\x01\0\0\0\x04\0\1\2\3", 12);

class FuzzData : public ::testing::Test {
 protected:
  FuzzData() { settings_.validation_samples = settings_.test_samples = 1; }

  /// Loads the task and every sample of its test part.
  void load() const {
    const auto task = make_task(settings_, *make_data_store(folder_.path()));
    std::vector<std::int64_t> indices(static_cast<std::size_t>(task->shape().test));
    std::iota(indices.begin(), indices.end(), std::int64_t{0});
    task->batch(Part::test, indices, at::kFloat);
  }

  /// What reads an input in place of the file of that name.
  std::function<bool(const std::string&)> in_place_of(const std::string& name) {
    return [this, name](const std::string& input) {
      folder_.write(name, input);
      return fuzzing::accepts<DataError>([this] { load(); });
    };
  }

  std::string gzipped(const std::string& bytes) const {
    const auto file = folder_ / "packed.gz";
    const auto out = gzopen(file.c_str(), "wb");
    gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(out);
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  void write_mnist() {
    settings_.name = "mnist";
    for (const std::string part : {"train", "t10k"}) {
      folder_.write(part + "-images-idx3-ubyte", kImages);
      folder_.write(part + "-labels-idx1-ubyte", kLabels);
    }
  }

  /// A target whose inputs may be compressed.
  static Target packed(Target target) {
    target.per_byte = kPerPackedByte;
    return target;
  }

  testing_support::ScratchFolder folder_;
  TaskSettings settings_;
};

TEST_F(FuzzData, Sequences) {
  settings_.name = "sequences";
  settings_.file = "x.safetensors";
  const auto file = write_safetensors({{"x", at::arange(40, at::kFloat).view({5, 4, 2})},
                                       {"y", at::tensor({0, 1, 2, 1, 0}, at::kLong)},
                                       {"lengths", at::tensor({4, 3, 2, 1, 4}, at::kLong)}});
  fuzzing::fuzz({"Sequences",
                 {file},
                 {"\"shape\":[", "\"dtype\":\"F64\"", "\"data_offsets\":[0,", "{", "}", "BF16", "BOOL"},
                 in_place_of("x.safetensors")});
}

TEST_F(FuzzData, Weights) {
  ModelSettings model;
  model.n = 3;
  Network network(model, {2, 2, at::kFloat, at::kCPU, 1});
  fuzzing::fuzz({"Weights",
                 {network.save()},
                 {"\"W\"", "\"shape\":[3,3]", "\"data_offsets\":[0,36]", "\"__metadata__\":{"},
                 [&](const std::string& input) { return fuzzing::accepts<DataError>([&] { network.load(input); }); }});
}

TEST_F(FuzzData, Ts) {
  settings_.name = "sequences";
  settings_.file = "x.ts";
  const std::string file =
      "@problemName Tiny\n@timeStamps false\n@univariate false\n@dimensions 2\n@equalLength false\n"
      "@classLabel true up down\n@data\n1,2,3:10,20,30:up\n4,5:40,50:down\n6,7:60,70:up\n8:9:down\n";
  fuzzing::fuzz(packed({"Ts",
                        {file, gzipped(file)},
                        {"@data\n", "@classLabel true ", "@missing true\n", "?", ":", ",", "NaN", "@seriesLength 3\n"},
                        in_place_of("x.ts")}));
}

TEST_F(FuzzData, IdxImages) {
  write_mnist();
  fuzzing::fuzz(packed({"IdxImages", {kImages, gzipped(kImages)}, kIdxTokens, in_place_of("train-images-idx3-ubyte")}));
}

TEST_F(FuzzData, IdxLabels) {
  write_mnist();
  fuzzing::fuzz(packed({"IdxLabels", {kLabels, gzipped(kLabels)}, kIdxTokens, in_place_of("train-labels-idx1-ubyte")}));
}

TEST_F(FuzzData, Cifar) {
  settings_.name = "cifar10";
  std::string record(1 + 3 * 32 * 32, '\x40');
  record[0] = '\x03';
  for (int i = 1; i <= 5; ++i) folder_.write("data_batch_" + std::to_string(i) + ".bin", record);
  folder_.write("test_batch.bin", record);
  fuzzing::fuzz(packed({"Cifar",
                        {record, record + record, gzipped(record)},
                        {std::string(1, '\x09'), std::string(3072, '\0')},
                        in_place_of("data_batch_3.bin")}));
}

}  // namespace
}  // namespace evobrnn
