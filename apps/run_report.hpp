// SPDX-License-Identifier: Apache-2.0
/// A search as one page: what its folder holds, as the JSON that the page draws from.
#pragma once

#include <filesystem>
#include <string>

namespace evobrnn {

/// Reads RUN without disturbing a process that runs it. Throws UsageError, SettingsError, LedgerError.
std::string run_report_json(const std::filesystem::path& run);

/// RUN's page.
std::string run_report_page(const std::filesystem::path& run);

}  // namespace evobrnn
