// SPDX-License-Identifier: Apache-2.0
/// Members of a gzip file that follow each other are one stream, for every reader of data.
#include "core/data/gzip.hpp"

#include <ATen/ATen.h>
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/data/cifar.hpp"
#include "core/data/idx.hpp"
#include "core/data/sequence_file.hpp"
#include "core/data/ts.hpp"
#include "core/data/unpack.hpp"
#include "core/io/safetensors.hpp"
#include "core/trial.hpp"
#include "tests/core/task_support.hpp"
#include "tests/gzip_bytes.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;
using testing_support::data_error_of;
using testing_support::gzipped;
using testing_support::ScratchFolder;

/// Cut in two at `at`, a member each.
std::string two_members(const std::string& bytes, std::size_t at) {
  return gzipped(bytes.substr(0, at)) + gzipped(bytes.substr(at));
}

std::string random_bytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(i * 2654435761U >> 13);
  return bytes;
}

std::string tar_of(const ScratchFolder& folder, const std::string& name, const std::string& bytes) {
  const auto file = folder / "made.tar";
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(writer.get());
  archive_write_open_filename(writer.get(), file.c_str());
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_write_header(writer.get(), entry.get());
  archive_write_data(writer.get(), bytes.data(), bytes.size());
  archive_write_close(writer.get());
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Gzip, MembersAreOneStream) {
  const ScratchFolder folder;
  const auto bytes = random_bytes(300'000);  // more than any buffer
  EXPECT_EQ(read_maybe_gzip(folder.write("plain", bytes)), bytes);
  EXPECT_EQ(read_maybe_gzip(folder.write("one.gz", gzipped(bytes))), bytes);
  EXPECT_EQ(read_maybe_gzip(folder.write("two.gz", two_members(bytes, 100'000))), bytes);
  EXPECT_EQ(read_maybe_gzip(folder.write("three.gz", gzipped("") + two_members(bytes, 7))), bytes);
  EXPECT_EQ(read_maybe_gzip(folder.write("unnamed", two_members(bytes, 1))), bytes);
}

TEST(Gzip, ZerosBehindThemArePaddingAndAnythingElseIsAnError) {
  const ScratchFolder folder;
  const auto error = [&](const std::string& bytes) {
    return data_error_of([&] { read_maybe_gzip(folder.write("x.gz", bytes)); });
  };
  const auto bytes = random_bytes(1000), both = two_members(bytes, 10);
  EXPECT_EQ(read_maybe_gzip(folder.write("x.gz", both + std::string(200'000, '\0'))), bytes);
  EXPECT_THAT(error(both + "garbage"), HasSubstr("from byte " + std::to_string(both.size()) + " on"));
  EXPECT_THAT(error(both + std::string(3, '\0') + "x"), HasSubstr("not gzip follow its compressed data"));
  EXPECT_THAT(error(gzipped(bytes) + bytes), HasSubstr("not gzip follow"));
  for (std::size_t keep = gzipped(bytes.substr(0, 10)).size() + 1; keep < both.size(); ++keep)
    EXPECT_THAT(error(both.substr(0, keep)), HasSubstr("cut short")) << keep;
  auto damaged = both;
  damaged[damaged.size() - 6] ^= 1;  // of the second member's checksum
  EXPECT_THAT(error(damaged), HasSubstr("damaged"));
}

TEST(Gzip, EveryReaderReadsAllMembers) {
  const ScratchFolder folder;
  const auto idx = std::string("\0\0\x08\x01\0\0\0\x04", 8) + "abcd";
  EXPECT_EQ(read_idx(folder.write("labels.gz", two_members(idx, 10)), 1, 1).bytes, "abcd");

  const auto record = std::string(1, '\3') + std::string(kCifarValues, '\x40');
  EXPECT_EQ(read_cifar(folder.write("batch.bin", two_members(record + record, record.size()))).labels.size(), 2U);

  const std::string ts = "@classLabel true a b\n@data\n1,2:a\n", more = "3,4:b\n";
  EXPECT_EQ(read_ts(folder.write("x.ts", gzipped(ts) + gzipped(more))).cases.size(), 2U);

  const auto tensors = write_safetensors({{"x", at::zeros({2, 3, 1})}, {"y", at::zeros({2}, at::kLong)}});
  EXPECT_EQ(read_sequence_file(folder.write("x.safetensors.gz", two_members(tensors, 20))).tensors.size(), 2U);
}

TEST(Gzip, ArchivesOfSeveralMembersAreUnpackedWhole) {
  const ScratchFolder folder;
  const auto bytes = random_bytes(100'000), tar = tar_of(folder, "deep/data.bin", bytes);
  const auto unpacked = [&](const std::string& name, const std::string& archive) {
    const auto into = folder / name;
    std::filesystem::create_directory(into);
    const auto file = folder.write(name + ".tar.gz", archive);
    const auto error = data_error_of([&] { unpack(file, into); });
    if (!error.empty()) return error;
    EXPECT_EQ(missing_of_archive(file, into), std::vector<std::string>{});
    return read_maybe_gzip(into / "data.bin") == bytes ? std::string("whole") : "other bytes";
  };
  EXPECT_EQ(unpacked("plain", tar), "whole");
  EXPECT_EQ(unpacked("two", two_members(tar, 50'000)), "whole");
  EXPECT_EQ(unpacked("padded", gzipped(tar) + std::string(9, '\0')), "whole");
  EXPECT_THAT(unpacked("garbage", gzipped(tar) + "garbage"), HasSubstr("not gzip follow"));
  EXPECT_THAT(unpacked("short", gzipped(tar).substr(0, 500)), HasSubstr("cut short"));
}

}  // namespace
}  // namespace evobrnn
