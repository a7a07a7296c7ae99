// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "core/data/data_store.hpp"
#include "core/data/idx.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string idx(const std::vector<std::uint32_t>& shape, const std::string& values, char type = 0x08) {
  std::string bytes{0, 0, type, static_cast<char>(shape.size())};
  for (const auto size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((size >> shift) & 0xff);
  }
  return bytes + values;
}

void write_gzip(const fs::path& file, const std::string& bytes) {
  const auto out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

class DataTest : public ::testing::Test {
 protected:
  DataTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write_gzip(folder_ / "train-images-idx3-ubyte.gz", idx({6, 2, 3}, std::string(36, '\x40')));
    write_gzip(folder_ / "train-labels-idx1-ubyte.gz", idx({6}, std::string("\0\1\2\3\4\5", 6)));
    write(folder_ / "t10k-images-idx3-ubyte", idx({2, 2, 3}, std::string(12, '\x40')));
    write(folder_ / "t10k-labels-idx1-ubyte", idx({2}, std::string("\0\x9", 2)));
    settings_.name = "mnist";
    settings_.validation_samples = 2;
  }

  /// What loading says, or nothing when it works.
  std::string error() const {
    try {
      load_task(settings_, *make_data_store(folder_));
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     ("data-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  TaskSettings settings_;
};

TEST_F(DataTest, AStoreSaysWhichFilesItFoundAndWhatTheirDataHold) {
  const auto data = make_data_store(folder_);
  EXPECT_TRUE(data->found().empty());
  EXPECT_EQ(data->held_bytes(), 0);
  load_task(settings_, *data);
  std::vector<std::string> names;
  for (const auto& file : data->found()) names.push_back(file.filename().string());
  EXPECT_EQ(names, (std::vector<std::string>{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                             "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}));
  const auto held = data->held_bytes();
  EXPECT_GE(held, 8 * 6) << "a byte a pixel, at least";
  load_task(settings_, *data);
  EXPECT_EQ(data->held_bytes(), held) << "what is there already is not read again";
  EXPECT_EQ(data->found().size(), 4U);
}

TEST_F(DataTest, GzipAndPlainFilesAreRead) {
  const auto shape = load_task(settings_, *make_data_store(folder_));
  EXPECT_EQ(shape.steps, 2);
  EXPECT_EQ(shape.n_in, 3);
  EXPECT_EQ(shape.n_out, 10);
  EXPECT_EQ(shape.train, 4);
  EXPECT_EQ(shape.validation, 2);
  EXPECT_EQ(shape.test, 2);
}

TEST_F(DataTest, AMissingFileSaysHowToGetIt) {
  fs::remove(folder_ / "train-images-idx3-ubyte.gz");
  EXPECT_THAT(error(), HasSubstr("evobrnn data fetch mnist"));
}

TEST_F(DataTest, ATruncatedGzipFileIsAnError) {
  const auto file = folder_ / "train-images-idx3-ubyte.gz";
  const auto size = fs::file_size(file);
  for (std::uintmax_t keep = 0; keep < size; ++keep) {
    fs::resize_file(file, keep);
    EXPECT_THAT(error(), HasSubstr("train-images-idx3-ubyte.gz")) << keep;
    write_gzip(file, idx({6, 2, 3}, std::string(36, '\x40')));
  }
}

TEST_F(DataTest, ADamagedGzipFileIsAnError) {
  std::fstream file(folder_ / "train-images-idx3-ubyte.gz", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-6, std::ios::end);
  file.put('x').put('y');
  file.close();
  EXPECT_THAT(error(), HasSubstr("damaged"));
}

TEST_F(DataTest, AFileNamedGzThatIsNotIsAnError) {
  write(folder_ / "train-labels-idx1-ubyte.gz", "plain");
  EXPECT_THAT(error(), HasSubstr("not gzip"));
}

TEST_F(DataTest, ATruncatedPlainFileIsAnError) {
  const auto whole = idx({2, 2, 3}, std::string(12, '\x40'));
  for (std::size_t keep = 0; keep < whole.size(); ++keep) {
    write(folder_ / "t10k-images-idx3-ubyte", whole.substr(0, keep));
    EXPECT_THAT(error(), HasSubstr("t10k-images-idx3-ubyte")) << keep;
  }
  write(folder_ / "t10k-images-idx3-ubyte", whole + "x");
  EXPECT_THAT(error(), HasSubstr("too long"));
}

TEST_F(DataTest, ALabelAboveNineIsAnError) {
  write(folder_ / "t10k-labels-idx1-ubyte", idx({2}, std::string("\0\xa", 2)));
  EXPECT_THAT(error(), HasSubstr("has the label 10"));
}

TEST_F(DataTest, SizesThatDoNotFitAreErrors) {
  write(folder_ / "t10k-labels-idx1-ubyte", idx({3}, std::string(3, '\1')));
  EXPECT_THAT(error(), HasSubstr("3 labels"));
  write(folder_ / "t10k-labels-idx1-ubyte", idx({2}, std::string(2, '\1')));
  write(folder_ / "t10k-images-idx3-ubyte", idx({2, 3, 2}, std::string(12, '\1')));
  EXPECT_THAT(error(), HasSubstr("2×3"));
}

TEST_F(DataTest, TooFewSamplesForTheSettingsIsAnError) {
  settings_.train_samples = 5;
  EXPECT_THAT(error(), HasSubstr("too few"));
  settings_.train_samples = 0;
  settings_.validation_samples = 6;
  EXPECT_THAT(error(), HasSubstr("too few"));
}

TEST_F(DataTest, LyingHeadersAreErrors) {
  const auto file = folder_ / "lie";
  const auto reads = [&](const std::string& bytes) {
    write(file, bytes);
    return read_idx(file, 3, 3);
  };
  EXPECT_NO_THROW(reads(idx({1, 2, 2}, "abcd")));
  EXPECT_THROW(reads(idx({1, 2, 2}, "abcd", 0x0d)), DataError);
  EXPECT_THROW(reads(idx({4}, "abcd")), DataError);
  EXPECT_THROW(reads(idx({0, 2, 2}, "")), DataError);
  EXPECT_THROW(reads(idx({0xffffffff, 0xffffffff, 0xffffffff}, "abcd")), DataError);
  EXPECT_THROW(reads(idx({0xffffffff, 1, 1}, "abcd")), DataError);
  EXPECT_THROW(reads("not an idx file at all"), DataError);
}

TEST_F(DataTest, UsersOwnIdxFilesAreRead) {
  settings_.name = "idx";
  settings_.train_images = "train-images-idx3-ubyte.gz";
  settings_.train_labels = (folder_ / "train-labels-idx1-ubyte.gz").string();
  settings_.test_images = "t10k-images-idx3-ubyte";
  settings_.test_labels = "t10k-labels-idx1-ubyte";
  EXPECT_THAT(error(), HasSubstr("has the label 9; labels go from 0 to 5"));
  write(folder_ / "t10k-labels-idx1-ubyte", idx({2}, std::string("\0\5", 2)));
  EXPECT_EQ(load_task(settings_, *make_data_store(folder_)).n_out, 6);
}

}  // namespace
}  // namespace evobrnn
