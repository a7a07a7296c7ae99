// SPDX-License-Identifier: Apache-2.0
#include "core/content_key.hpp"

#include "core/io/sha256.hpp"

namespace evobrnn {

std::string content_key(const TrialSpec& spec) {
  std::vector<std::pair<Setting, Value>> rows;
  for (const auto& row : trial_settings_table()) {
    if (!row.setting.changes_no_result) rows.emplace_back(row.setting, row.get(spec.settings));
  }
  std::string finer;
  for (const auto divisor : spec.finer_steps) finer += "finer_steps = " + std::to_string(divisor) + "\n";
  return sha256("seed = " + std::to_string(spec.seed) + "\ntest = " + (spec.test ? "true" : "false") + "\n" + finer +
                write_toml(rows));
}

}  // namespace evobrnn
