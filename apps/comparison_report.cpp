// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_report.hpp"

#include <fmt/format.h>

#include "apps/signals.hpp"

namespace evobrnn {

int report_comparison(const ComparisonPlan&, const std::vector<ArmRecord>& records, ScoreKind score,
                      const std::filesystem::path&, ViewKind) {
  for (const auto& arm : records)
    for (const auto& r : arm.repeats)
      fmt::print("{} {} {} {:.4g} {:.4g} {}\n", arm.name, r.repeat, r.test ? score_text(score, *r.test) : r.problem,
                 r.search.flops, (r.search + r.finals).flops, r.champion);
  return kExitOk;
}

}  // namespace evobrnn
