// SPDX-License-Identifier: Apache-2.0
#include "apps/checkpoint_files.hpp"

#include "apps/run_folder.hpp"
#include "core/clock.hpp"
#include "core/fault_point.hpp"
#include "core/io/sha256.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

void CheckpointFiles::attach(const fs::path& file, TrialHooks& hooks) {
  if (seconds_between_ == 0) return;
  const auto last = std::make_shared<double>(wall_seconds());
  hooks.checkpoint_due = [this, last] { return wall_seconds() - *last >= seconds_between_; };
  hooks.checkpoint = [this, last, file](const std::string& bytes) {
    write(file, bytes);
    *last = wall_seconds();
  };
  std::error_code missing;
  if (fs::exists(file, missing)) {
    try {
      hooks.resume_from = read_whole(file);
    } catch (const std::exception&) {  // as if it were not there
    }
  }
  hooks.resumed = [this, next = hooks.resumed](std::int64_t step) {
    {
      const std::lock_guard lock(mutex_);
      ++resumed_;
    }
    if (next) next(step);
  };
}

void CheckpointFiles::write(const fs::path& file, const std::string& bytes) {
  try {
    if (file.has_parent_path()) fs::create_directories(file.parent_path());
    write_atomically(file, bytes, [] { fault_point(FaultPoint::in_checkpoint); });
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    if (problem_.empty()) problem_ = error.what();
  }
}

std::int64_t CheckpointFiles::resumed() const {
  const std::lock_guard lock(mutex_);
  return resumed_;
}

std::string CheckpointFiles::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

fs::path checkpoint_file(const fs::path& folder, const TrialSpec& spec) {
  constexpr std::size_t kDigits = 32;
  return folder / sha256(to_json(spec)).substr(0, kDigits);
}

}  // namespace evobrnn
