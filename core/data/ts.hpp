// SPDX-License-Identifier: Apache-2.0
/// The .ts text format of the UEA and UCR archives of time series (Bagnall et al., 2018, arXiv:1811.00075;
/// https://www.timeseriesclassification.com): a header of @ lines, then one case a line, its dimensions separated by
/// colons, their values by commas, the class label last.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evobrnn {

struct TsCase {
  std::int64_t steps = 0;
  std::vector<double> values;  ///< [steps, dimensions]
  std::int64_t label = 0;      ///< place in TsFile::labels
};

struct TsFile {
  std::int64_t dimensions = 0;
  std::vector<std::string> labels;  ///< in the header's order
  std::vector<TsCase> cases;
};

/// Reads a classification problem without time stamps and without missing values, of equal or unequal lengths. Throws
/// DataError with file and line for anything else, and where header and data contradict each other.
TsFile read_ts(const std::filesystem::path& file);
/// The same of the bytes of a file, a UTF-8 byte order mark before them or not; `name` stands in errors.
TsFile parse_ts(const std::string& bytes, const std::string& name);

}  // namespace evobrnn
