// SPDX-License-Identifier: Apache-2.0
/// A library for LD_PRELOAD that plays a failing disk. EVOBRNN_DISK="write:ENOSPC:12:ledger.sqlite" lets 12 writes to
/// files with that in their path succeed, and fails every later one; "sync" does so with fsync and fdatasync, "lock"
/// with flock and the locks of fcntl.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
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
    read.error = error == "ENOSPC" ? ENOSPC : error == "ENOLCK" ? ENOLCK : error == "EOPNOTSUPP" ? EOPNOTSUPP : EIO;
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

bool locks(int command) { return command == F_SETLK || command == F_SETLKW; }

}  // namespace

extern "C" {

int flock(int file, int operation) {
  static const auto real = next<int(int, int)>("flock");
  return fails(file, "lock") ? -1 : real(file, operation);
}

int fcntl(int file, int command, ...) {
  static const auto real = next<int(int, int, ...)>("fcntl");
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return locks(command) && fails(file, "lock") ? -1 : real(file, command, argument);
}

int fcntl64(int file, int command, ...) {
  static const auto real = next<int(int, int, ...)>("fcntl64");
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return locks(command) && fails(file, "lock") ? -1 : real(file, command, argument);
}

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
