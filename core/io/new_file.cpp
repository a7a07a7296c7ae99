// SPDX-License-Identifier: Apache-2.0
#include "core/io/new_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <vector>

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

// ".trials.csv.evobrnn-k3x9…": hidden, and told from a user's files.
constexpr std::string_view kMark = ".evobrnn-";
constexpr std::size_t kRandom = 12, kLongestName = 200;

[[noreturn]] void cannot_write(const fs::path& file, const std::string& why = std::strerror(errno)) {
  throw FileError(file.string() + ": cannot be written: " + why);
}

/// A name for a draft of `target` that nobody can guess.
std::string draft_name(const fs::path& target) {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuv";
  std::array<unsigned char, kRandom> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) cannot_write(target);
  auto name = "." + target.filename().string().substr(0, kLongestName) + std::string(kMark);
  for (const auto byte : random) name += kLetters[byte % kLetters.size()];
  return name;
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// A folder, open for calls relative to it.
int open_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) cannot_write(folder);
  return file;
}

void make_durable(int file, const fs::path& name) {
  // Some file systems of other machines know no such call for folders.
  if (::fsync(file) != 0 && errno != EINVAL) cannot_write(name);
}

/// Locks a new draft, so that nobody takes it for a leftover. False: somebody did, before it was locked.
bool hold(int file) {
  ::flock(file, LOCK_EX);  // where there are no locks, leftovers stay
  struct stat found {};
  return ::fstat(file, &found) == 0 && found.st_nlink > 0;
}

/// Removes leftovers once in a folder.
void look_once_for_leftovers(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<fs::path> seen;
  std::error_code error;
  const auto whole = fs::canonical(folder, error);
  const std::lock_guard lock(mutex);
  if (!error && seen.insert(whole).second) remove_leftover_drafts(whole);
}

void remove_leftover(const fs::path& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0) return;
  struct stat found {};
  const bool ours =
      ::fstat(opened, &found) == 0 && found.st_uid == ::geteuid() && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode));
  std::error_code ignored;
  if (ours && ::flock(opened, LOCK_EX | LOCK_NB) == 0) fs::remove_all(file, ignored);
  ::close(opened);
}

}  // namespace

bool is_draft(const fs::path& file) {
  const auto name = file.filename().string();
  const auto mark = name.rfind(kMark);
  return name.starts_with('.') && mark != std::string::npos && name.size() == mark + kMark.size() + kRandom;
}

void remove_leftover_drafts(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> drafts;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_draft(entry->path())) drafts.push_back(entry->path());
  }
  for (const auto& draft : drafts) remove_leftover(draft);
}

DraftFile::DraftFile(const fs::path& target) : target_(target) {
  look_once_for_leftovers(folder_of(target));
  if (!target.has_filename()) cannot_write(target, "it names a folder");
  folder_ = ::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) cannot_write(target);
  try {
    struct stat found {};
    const bool there = ::fstatat(folder_, target.filename().c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && S_ISDIR(found.st_mode)) cannot_write(target, "it is a folder");
    if (there && !S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))
      cannot_write(target, "it is a device, a pipe or a socket, and no file");
    do {
      if (file_ >= 0) ::close(file_);
      name_ = draft_name(target);
      file_ = ::openat(folder_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
      if (file_ < 0) failed();
    } while (!hold(file_));
    constexpr mode_t kRights = 0777;
    if (there && S_ISREG(found.st_mode)) static_cast<void>(::fchmod(file_, found.st_mode & kRights));
  } catch (...) {
    ::close(folder_);
    throw;
  }
}

DraftFile::~DraftFile() {
  if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
  ::close(file_);
  ::close(folder_);
}

void DraftFile::failed() const { cannot_write(target_); }

void DraftFile::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto size = ::write(file_, bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) failed();
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void DraftFile::put_in_place(const std::function<void()>& before_rename) {
  if (::fsync(file_) != 0) failed();
  if (before_rename) before_rename();
  if (::renameat(folder_, name_.c_str(), folder_, target_.filename().c_str()) != 0) failed();
  name_.clear();
  make_durable(folder_, target_);
}

namespace {

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder, error) && fs::is_empty(folder, error) && !error;
}

/// For a folder that cannot be replaced: a mount point, or what a link leads to. Settings come last: without them it
/// holds no run.
void move_contents(const fs::path& from, const fs::path& to) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(from)) names.push_back(entry.path().filename());
  std::stable_partition(names.begin(), names.end(), [](const fs::path& name) { return name.extension() != ".toml"; });
  for (const auto& name : names) {
    std::error_code error;
    fs::rename(from / name, to / name, error);
    if (error == std::errc::cross_device_link) fs::copy(from / name, to / name, fs::copy_options::recursive, error);
    if (error) cannot_write(to, error.message());
  }
  synchronise_folder(to);
}

}  // namespace

DraftFolder::DraftFolder(const fs::path& target) : target_(fs::absolute(target).lexically_normal()) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // "runs/a/"
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  if (error) cannot_write(target, error.message());
  look_once_for_leftovers(target_.parent_path());
  do {
    if (file_ >= 0) ::close(file_);
    path_ = target_.parent_path() / draft_name(target_);
    constexpr mode_t kRights = 0777;
    if (::mkdir(path_.c_str(), kRights) != 0) cannot_write(target);
    file_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (file_ < 0 && errno != ENOENT) cannot_write(target);
  } while (file_ < 0 || !hold(file_));
}

DraftFolder::~DraftFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  ::close(file_);
}

void DraftFolder::put_in_place() {
  make_durable(file_, target_);
  if (::rename(path_.c_str(), target_.c_str()) == 0) {
    path_.clear();
  } else if (const int error = errno; (error == EBUSY || error == ENOTDIR) && is_empty_folder(target_)) {
    move_contents(path_, target_);
  } else {
    errno = error;
    cannot_write(target_, errno == ENOTEMPTY || errno == EEXIST ? "it exists already" : std::strerror(errno));
  }
  synchronise_folder(target_.parent_path());
}

int open_own_file(const fs::path& file, int flags) {
  // Opening a pipe would wait for who is at its other end.
  const int opened = ::open(file.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
  const int error = errno;
  const auto refuse = [&](const std::string& why) {
    if (opened >= 0) ::close(opened);
    throw FileError(file.string() + ": cannot be opened: " + why);
  };
  if (opened < 0) refuse(error == ELOOP ? "it is a link, and must be a file of its folder" : std::strerror(error));
  struct stat found {};
  if (::fstat(opened, &found) != 0) refuse(std::strerror(errno));
  if (!S_ISREG(found.st_mode)) refuse("it is no file");
  if (found.st_nlink > 1) refuse("it has a second name elsewhere, and must be a file of its folder alone");
  return opened;
}

void make_own_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require_own_folder(folder);
  std::error_code none;
  if (!fs::is_directory(folder, none))
    throw FileError(folder.string() + " cannot be made: " + (error ? error.message() : "it is no folder"));
}

void require_own_folder(const fs::path& folder) {
  std::error_code none;
  if (fs::is_symlink(fs::symlink_status(folder, none)))
    throw FileError(folder.string() + ": is a link, and must be a folder: nothing is written through it");
}

void synchronise_folder(const fs::path& folder) {
  const int opened = open_folder(folder);
  try {
    make_durable(opened, folder);
  } catch (...) {
    ::close(opened);
    throw;
  }
  ::close(opened);
}

}  // namespace evobrnn
