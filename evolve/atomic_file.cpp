// SPDX-License-Identifier: Apache-2.0
#include "evolve/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

#include "evolve/ledger.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& file) {
  const auto cause = std::string(std::strerror(errno));
  throw StorageError(file.string() + ": cannot be written: " + cause);
}

/// The open file that a name of the system stands for: 1 for /dev/stdout.
std::optional<int> descriptor_of(const std::string& name) {
  if (name == "/dev/stdout") return STDOUT_FILENO;
  if (name == "/dev/stderr") return STDERR_FILENO;
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = 0;
    const auto* const end = name.data() + name.size();
    if (!name.starts_with(folder)) continue;
    const auto read = std::from_chars(name.data() + folder.size(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return number;
  }
  return std::nullopt;
}

/// Devices and pipes are opened; -1: it is a file, or will be one.
int open_stream(const fs::path& file) {
  if (const auto known = descriptor_of(fs::absolute(file).lexically_normal().string())) {
    std::fflush(nullptr);  // what was printed comes first
    const int copy = ::fcntl(*known, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) cannot_write(file);
    return copy;
  }
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0 || !(S_ISCHR(found.st_mode) || S_ISFIFO(found.st_mode))) return -1;
  const int opened = ::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) cannot_write(file);
  return opened;
}

}  // namespace

void storing(const std::function<void()>& action) {
  try {
    action();
  } catch (const FileError& error) {
    throw StorageError(error.what());
  }
}

void synchronise(const fs::path& folder) {
  storing([&] { synchronise_folder(folder); });
}

void write_atomically(const fs::path& file, const std::string& bytes, const std::function<void()>& before_rename) {
  storing([&] {
    DraftFile draft(file);
    draft.write(bytes);
    draft.put_in_place(before_rename);
  });
}

OutputFile::OutputFile(const fs::path& file) : file_(file), stream_(open_stream(file)) {
  if (stream_ < 0) storing([&] { draft_ = std::make_unique<DraftFile>(file); });
}

OutputFile::~OutputFile() {
  if (stream_ >= 0) ::close(stream_);
}

void OutputFile::write(const std::string& bytes) {
  if (draft_) {
    storing([&] {
      draft_->write(bytes);
      draft_->put_in_place();
    });
    return;
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const auto size = ::write(stream_, bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno != EINTR) cannot_write(file_);
    if (size > 0) done += static_cast<std::size_t>(size);
  }
}

std::string read_whole(const fs::path& file) {
  std::error_code none;
  // Opening a pipe would wait for who writes to it.
  if (const auto status = fs::status(file, none); fs::exists(status) && !fs::is_regular_file(status))
    throw std::runtime_error(file.string() + ": is no file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace evobrnn
