// SPDX-License-Identifier: Apache-2.0
#include "evolve/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "evolve/ledger.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& file) {
  const auto cause = std::string(std::strerror(errno));
  throw StorageError(file.string() + ": cannot be written: " + cause);
}

/// An open file, closed whatever happens.
class File {
 public:
  File(const fs::path& path, int flags) : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (file_ < 0) cannot_write(path);
  }
  ~File() { ::close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto size = ::write(file_, bytes.data() + done, bytes.size() - done);
      if (size < 0 && errno != EINTR) cannot_write(path_);
      if (size > 0) done += static_cast<std::size_t>(size);
    }
  }
  void synchronise() const {
    if (::fsync(file_) != 0) cannot_write(path_);
  }

 private:
  const fs::path path_;
  const int file_;
};

}  // namespace

void synchronise(const fs::path& folder) { File(folder, O_RDONLY).synchronise(); }

void write_atomically(const fs::path& file, const std::string& bytes, const std::function<void()>& before_rename) {
  auto draft = file;
  draft += ".new";
  try {
    {
      const File stream(draft, O_WRONLY | O_CREAT | O_TRUNC);
      stream.write(bytes);
      stream.synchronise();
    }
    if (before_rename) before_rename();
    if (::rename(draft.c_str(), file.c_str()) != 0) cannot_write(file);
  } catch (const StorageError&) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw;
  }
  synchronise(fs::absolute(file).parent_path());
}

std::string read_whole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace evobrnn
