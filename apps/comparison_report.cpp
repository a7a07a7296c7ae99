// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/page/page.hpp"
#include "apps/path_text.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "evolve/comparison/comparison_json.hpp"
#include "evolve/comparison/comparison_tables.hpp"
#include "view/json_line.hpp"

namespace evobrnn {

int report_comparison(const ComparisonPlan& plan, const std::vector<ArmRecord>& records, ScoreKind score,
                      const std::filesystem::path& folder, ViewKind kind) {
  const auto comparison = compare_arms(plan.settings, score, records, static_cast<std::uint64_t>(plan.seed));
  const auto json = to_json(comparison, plan.name);
  write_atomically(folder / "comparison.json", json);
  write_atomically(folder / "comparison.md", to_markdown(comparison, plan.name));
  write_atomically(folder / "comparison.html", comparison_page(plan.name, json));
  for (const auto& [name, csv] : to_csv(comparison)) write_atomically(folder / name, csv);
  if (kind == ViewKind::json) {
    const nlohmann::ordered_json event{{"event", "end"},
                                       {"folder", path_text(folder)},
                                       {"conclusion", comparison.conclusion},
                                       {"warnings", comparison.warnings}};
    fmt::print("{}\n", json_line(event));
  } else {
    fmt::print(
        "\n{}\nfolder {}: comparison.html, comparison.md, comparison.json, CSV; every repetition a run in arms/\n",
        printable(to_terminal(comparison)), folder.string());
  }
  const bool any = std::any_of(comparison.summaries.begin(), comparison.summaries.end(),
                               [](const ArmSummary& summary) { return summary.test.has_value(); });
  return any ? kExitOk : kExitFailure;
}

}  // namespace evobrnn
