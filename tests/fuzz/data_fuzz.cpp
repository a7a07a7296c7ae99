// SPDX-License-Identifier: Apache-2.0
/// Files of data sets: IDX, CIFAR-10, .ts and safetensors, compressed or not, and the archives that they are fetched
/// in.
#include <ATen/ATen.h>
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>

#include "core/data/numpy.hpp"
#include "core/data/ts.hpp"
#include "core/data/unpack.hpp"
#include "core/io/safetensors.hpp"
#include "core/tasks/task.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/gzip_bytes.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

namespace fs = std::filesystem;
using testing_support::gzipped;
using testing_support::ScratchFolder;

// Deflate makes up to 1032 bytes of one: so long, an input may still not come to the memory that any may take.
constexpr std::size_t kLongestCompressed = 1 << 13;
// Sequences are padded to the longest of a file: so much text makes at most some MB of them.
constexpr std::size_t kLongestSequences = 1 << 12;

/// A folder of data in which one file is damaged, and the task that reads it.
class DataFolder {
 public:
  explicit DataFolder(const std::string& task) {
    settings_.name = task;
    settings_.validation_samples = 1;
    settings_.test_samples = 1;
  }

  TaskSettings& settings() { return settings_; }
  void write(const std::string& name, const std::string& bytes) const { folder_.write(name, bytes); }

  /// Loads the task with these bytes as that file, and every sample of every part.
  std::function<bool(const std::string&)> with(const std::string& name) const {
    return [this, name](const std::string& bytes) {
      write(name, bytes);
      return accepts<DataError>([this] { load(); });
    };
  }

 private:
  void load() const {
    const auto task = make_task(settings_, *make_data_store(folder_.path()));
    const auto shape = task->shape();
    for (const auto& [part, size] :
         {std::pair(Part::train, shape.train), {Part::validation, shape.validation}, {Part::test, shape.test}}) {
      std::vector<std::int64_t> indices(static_cast<std::size_t>(size));
      std::iota(indices.begin(), indices.end(), 0);
      task->batch(part, indices, at::kFloat);
    }
  }

  ScratchFolder folder_;
  TaskSettings settings_;
};

/// Four images of 2×2, and their labels.
std::string idx_images() {
  return std::string("\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x02", 16) + std::string(16, '\x40');
}
std::string idx_labels() { return std::string("\0\0\x08\x01\0\0\0\x04\0\1\2\3", 12); }

class MnistFolder : public DataFolder {
 public:
  MnistFolder() : DataFolder("mnist") {
    for (const auto* part : {"train", "t10k"}) {
      write(std::string(part) + "-images-idx3-ubyte", idx_images());
      write(std::string(part) + "-labels-idx1-ubyte", idx_labels());
    }
  }
};

TEST(Fuzz, IdxImages) {
  const MnistFolder data;
  fuzz({.name = "IdxImages", .inputs = {idx_images()}, .tokens = {}, .accepts = data.with("t10k-images-idx3-ubyte")});
}

TEST(Fuzz, IdxLabels) {
  const MnistFolder data;
  fuzz({.name = "IdxLabels", .inputs = {idx_labels()}, .tokens = {}, .accepts = data.with("t10k-labels-idx1-ubyte")});
}

TEST(Fuzz, IdxGzip) {
  const MnistFolder data;
  fuzz({.name = "IdxGzip",
        .inputs = {gzipped(idx_images()),
                   gzipped(idx_images().substr(0, 9)) + gzipped(idx_images().substr(9)) + std::string(5, '\0')},
        .tokens = {"\x1f\x8b\x08", gzipped("x"), std::string(3, '\0')},
        .accepts = data.with("t10k-images-idx3-ubyte.gz"),
        .repair = gzipped,
        .longest = kLongestCompressed});
}

TEST(Fuzz, Cifar) {
  DataFolder data("cifar10");
  std::string record(1 + 3 * 32 * 32, '\x40');
  record[0] = '\x03';
  for (int i = 1; i <= 5; ++i) data.write("data_batch_" + std::to_string(i) + ".bin", record);
  data.write("test_batch.bin", record);
  // Damage to lengths is refused at once; every other input is brought to whole records again.
  const auto whole_records = [size = record.size()](std::string bytes) {
    bytes.resize((bytes.size() / size + 1) * size);
    return bytes;
  };
  fuzz({.name = "Cifar",
        .inputs = {record, record + record},
        .tokens = {record},
        .accepts = data.with("data_batch_3.bin"),
        .repair = whole_records});
}

constexpr const char* kTs =
    "@problemName Tiny\n@timeStamps false\n@missing false\n@univariate false\n@dimensions 2\n@equalLength false\n"
    "@seriesLength 3\n@classLabel true up down\n@data\n1,2,3:10,20,30:up\n4,5:40,50:down\n6,7:60,70:up\n8:9:down\n";
constexpr const char* kUnannouncedTs = "# bare\n@classLabel true a b\n@data\n1,2:a\n+3e2,-4:b\n.5,6:a\n7,8:b\n";
const std::vector<std::string> kTsTokens = {"@dimensions ",
                                            "@equalLength ",
                                            "@seriesLength ",
                                            "@univariate ",
                                            "@classLabel true ",
                                            "@data\n",
                                            "@missing ",
                                            "true",
                                            "false",
                                            ":",
                                            ",",
                                            "?",
                                            "NaN",
                                            "1e999",
                                            "(0,1)",
                                            ":up\n",
                                            ":a\n",
                                            "1,",
                                            "\r\n",
                                            "%"};

/// The reader alone, which keeps each case at its own length.
TEST(Fuzz, Ts) {
  const ScratchFolder folder;
  fuzz({.name = "Ts", .inputs = {kTs, kUnannouncedTs}, .tokens = kTsTokens, .accepts = [&](const auto& input) {
          const auto file = folder.write("damaged.ts", input);
          TsFile ts;
          if (!accepts<DataError>([&] { ts = read_ts(file); })) return false;
          for (const auto& one : ts.cases)
            require(static_cast<std::int64_t>(one.values.size()) == one.steps * ts.dimensions,
                    "a case of another size");
          return true;
        }});
}

TEST(Fuzz, TsSequences) {
  DataFolder data("sequences");
  data.settings().file = "damaged.ts";
  fuzz({.name = "TsSequences",
        .inputs = {kTs, kUnannouncedTs, gzipped(kTs)},
        .tokens = kTsTokens,
        .accepts = data.with("damaged.ts"),
        .longest = kLongestSequences});
}

TEST(Fuzz, SafetensorsSequences) {
  const auto x = at::arange(40, at::kFloat).view({5, 4, 2});
  const auto one = write_safetensors(
      {{"x", x}, {"y", at::tensor({0, 1, 2, 1, 0}, at::kLong)}, {"lengths", at::tensor({4, 3, 2, 1, 4}, at::kLong)}});
  const auto every_step = write_safetensors(
      {{"x", x.to(at::kDouble)}, {"y", at::ones({5, 4, 1}, at::kFloat)}, {"mask", at::ones({5, 4}, at::kByte)}});
  DataFolder data("sequences");
  data.settings().file = "damaged.safetensors";
  fuzz({.name = "SafetensorsSequences",
        .inputs = {one, every_step},
        .tokens = {"\"F16\"", "\"BF16\"", "\"F64\"", "\"I64\"", "\"U8\"", "[5,4]", "[5]", "[0]", "\"mask\"", "\"y\""},
        .accepts = data.with("damaged.safetensors"),
        .longest = kLongestSequences});
}

/// A .npy of version 1.
std::string npy(const std::string& descr, const std::string& shape, const std::string& bytes,
                const std::string& order = "False") {
  auto header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10) / 64 * 64 + 64 - 11, ' ');
  header += '\n';
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + bytes;
}

TEST(Fuzz, Npy) {
  fuzz({.name = "Npy",
        .inputs = {npy("<f4", "(2, 3)", std::string(24, '\x40')), npy(">i2", "(4,)", std::string(8, '\1'), "True"),
                   npy("<U2", "(2,)", std::string("a\0\0\0b\0\0\0c\0\0\0\0\0\0\0", 16)), npy("|b1", "()", "\1")},
        .tokens = {"(", ")", ",", "'", "{", "}", "True", "False", "<f8", ">u8", "|O", "S3", "shape", "descr",
                   "9999999999"},
        .accepts = [](const auto& input) { return accepts<DataError>([&] { read_npy(input); }); }});
}

/// One plain file, one in a folder elsewhere, and a link.
std::string tar_of(const ScratchFolder& folder) {
  const auto file = folder / "made.tar";
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_open_filename(writer.get(), file.c_str());
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  for (const auto* name : {"plain.bin", "../folder/deep.bin", "/link"}) {
    archive_entry_clear(entry.get());
    archive_entry_set_pathname(entry.get(), name);
    archive_entry_set_perm(entry.get(), 0644);
    const bool link = std::string(name) == "/link";
    archive_entry_set_filetype(entry.get(), link ? AE_IFLNK : AE_IFREG);
    if (link) archive_entry_set_symlink(entry.get(), "/elsewhere");
    else archive_entry_set_size(entry.get(), 5);
    archive_write_header(writer.get(), entry.get());
    if (!link) archive_write_data(writer.get(), "bytes", 5);
  }
  archive_write_close(writer.get());
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The checksum of every header made right, so that damage to it is looked at.
std::string with_checksums(std::string tar) {
  constexpr std::size_t kBlock = 512, kChecksum = 148, kDigits = 8, kMagic = 257;
  for (std::size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    if (tar.compare(at + kMagic, 5, "ustar") != 0) continue;
    tar.replace(at + kChecksum, kDigits, std::string(kDigits, ' '));
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    tar.replace(at + kChecksum, kDigits, fmt::format("{:06o}{} ", sum, '\0'));
  }
  return tar;
}

TEST(Fuzz, Archive) {
  const ScratchFolder folder;
  const auto tar = tar_of(folder), inside = (folder / "outer/inside").string();
  fuzz({.name = "Archive",
        .inputs = {tar, gzipped(tar)},
        .tokens = {tar.substr(0, 512), std::string(512, '\0'), "../", "0000777", "30 GNU.sparse.map=0,1\n", "S", "x"},
        .accepts =
            [&](const auto& input) {
              fs::remove_all(folder / "outer");
              fs::create_directories(inside);
              const auto file = folder.write("damaged.tar.gz", input);
              const bool unpacked = accepts<DataError>([&] { unpack(file, inside); });
              for (const auto& entry : fs::directory_iterator(folder / "outer"))
                require(entry.path() == inside, "wrote to " + entry.path().string());
              return unpacked;
            },
        .repair = with_checksums,
        .longest = kLongestCompressed});
}

}  // namespace
}  // namespace evobrnn::fuzzing
