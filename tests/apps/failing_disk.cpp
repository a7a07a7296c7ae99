// SPDX-License-Identifier: Apache-2.0
/// A library for LD_PRELOAD that plays a failing disk. EVOBRNN_DISK="write:ENOSPC:12:ledger.sqlite" lets 12 writes to
/// files with that in their path succeed, and fails every later one; "sync" does so with fsync and fdatasync.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

struct Plan {
  std::string operation, part;
  int error = 0;
  long after = 0;
};

const Plan& plan() {
  static const Plan all = [] {
    Plan read;
    const auto* text = std::getenv("EVOBRNN_DISK");
    std::istringstream parts(text ? text : "");
    std::string error, after;
    std::getline(parts, read.operation, ':');
    std::getline(parts, error, ':');
    std::getline(parts, after, ':');
    std::getline(parts, read.part);
    read.error = error == "ENOSPC" ? ENOSPC : EIO;
    read.after = after.empty() ? 0 : std::stol(after);
    return read;
  }();
  return all;
}

bool fails(int file, const char* operation) {
  if (plan().operation != operation) return false;
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(file);
  if (::readlink(link.c_str(), path.data(), path.size() - 1) < 0) return false;
  if (std::string(path.data()).find(plan().part) == std::string::npos) return false;
  static std::atomic<long> calls{0};
  if (calls++ < plan().after) return false;
  errno = plan().error;
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  return fails(file, "write") ? -1 : real(file, bytes, size);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  static const auto real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails(file, "write") ? -1 : real(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  static const auto real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return fails(file, "write") ? -1 : real(file, bytes, size, offset);
}

int fsync(int file) {
  static const auto real = next<int(int)>("fsync");
  return fails(file, "sync") ? -1 : real(file);
}

int fdatasync(int file) {
  static const auto real = next<int(int)>("fdatasync");
  return fails(file, "sync") ? -1 : real(file);
}

}  // extern "C"
