// SPDX-License-Identifier: Apache-2.0
#include "core/io/file_identity.hpp"

#include <sys/stat.h>

namespace evobrnn {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return kSecond * time.tv_sec + time.tv_nsec;
}

}  // namespace

FileIdentity identity_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

}  // namespace evobrnn
