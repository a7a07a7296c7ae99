// SPDX-License-Identifier: Apache-2.0
/// What of a machine matters to a run, and what is wrong with it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/machine.hpp"

namespace evobrnn {

struct Problem {
  std::string text, advice;
  bool prevents_running = false;
};

struct MachineReport {
  std::vector<std::pair<std::string, std::string>> facts;  ///< topic, text
  std::vector<Problem> problems;
};

void check_processor(MachineReport& report);
/// Settings of the environment under which several candidates at once are slow, or results differ between machines.
void check_threads(MachineReport& report);
/// What is free, and every limit on it: of the process, its control group and those above.
void check_memory(MachineReport& report);
/// How many processes and files there may be.
void check_processes(MachineReport& report);
/// `folder`: where runs will be written.
void check_disk(MachineReport& report, const std::filesystem::path& folder);
void check_libraries(MachineReport& report);
/// `device`: the kernel knows an NVIDIA GPU.
void check_gpu(MachineReport& report, const MachineFacts& facts, bool device);
/// Of this machine.
void check_gpu(MachineReport& report);
/// An empty folder is the default one.
void check_data(MachineReport& report, const std::filesystem::path& folder);

}  // namespace evobrnn
