// SPDX-License-Identifier: Apache-2.0
/// The machine has no more of what a process needs to be started.
#pragma once

#include <string>

#include "evolve/ledger.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// No more files, processes, memory or room to start what a trial runs in. It says nothing of a candidate: the trial is
/// tried again while other trials free what they hold, and the search ends where nothing can be started at all.
class Shortage : public StorageError {
 public:
  /// From the message.
  using StorageError::StorageError;
};

/// Whether an errno says that the machine, or a limit of this process, has no more.
bool is_shortage(int error);

/// "no pipe for a command: Too many open files", with the limit to raise behind it.
std::string shortage_text(const std::string& what, int error);

}  // namespace evobrnn
