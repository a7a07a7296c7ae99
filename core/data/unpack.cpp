// SPDX-License-Identifier: Apache-2.0
#include "core/data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>

#include "core/data/gzip.hpp"
#include "core/io/new_file.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostInflated = 1032;  // bytes that deflate makes of one, at most
constexpr std::size_t kPiece = 1 << 16;

/// Receives a file's next bytes; none: the file has ended.
using Sink = std::function<void(const char* bytes, std::size_t size)>;

/// An archive, read once from its beginning to its end.
class Archive {
 public:
  explicit Archive(const fs::path& file)
      : name_(file.string()),
        bytes_(file),
        // A sparse file may claim holes of any size, which would fill the disk with zeros.
        room_(kMostInflated * fs::file_size(file)),
        piece_(kPiece),
        reader_(archive_read_new(), archive_read_free) {
    archive_read_support_format_tar(reader_.get());
    if (archive_read_open(reader_.get(), this, nullptr, &Archive::read, nullptr) != ARCHIVE_OK) fail();
  }

  /// Hands every plain file over; `sink_of` says where to.
  void each(const std::function<Sink(const std::string& name)>& sink_of) {
    archive_entry* entry = nullptr;
    int state = ARCHIVE_OK;
    while ((state = archive_read_next_header(reader_.get(), &entry)) == ARCHIVE_OK) {
      if (archive_entry_filetype(entry) != AE_IFREG) continue;
      const auto name = last_name(entry);
      if (name.empty() || name == "." || name == "..") throw DataError(name_ + ": holds a file without a name");
      copy_to(sink_of(name));
    }
    if (state != ARCHIVE_EOF) fail();
    while (bytes_.read(piece_.data(), piece_.size()) > 0) {
    }  // what is behind the archive's end belongs to the checksum of its last member
  }

 private:
  static la_ssize_t read(archive* reader, void* self, const void** buffer) {
    auto& me = *static_cast<Archive*>(self);
    try {
      *buffer = me.piece_.data();
      return static_cast<la_ssize_t>(me.bytes_.read(me.piece_.data(), me.piece_.size()));
    } catch (const std::exception& error) {  // none may pass through C
      me.trouble_ = std::current_exception();
      archive_set_error(reader, EIO, "%s", error.what());
      return ARCHIVE_FATAL;
    }
  }

  [[noreturn]] void fail() const {
    if (trouble_) std::rethrow_exception(trouble_);
    const char* why = archive_error_string(reader_.get());
    throw DataError(name_ + ": cannot be unpacked: " + (why ? why : "damaged"));
  }

  static std::string last_name(archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    return path ? fs::path(path).filename().string() : "";  // one that this locale cannot write
  }

  void copy_to(const Sink& sink) {
    std::vector<char> buffer(kPiece);
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader_.get(), buffer.data(), buffer.size())) > 0) {
      const auto size = static_cast<std::size_t>(got);
      if (size > room_) throw DataError(name_ + ": claims more than it can hold");
      room_ -= size;
      if (sink) sink(buffer.data(), size);
    }
    if (got < 0) fail();
    if (sink) sink(nullptr, 0);
  }

  const std::string name_;
  InflatedFile bytes_;
  std::uintmax_t room_;
  std::vector<char> piece_;
  std::exception_ptr trouble_;
  const std::unique_ptr<archive, int (*)(archive*)> reader_;
};

}  // namespace

std::vector<std::string> missing_of_archive(const fs::path& file, const fs::path& folder) {
  std::vector<std::string> missing;
  Archive(file).each([&](const std::string& name) -> Sink {
    const auto there = std::make_shared<std::ifstream>(folder / name, std::ios::binary);
    const auto same = std::make_shared<bool>(there->is_open());
    return [&missing, there, same, name, buffer = std::vector<char>(kPiece)](const char* bytes,
                                                                             std::size_t size) mutable {
      if (size > 0 && *same) {
        there->read(buffer.data(), static_cast<std::streamsize>(size));
        *same = static_cast<std::size_t>(there->gcount()) == size && std::equal(bytes, bytes + size, buffer.begin());
      }
      if (size > 0) return;
      if (!*same || there->peek() != std::ifstream::traits_type::eof()) missing.push_back(name);
    };
  });
  return missing;
}

void unpack(const fs::path& file, const fs::path& folder) {
  try {
    Archive(file).each([&](const std::string& name) -> Sink {
      return [draft = std::make_shared<DraftFile>(folder / name)](const char* bytes, std::size_t size) {
        if (size > 0) draft->write({bytes, size});
        else draft->put_in_place();
      };
    });
  } catch (const FileError& error) {
    throw DataError(error.what());
  }
}

}  // namespace evobrnn
