// SPDX-License-Identifier: Apache-2.0
#include "core/data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMostInflated = 1032;  // bytes that deflate makes of one, at most

std::string last_name(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  return path ? fs::path(path).filename().string() : "";  // one that this locale cannot write
}

}  // namespace

void unpack(const fs::path& file, const fs::path& folder) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  const auto fail = [&] {
    const char* why = archive_error_string(reader.get());
    throw DataError(file.string() + ": cannot be unpacked: " + (why ? why : "damaged"));
  };
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) != ARCHIVE_OK) fail();
  // A sparse file may claim holes of any size, which would fill the disk with zeros.
  auto room = kMostInflated * fs::file_size(file);
  archive_entry* entry = nullptr;
  int state = ARCHIVE_OK;
  while ((state = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const auto target = folder / last_name(entry);
    std::ofstream out(target, std::ios::binary);
    std::vector<char> buffer(1 << 16);
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader.get(), buffer.data(), buffer.size())) > 0) {
      if (static_cast<std::uintmax_t>(got) > room) throw DataError(file.string() + ": claims more than it can hold");
      room -= static_cast<std::uintmax_t>(got);
      out.write(buffer.data(), got);
    }
    if (got < 0) fail();
    if (!out.flush()) throw DataError(target.string() + ": cannot be written");
  }
  if (state != ARCHIVE_EOF) fail();
}

}  // namespace evobrnn
