// SPDX-License-Identifier: Apache-2.0
#include "core/data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>

#include "core/data/gzip.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostInflated = 1032;  // bytes that deflate makes of one, at most
constexpr const char* kDrafts = ".unpacking";   // folder of files that are not whole yet
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

/// A new file that is on the disk when it is closed.
class Draft {
 public:
  explicit Draft(fs::path file) : path_(std::move(file)) {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file_ < 0) fail();
  }
  ~Draft() {
    if (file_ >= 0) ::close(file_);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write(const char* bytes, std::size_t size) const {
    for (std::size_t done = 0; done < size;) {
      const auto got = ::write(file_, bytes + done, size - done);
      if (got < 0 && errno != EINTR) fail();
      if (got > 0) done += static_cast<std::size_t>(got);
    }
  }
  void move_to(const fs::path& target) const {
    if (::fsync(file_) != 0 || ::rename(path_.c_str(), target.c_str()) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const { throw DataError(path_.string() + ": cannot be written: " + std::strerror(errno)); }

  const fs::path path_;
  int file_ = -1;
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
  const auto drafts = folder / kDrafts;
  std::error_code error;
  fs::remove_all(drafts, error);  // of an unpacking that was killed
  fs::create_directory(drafts, error);
  if (error) throw DataError(fmt::format("{}: cannot be made: {}", drafts.string(), error.message()));
  try {
    Archive(file).each([&](const std::string& name) -> Sink {
      return [draft = std::make_shared<Draft>(drafts / name), target = folder / name](const char* bytes,
                                                                                      std::size_t size) {
        if (size > 0) draft->write(bytes, size);
        else draft->move_to(target);
      };
    });
  } catch (...) {
    fs::remove_all(drafts, error);
    throw;
  }
  fs::remove_all(drafts, error);
}

}  // namespace evobrnn
