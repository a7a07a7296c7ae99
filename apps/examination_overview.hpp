// SPDX-License-Identifier: Apache-2.0
/// The table that sums up an examination's groups, a quantity a column: on the page, in Markdown and on a terminal.
#pragma once

#include <string>
#include <vector>

#include "apps/examination_report.hpp"

namespace evobrnn {

struct ExaminationOverview {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< one a group
  std::string explanation;                     ///< what the intervals are
};

/// Quantities that no group has are left out.
ExaminationOverview overview(const ExaminationReport& report);

/// The overview, and what was found of the first network of each group.
std::string to_markdown(const ExaminationReport& report);

/// "0.93", or of several networks "0.93 [0.91, 0.95]".
std::string number_text(const ExaminedGroup& group, const std::string& name, double factor, int digits);

}  // namespace evobrnn
