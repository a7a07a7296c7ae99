// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "evolve/ledger.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMost = 20;

int diff(const fs::path& left, const fs::path& right) {
  for (const auto& folder : {left, right}) require_ledger(folder);
  const Ledger left_ledger(left / kLedgerFile, Ledger::Access::read),
      right_ledger(right / kLedgerFile, Ledger::Access::read);
  auto lines = differences(left_ledger, right_ledger, kMost + 1);
  const auto weights = fs::path(kWeightsFolder) / "champion.safetensors";
  const bool there = fs::exists(left / weights);
  if (there != fs::exists(right / weights))
    lines.push_back("champion's weights: only in the " + std::string(there ? "first" : "second"));
  else if (there && read_whole(left / weights) != read_whole(right / weights))
    lines.push_back("champion's weights: other bytes");
  if (lines.empty()) {
    fmt::print("the same: {} trials, with the same bits but for times and worker names\n", left_ledger.trials().size());
    return kExitOk;
  }
  for (std::size_t i = 0; i < std::min(lines.size(), kMost); ++i) fmt::print("{}\n", printable_line(lines[i]));
  if (lines.size() > kMost) fmt::print("… and more\n");
  return kExitFailure;
}

}  // namespace

void add_diff(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("diff", "Compares two runs, trial by trial, but for times and worker names");
  const auto left = std::make_shared<fs::path>(), right = std::make_shared<fs::path>();
  command->add_option("RUN", *left, "Run folder")->required()->type_name("");
  command->add_option("OTHER", *right, "Another run folder")->required()->type_name("");
  command->footer(
      "Exits with 0 when they are the same, with 1 when they differ.\n\nExample:\n  evobrnn diff runs/a runs/b");
  command->callback([left, right, &exit_code] { exit_code = diff(*left, *right); });
}

}  // namespace evobrnn
