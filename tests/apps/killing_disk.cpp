// SPDX-License-Identifier: Apache-2.0
/// A library for LD_PRELOAD that counts the calls which store something, and kills the process in place of the one that
/// EVOBRNN_KILL_AT names, from 1. At a process's own end their number is written to EVOBRNN_KILL_COUNT. Whether a call
/// stores is decided by name; write and its like count on regular files alone, and not on the standard streams.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::atomic<long> calls{0};

long last_call() {
  static const long at = [] {
    const auto* text = std::getenv("EVOBRNN_KILL_AT");
    return text ? std::stol(text) : 0;
  }();
  return at;
}

void count() {
  if (++calls != last_call()) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal may reach another thread first
}

bool stores(int file) {
  struct stat found {};
  return file > STDERR_FILENO && ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

[[gnu::destructor]] void tell() {
  const auto* file = std::getenv("EVOBRNN_KILL_COUNT");
  if (!file) return;
  if (auto* out = std::fopen(file, "w")) {
    std::fprintf(out, "%ld\n", calls.load());
    std::fclose(out);
  }
}

}  // namespace

// One line a call: counted, then done.
#define EVOBRNN_COUNTED(result, name, parameters, arguments) \
  result name parameters {                                   \
    static const auto real = next<result parameters>(#name); \
    count();                                                 \
    return real arguments;                                   \
  }
#define EVOBRNN_COUNTED_ON_FILES(result, name, parameters, arguments) \
  result name parameters {                                            \
    static const auto real = next<result parameters>(#name);          \
    if (stores(file)) count();                                        \
    return real arguments;                                            \
  }

extern "C" {

EVOBRNN_COUNTED(int, rename, (const char* from, const char* to), (from, to))
EVOBRNN_COUNTED(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
EVOBRNN_COUNTED(int, renameat2, (int a, const char* from, int b, const char* to, unsigned flags),
                (a, from, b, to, flags))
EVOBRNN_COUNTED(int, unlink, (const char* name), (name))
EVOBRNN_COUNTED(int, unlinkat, (int folder, const char* name, int flags), (folder, name, flags))
EVOBRNN_COUNTED(int, rmdir, (const char* name), (name))
EVOBRNN_COUNTED(int, remove, (const char* name), (name))
EVOBRNN_COUNTED(int, link, (const char* from, const char* to), (from, to))
EVOBRNN_COUNTED(int, symlink, (const char* from, const char* to), (from, to))
EVOBRNN_COUNTED(int, mkdir, (const char* name, mode_t mode), (name, mode))
EVOBRNN_COUNTED(int, mkdirat, (int folder, const char* name, mode_t mode), (folder, name, mode))
EVOBRNN_COUNTED_ON_FILES(int, ftruncate, (int file, off_t size), (file, size))
EVOBRNN_COUNTED_ON_FILES(int, ftruncate64, (int file, off64_t size), (file, size))
EVOBRNN_COUNTED(int, fsync, (int file), (file))
EVOBRNN_COUNTED(int, fdatasync, (int file), (file))
EVOBRNN_COUNTED_ON_FILES(ssize_t, write, (int file, const void* bytes, size_t size), (file, bytes, size))
EVOBRNN_COUNTED_ON_FILES(ssize_t, writev, (int file, const iovec* parts, int number), (file, parts, number))
EVOBRNN_COUNTED_ON_FILES(ssize_t, pwrite, (int file, const void* bytes, size_t size, off_t at), (file, bytes, size, at))
EVOBRNN_COUNTED_ON_FILES(ssize_t, pwrite64, (int file, const void* bytes, size_t size, off64_t at),
                         (file, bytes, size, at))

}  // extern "C"
