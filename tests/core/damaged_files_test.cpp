// SPDX-License-Identifier: Apache-2.0
/// Readers of data files and weights against a corpus of damaged files: every one of them loads, or is refused with a
/// DataError; nothing else happens. Built on its own, so that it also runs under AddressSanitizer.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <random>

#include "core/io/safetensors.hpp"
#include "core/models/network.hpp"
#include "core/tasks/task.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using Reader = std::function<void(const std::string& bytes)>;

/// Cut short at every length (of long files at some), then with single bytes changed, then with stretches left out,
/// doubled, or taken from elsewhere. The same corpus at every run.
std::vector<std::string> damaged_copies(const std::string& bytes) {
  std::vector<std::string> copies;
  const std::size_t stride = bytes.size() / 300 + 1;
  for (std::size_t size = 0; size < bytes.size(); size += stride) copies.push_back(bytes.substr(0, size));
  for (std::size_t at = 0; at < bytes.size(); at += stride) {
    for (const char value : {'\0', '\xff', '\x80', '9', '-', '"', '[', '\n'}) {
      copies.push_back(bytes);
      copies.back()[at] = value;
    }
  }
  std::mt19937 random(1);
  const auto place = [&] { return std::uniform_int_distribution<std::size_t>(0, bytes.size() - 1)(random); };
  for (int i = 0; i < 300; ++i) {
    auto copy = bytes;
    const auto from = place(), size = place() % 16 + 1;
    if (i % 3 == 0) copy.erase(from, size);
    if (i % 3 == 1) copy.insert(place(), bytes.substr(from, size));
    if (i % 3 == 2) copy.replace(place(), size, bytes.substr(from, size));
    copies.push_back(copy);
  }
  return copies;
}

/// Every damaged copy is read or refused; returns how many were refused.
int refused(const std::string& bytes, const Reader& read) {
  read(bytes);  // the whole one is fine
  int count = 0;
  for (const auto& copy : damaged_copies(bytes)) {
    try {
      read(copy);
    } catch (const DataError&) {
      ++count;
    }
  }
  return count;
}

class DamagedFiles : public ::testing::Test {
 protected:
  DamagedFiles() {
    settings_.validation_samples = 1;
    settings_.test_samples = 1;
  }

  /// Loads the task and every sample of its test part.
  void load() const {
    const auto task = make_task(settings_, *make_data_store(folder_.path()));
    std::vector<std::int64_t> indices(static_cast<std::size_t>(task->shape().test));
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
    task->batch(Part::test, indices, at::kFloat);
  }

  /// What reads a file of that name as the user's own sequences.
  Reader sequences(const std::string& name) {
    settings_.name = "sequences";
    settings_.file = name;
    return [this, name](const std::string& bytes) {
      folder_.write(name, bytes);
      load();
    };
  }

  testing_support::ScratchFolder folder_;
  TaskSettings settings_;
};

std::string sequences_file() {
  return write_safetensors({{"x", at::arange(40, at::kFloat).view({5, 4, 2})},
                            {"y", at::tensor({0, 1, 2, 1, 0}, at::kLong)},
                            {"lengths", at::tensor({4, 3, 2, 1, 4}, at::kLong)}});
}

constexpr const char* kTs =
    "@problemName Tiny\n@timeStamps false\n@univariate false\n@dimensions 2\n@equalLength false\n"
    "@classLabel true up down\n@data\n1,2,3:10,20,30:up\n4,5:40,50:down\n6,7:60,70:up\n8:9:down\n";

std::string gzipped(const testing_support::ScratchFolder& folder, const std::string& bytes) {
  const auto file = folder / "seed.gz";
  const auto out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Four images of 2×2, or four labels, as IDX.
std::string idx_images() {
  return std::string("\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x02", 16) + std::string(16, '\x40');
}
std::string idx_labels() { return std::string("\0\0\x08\x01\0\0\0\x04\0\1\2\3", 12); }

TEST_F(DamagedFiles, SafetensorsOfSequences) {
  EXPECT_GT(refused(sequences_file(), sequences("damaged.safetensors")), 500);
}

TEST_F(DamagedFiles, SafetensorsOfWeights) {
  ModelSettings model;
  model.n = 3;
  Network network(model, {2, 2, at::kFloat, at::kCPU, 1});
  EXPECT_GT(refused(network.save(), [&](const std::string& bytes) { network.load(bytes); }), 500);
}

TEST_F(DamagedFiles, Ts) { EXPECT_GT(refused(kTs, sequences("damaged.ts")), 500); }

TEST_F(DamagedFiles, GzipOfTs) { EXPECT_GT(refused(gzipped(folder_, kTs), sequences("damaged.ts")), 500); }

TEST_F(DamagedFiles, Idx) {
  settings_.name = "mnist";
  const auto images = [&](const std::string& bytes) { folder_.write("train-images-idx3-ubyte", bytes); };
  const auto labels = [&](const std::string& bytes) { folder_.write("train-labels-idx1-ubyte", bytes); };
  images(idx_images());
  labels(idx_labels());
  folder_.write("t10k-images-idx3-ubyte", idx_images());
  folder_.write("t10k-labels-idx1-ubyte", idx_labels());
  const auto with = [this](auto write) {
    return [this, write](const std::string& bytes) {
      write(bytes);
      load();
    };
  };
  EXPECT_GT(refused(idx_images(), with(images)), 100);
  images(idx_images());
  EXPECT_GT(refused(idx_labels(), with(labels)), 50);
}

TEST_F(DamagedFiles, Cifar) {
  settings_.name = "cifar10";
  std::string record(1 + 3 * 32 * 32, '\x40');
  record[0] = '\x03';
  for (int i = 1; i <= 5; ++i) folder_.write("data_batch_" + std::to_string(i) + ".bin", record);
  folder_.write("test_batch.bin", record);
  EXPECT_GT(refused(record,
                    [this](const std::string& bytes) {
                      folder_.write("data_batch_3.bin", bytes);
                      load();
                    }),
            200);
}

}  // namespace
}  // namespace evobrnn
