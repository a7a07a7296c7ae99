// SPDX-License-Identifier: Apache-2.0
/// What examinations came to, group by group: as JSON, CSV, Markdown, a page, and in words.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/examination_networks.hpp"
#include "core/examination.hpp"

namespace evobrnn {

/// The networks of a group and what was found of each.
struct ExaminedGroup {
  std::string name, model;
  std::vector<ExaminedNetwork> networks;
  std::vector<Examination> examinations;  ///< one a network
};

struct ExaminationReport {
  std::string suite, task;
  ScoreKind score = ScoreKind::accuracy;
  std::vector<ExaminedGroup> groups;
  /// Accuracy against the values a step, of networks that were trained anew: a row a training of each group.
  std::optional<FigureTable> input_sizes;
};

/// Writes examination.json, .md, .html, a CSV a figure, and recordings/GROUP-NUMBER.safetensors.
void write_report(const ExaminationReport& report, const std::filesystem::path& folder);

/// Scores, half-lives and, of a single network, all findings.
std::string report_text(const ExaminationReport& report);

/// The same as JSON, from which the page draws.
std::string to_json_text(const ExaminationReport& report);

}  // namespace evobrnn
