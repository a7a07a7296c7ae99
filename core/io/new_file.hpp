// SPDX-License-Identifier: Apache-2.0
/// Files and folders that appear complete or not at all, and never anywhere else than where they were meant to: what is
/// being written has a name that nobody can guess, and no link is followed. Free of LibTorch.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace evobrnn {

/// A file or folder cannot be made; what() names it and says why.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file beside TARGET until it is complete and takes TARGET's place. A link there is replaced, not followed; what is
/// neither a file nor a link is refused. Rights follow the umask, or are those of the file that is replaced.
class DraftFile {
 public:
  /// Makes it. Throws FileError, as the others do.
  explicit DraftFile(const std::filesystem::path& target);
  /// Removes what has not taken its place.
  ~DraftFile();
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  /// Adds to its end.
  void write(std::string_view bytes) const;
  /// On the disk, under its own name, when it returns. `before_rename` is called when all but the name is on the disk.
  void put_in_place(const std::function<void()>& before_rename = {});

 private:
  [[noreturn]] void failed() const;

  std::filesystem::path target_;
  std::string name_;  ///< of the draft; empty: it has taken its place
  int folder_ = -1, file_ = -1;
};

/// The same of a whole folder, which must not be there yet, or be empty. Missing folders above it are made.
class DraftFolder {
 public:
  explicit DraftFolder(const std::filesystem::path& target);
  ~DraftFolder();
  DraftFolder(const DraftFolder&) = delete;
  DraftFolder& operator=(const DraftFolder&) = delete;

  /// Where it lies until then.
  const std::filesystem::path& path() const { return path_; }
  void put_in_place();

 private:
  std::filesystem::path target_, path_;
  int file_ = -1;
};

/// Whether a name is that of a draft: of a process that writes at this moment, or that was killed.
bool is_draft(const std::filesystem::path& file);

/// Removes drafts of killed processes from the folder; those of processes that live stay. Done by the first draft that
/// a process makes in a folder. Throws nothing.
void remove_leftover_drafts(const std::filesystem::path& folder);

/// Opens a file with the flags of open(2), O_CREAT among them where it may be new. Throws FileError where it is no
/// file of its folder: a link, a second name of another file, a device, a pipe.
int open_own_file(const std::filesystem::path& file, int flags);

/// Makes a folder, its parents too, where it is not there yet. Throws FileError where it cannot be made, or is a link
/// or no folder: for folders inside of one that another may have filled.
void make_own_folder(const std::filesystem::path& folder);

/// Throws FileError where the folder is a link.
void require_own_folder(const std::filesystem::path& folder);

/// Makes durable what was renamed or removed in the folder. Throws FileError.
void synchronise_folder(const std::filesystem::path& folder);

}  // namespace evobrnn
