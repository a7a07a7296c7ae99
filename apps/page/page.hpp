// SPDX-License-Identifier: Apache-2.0
/// Pages that open from a file, without a network: everything is in them.
#pragma once

#include <string>
#include <string_view>

namespace evobrnn {

// The files beside this one and the charting library, put into the program by cmake/embed.cmake.
extern const std::string_view kPageStyle, kPage, kLibrary, kCharts, kSvg, kPlots, kComparisonScript, kExaminationScript,
    kReportScript;

/// The page of a comparison from its JSON (evolve/comparison/comparison_json.hpp).
std::string comparison_page(const std::string& name, const std::string& json);

/// The page of an examination from its JSON (apps/examination_report.hpp).
std::string examination_page(const std::string& name, const std::string& json);

/// The page of a run from its JSON (apps/run_report.hpp).
std::string report_page(const std::string& name, const std::string& json);

}  // namespace evobrnn
