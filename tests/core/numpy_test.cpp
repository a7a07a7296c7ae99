// SPDX-License-Identifier: Apache-2.0
/// Arrays as NumPy writes them; python/tests/test_data_files.py has files of NumPy's own.
#include "core/data/numpy.hpp"

#include <ATen/ATen.h>
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/data/sequence_file.hpp"
#include "core/io/safetensors.hpp"
#include "core/tasks/data_task.hpp"
#include "tests/core/task_support.hpp"
#include "tests/gzip_bytes.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::data_error_of;

std::string npy_of(const std::string& dictionary, const std::string& values, int version = 1) {
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  auto header = dictionary;
  while ((8 + length_bytes + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  for (std::size_t i = 0; i < length_bytes; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + values;
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& values, bool fortran = false,
                int version = 1) {
  return npy_of(
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }",
      values, version);
}

at::Tensor read(const std::string& bytes) { return read_npy(bytes).tensor; }
std::string error(const std::string& bytes) {
  return data_error_of([&] { read_npy(bytes); });
}

TEST(Numpy, VersionsByteOrdersAndOrdersOfAxesAreRead) {
  const auto expected = at::tensor({1, 2, 3, 4, 5, 6}, at::kShort).view({2, 3});
  const std::string little("\1\0\2\0\3\0\4\0\5\0\6\0", 12), big("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  const std::string columns("\1\0\4\0\2\0\5\0\3\0\6\0", 12);
  for (const int version : {1, 2, 3}) {
    EXPECT_TRUE(read(npy("<i2", "(2, 3)", little, false, version)).equal(expected)) << version;
    EXPECT_TRUE(read(npy(">i2", "(2, 3)", big, false, version)).equal(expected)) << version;
    EXPECT_TRUE(read(npy("<i2", "(2, 3)", columns, true, version)).equal(expected)) << version;
  }
  EXPECT_TRUE(read(npy("<f4", "(1,)", std::string("\0\0\xc0\x3f", 4))).equal(at::tensor({1.5F})));
  EXPECT_TRUE(
      read(npy(">f8", "()", std::string("\x3f\xf8\0\0\0\0\0\0", 8))).equal(at::scalar_tensor(1.5, at::kDouble)));
  EXPECT_TRUE(read(npy("<f2", "(1,)", std::string("\0\x3e", 2))).to(at::kFloat).equal(at::tensor({1.5F})));
  EXPECT_TRUE(read(npy("|b1", "(2,)", std::string("\1\0", 2))).equal(at::tensor({1, 0}, at::kByte)));
  EXPECT_TRUE(read(npy("<u2", "(1,)", std::string("\xff\xff", 2))).equal(at::tensor({65535}, at::kLong)));
  EXPECT_TRUE(read(npy(">u4", "(1,)", std::string("\xff\xff\xff\xff", 4))).equal(at::tensor({4294967295L}, at::kLong)));
  EXPECT_TRUE(read(npy("<i8", "(0, 4)", "")).equal(at::zeros({0, 4}, at::kLong)));
  EXPECT_TRUE(read(npy_of("{\"descr\":\"<i2\",\"shape\":(2,3),\"fortran_order\":False}", little)).equal(expected));
}

TEST(Numpy, TextsAreRead) {
  const auto wide = [](const std::u32string& text) {
    std::string bytes;
    for (const auto c : text) bytes.append({static_cast<char>(c & 0xff), static_cast<char>(c >> 8 & 0xff), 0, 0});
    return bytes;
  };
  EXPECT_THAT(read_npy(npy("<U2", "(2,)", wide(U"upé") + std::string(4, '\0'))).texts, ElementsAre("up", "é"));
  EXPECT_THAT(read_npy(npy("|S3", "(2,)", std::string("up\0run", 6))).texts, ElementsAre("up", "run"));
}

TEST(Numpy, WhatIsDamagedOrNoNumberIsNamed) {
  const auto whole = npy("<f4", "(2, 3)", std::string(24, '\1'));
  for (std::size_t keep = 0; keep < whole.size(); ++keep) EXPECT_NE(error(whole.substr(0, keep)), "") << keep;
  EXPECT_THAT(error(whole + "x"), HasSubstr("too long: its header promises 24 bytes, and 25 follow"));
  EXPECT_THAT(error(npy("|O", "(2,)", "")), HasSubstr("the dtype |O"));
  EXPECT_THAT(error(npy("|O8", "(2,)", "")), HasSubstr("Python objects"));
  EXPECT_THAT(error(npy("<c8", "(1,)", std::string(8, '\0'))), HasSubstr("the dtype <c8 is not read; known: b1 f2"));
  EXPECT_THAT(error(npy("<f16", "(1,)", std::string(16, '\0'))), HasSubstr("the dtype <f16"));
  EXPECT_THAT(error(npy("<u8", "(1,)", std::string(8, '\xff'))), HasSubstr("too large"));
  EXPECT_THAT(error(npy_of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd")),
              HasSubstr("records"));
  EXPECT_THAT(error(npy_of("{'descr': '<f4', 'shape': (1,), }", "abcd")), HasSubstr("header is damaged"));
  EXPECT_THAT(error(npy("<f4", "(-1,)", "")), HasSubstr("header is damaged"));
  EXPECT_THAT(error(npy("<f4", "(4611686018427387904, 4)", "")), HasSubstr("impossible shape"));
  EXPECT_THAT(error(npy("<f4", "(1,)", "abcd", false, 4)), HasSubstr("version 4"));
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_zip(writer.get());
  archive_write_open_memory(writer.get(), bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_write_header(writer.get(), entry.get());
    archive_write_data(writer.get(), content.data(), content.size());
  }
  archive_write_close(writer.get());
  bytes.resize(used);
  return bytes;
}

std::string x_bytes() { return npy("|i1", "(4, 3, 1)", "abcdefghijkl"); }
std::string texts(const std::vector<std::string>& all) {
  std::string bytes;
  for (auto text : all) {
    text.resize(4);
    bytes += text;
  }
  return npy("|S4", "(" + std::to_string(all.size()) + ",)", bytes);
}

at::Tensor named(const SequenceFile& file, const std::string& name) {
  for (const auto& [known, tensor] : file.tensors) {
    if (known == name) return tensor;
  }
  return {};
}

TEST(Numpy, ArchivesOfArraysAreReadAsSequences) {
  const testing_support::ScratchFolder folder;
  const auto zip = zip_of({{"x.npy", x_bytes()}, {"y.npy", texts({"up", "down", "up", "mid"})}});
  for (const auto& [name, bytes] :
       {std::pair("data.npz", zip), {"data.bin", zip}, {"data.npz.gz", testing_support::gzipped(zip)}}) {
    const auto read = read_sequence_file(folder.write(name, bytes));
    EXPECT_EQ(named(read, "x").sizes(), (std::vector<std::int64_t>{4, 3, 1})) << name;
    EXPECT_THAT(read.labels, ElementsAre("down", "mid", "up"));
    EXPECT_TRUE(named(read, "y").equal(at::tensor({2, 0, 2, 1}, at::kLong)));
  }
  const auto error = [&](const std::string& bytes) {
    return data_error_of([&] { read_sequence_file(folder.write("bad.npz", bytes)); });
  };
  EXPECT_THAT(error(zip_of({{"archive/data.pkl", "x"}})), HasSubstr("holds \"archive/data.pkl\"; a .npz holds arrays"));
  EXPECT_THAT(error(zip_of({{"x.npy", "x"}})), HasSubstr("x.npy: NumPy array"));
  EXPECT_THAT(error(zip_of({{"x.npy", texts({"up"})}})), HasSubstr("x holds texts"));
  auto damaged = zip;
  damaged[damaged.find("abcdefg") == std::string::npos ? 60 : damaged.find("abcdefg")] ^= 1;
  EXPECT_NE(error(damaged), "");
  EXPECT_NE(error(zip.substr(0, zip.size() / 2)), "");
  EXPECT_NE(error(std::string("PK\3\4", 4) + std::string(60, '\0')), "");
}

TEST(Numpy, AnArrayAloneHasItsCompanionsBesideIt) {
  EXPECT_THAT(companions("a/X_train.npy"), ElementsAre("a/y_train.npy", "a/lengths_train.npy", "a/mask_train.npy"));
  EXPECT_THAT(companions("train_x.npy.gz"), ElementsAre("train_y.npy.gz", "train_lengths.npy.gz", "train_mask.npy.gz"));
  EXPECT_THAT(companions("x.npy"), ElementsAre("y.npy", "lengths.npy", "mask.npy"));
  EXPECT_TRUE(companions("x.npz").empty());
  EXPECT_TRUE(companions("max.npy").empty());
  const testing_support::ScratchFolder folder;
  folder.write("y_a.npy", texts({"b", "a", "a", "b"}));
  TaskSettings settings;
  settings.name = "sequences";
  settings.file = folder.write("x_a.npy", x_bytes()).string();
  settings.validation_samples = settings.test_samples = 1;
  const auto data = make_data_store(folder.path());
  EXPECT_THAT(facts_of(*make_task(settings, *data)).labels, ElementsAre("a", "b"));
  EXPECT_EQ(data->found().size(), 2U) << "both belong to the data of a run";
  const auto refused = [&](const std::string& name) {
    settings.file = folder.write(name, x_bytes()).string();
    return data_error_of([&] { make_task(settings, *make_data_store(folder.path())); });
  };
  EXPECT_THAT(refused("x_b.npy"), HasSubstr("y_b.npy is not beside it"));
  EXPECT_THAT(refused("data.npy"), HasSubstr("holds one array, and no y"));
}

}  // namespace
}  // namespace evobrnn
