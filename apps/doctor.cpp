// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/machine_check.hpp"
#include "apps/options.hpp"
#include "apps/signals.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::filesystem::path data;
  bool json = false;
};

void print_json(const MachineReport& report) {
  nlohmann::ordered_json root{{"facts", nlohmann::ordered_json::object()},
                              {"warnings", nlohmann::ordered_json::array()},
                              {"errors", nlohmann::ordered_json::array()}};
  for (const auto& [topic, text] : report.facts) {
    auto& fact = root["facts"][topic];  // limits: several, in one text
    fact = fact.is_null() ? text : fact.get<std::string>() + "; " + text;
  }
  for (const auto& problem : report.problems)
    root[problem.prevents_running ? "errors" : "warnings"].push_back(
        {{"text", problem.text}, {"advice", problem.advice}});
  fmt::print("{}\n", root.dump(2));
}

void print_text(const MachineReport& report) {
  for (const auto& [topic, text] : report.facts) fmt::print("{:<11}{}\n", topic, text);
  for (const auto& problem : report.problems)
    fmt::print("{}: {}\n    {}\n", problem.prevents_running ? "error" : "warning", problem.text, problem.advice);
  if (report.problems.empty()) fmt::print("nothing to complain about\n");
}

int examine(const Options& options) {
  MachineReport report;
  check_processor(report);
  check_threads(report);
  check_memory(report);
  check_processes(report);
  check_disk(report, std::filesystem::current_path());
  check_libraries(report);
  check_gpu(report);
  check_data(report, options.data);
  options.json ? print_json(report) : print_text(report);
  const bool stuck = std::any_of(report.problems.begin(), report.problems.end(),
                                 [](const Problem& problem) { return problem.prevents_running; });
  return stuck ? kExitFailure : kExitOk;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("doctor", "Looks at this machine: what a run will use, and what slows or stops it");
  const auto options = std::make_shared<Options>();
  add_data_option(*command, options->data);
  command->add_flag("--json", options->json, "Prints one JSON object and nothing else");
  command->footer(
      "Processor and the instruction set of the kernels, cores, threads, memory and its limits, processes, disk space "
      "in this folder, "
      "libraries,\n"
      "GPU, and the data sets that are found; each warning says what to do. Data sets are read, which takes seconds.\n"
      "Exit code: 0, or 1 where something prevents running.\n\n"
      "Examples:\n  evobrnn doctor\n  evobrnn doctor --data ~/data --json");
  command->callback([options, &exit_code] { exit_code = examine(*options); });
}

}  // namespace evobrnn
