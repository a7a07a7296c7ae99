// SPDX-License-Identifier: Apache-2.0
#include "apps/run_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "apps/run_folder.hpp"
#include "evolve/failure_policy.hpp"

namespace evobrnn {
namespace {

const std::string kGenerations = "search.generations", kFinalSeeds = "final.seeds", kNotRead = "not read";

/// A resolved settings file has one line a setting.
std::map<std::string, std::string> values_of(const std::string& toml) {
  std::map<std::string, std::string> values;
  std::string section;
  std::istringstream lines(toml);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1) + ".";
    else if (const auto equals = line.find(" = "); equals != std::string::npos)
      values[section + line.substr(0, equals)] = line.substr(equals + 3);
  }
  return values;
}

/// The setting of a run's file; null where it has none of that path.
const Setting* setting_of(const std::string& path) {
  if (const auto* row = find_setting(search_settings_table(), path)) return &row->setting;
  if (const auto* row = find_setting(trial_settings_table(), path)) return &row->setting;
  const auto* row = find_setting(command_settings_table(), path);
  return row ? &row->setting : nullptr;
}

bool changes_no_result(const std::string& path) {
  const auto* setting = setting_of(path);
  return setting && setting->changes_no_result;
}

/// Nothing for "not read".
std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

bool is_allowed(const SettingChange& change) {
  // Every strategy proposes its first generations without a look at their number: a test holds that for all.
  if (change.path == kGenerations) {
    const auto before = number(change.before), after = number(change.after);
    return before && after && *after > *before;
  }
  return change.path == kFinalSeeds || changes_no_result(change.path);
}

}  // namespace

std::vector<SettingChange> changes_between(const Experiment& before, const Experiment& after) {
  std::map<std::string, SettingChange> changes;
  for (const auto& [path, value] : values_of(before.toml)) changes[path] = {path, value, kNotRead};
  for (const auto& [path, value] : values_of(after.toml))
    changes.try_emplace(path, SettingChange{path, kNotRead, kNotRead}).first->second.after = value;
  if (before.first != after.first)
    changes["search.genomes"] = {"search.genomes", fmt::format("{} first individuals", before.first.size()),
                                 fmt::format("{} others", after.first.size())};
  std::vector<SettingChange> list;
  for (auto& [path, change] : changes) {
    if (change.before != change.after) list.push_back(std::move(change));
  }
  return list;
}

std::vector<SettingChange> changes_asked(const Experiment& before, const std::vector<std::string>& assignments) {
  const auto values = values_of(before.toml);
  std::vector<SettingChange> list;
  for (const auto& assignment : assignments) {
    const auto path = assignment.substr(0, assignment.find('='));
    if (!setting_of(path)) continue;
    const auto value = values.find(path);
    list.push_back({path, value == values.end() ? kNotRead : value->second, assignment.substr(path.size() + 1)});
  }
  return list;
}

void require_same_run(const std::string& run, const std::vector<SettingChange>& changes) {
  if (std::all_of(changes.begin(), changes.end(), is_allowed)) return;
  std::string lines;
  for (const auto& change : changes) {
    const auto* why = is_allowed(change)            ? "could change"
                      : change.path == kGenerations ? "can only grow"
                                                    : "makes it another run";
    lines += fmt::format("\n  {}: {} → {}: {}", change.path, change.before, change.after, why);
  }
  throw UsageError(fmt::format(
      "{}: a run that goes on stays the same run; nothing was changed.{}\nWhat can change: more search.generations, "
      "final.seeds, and settings that change no result, as run.workers. For another run with this one's trials: "
      "evobrnn run FILE --extend-from {}",
      run, lines, run));
}

bool changes_policies(const std::vector<SettingChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const SettingChange& c) { return c.path.starts_with("failures."); });
}

void require_same_policies(const std::string& run, const Experiment& before, const Experiment& after,
                           const std::vector<LedgerTrial>& trials) {
  for (const auto& trial : trials) {
    if (ends_the_same(before.search.failures, after.search.failures, trial.result)) continue;
    const auto status = to_text(trial.result.status);
    throw UsageError(fmt::format(
        "{}: its trial {} ended as {}{} under the policies of before, and would have ended in another way under the "
        "new "
        "ones, so that the run would mix them; nothing was changed. A policy of [failures] can change as long as no "
        "finished trial went wrong in its way. For a run with the new ones and this one's trials: evobrnn run FILE "
        "--extend-from {}",
        run, trial.id, status,
        attempts(trial.result) > 1 ? fmt::format(" after {} attempts", attempts(trial.result)) : "", run));
  }
}

bool moves_final_tests(const std::vector<SettingChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const SettingChange& c) { return c.path == kGenerations || c.path == kFinalSeeds; });
}

}  // namespace evobrnn
