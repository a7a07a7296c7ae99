// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "evolve/ledger.hpp"
#include "evolve/ledger_row.hpp"
#include "evolve/told_curve.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

/// Everything that is compared, as exact text under the name it is reported by.
std::map<std::string, std::string> compared_fields(const LedgerTrial& trial) {
  const auto& result = trial.result;
  std::map<std::string, std::string> fields{{"generation", std::to_string(trial.generation)},
                                            {"role", trial.key.role},
                                            {"genome", trial.key.genome},
                                            {"fidelity", encode(trial.key.fidelity).dump()},
                                            {"repeat", std::to_string(trial.key.repeat)},
                                            {"seed", std::to_string(trial.seed)},
                                            {"parents", json(trial.parents).dump()},
                                            {"status", to_text(result.status)},
                                            {"cause", result.cause},
                                            {"steps", std::to_string(result.cost.steps)},
                                            {"samples", std::to_string(result.cost.samples)},
                                            {"flops", encode(result.cost.flops).dump()},
                                            {"peak_bytes", std::to_string(result.cost.peak_bytes)}};
  if (result.status == TrialStatus::ok) fields["score"] = encode(result.score).dump();
  for (const auto& [name, value] : result.metrics) fields["metrics." + name] = encode(value).dump();
  for (std::size_t i = 0; i < result.curve.size(); ++i) {
    if (!was_told(result.curve[i])) fields["curve[" + std::to_string(i) + "]"] = encode(result.curve[i]).dump();
  }
  return fields;
}

/// "trial 3: score: 0.5, 0.25" for each field that differs, appended.
void compare(const LedgerTrial& left, const LedgerTrial& right, std::vector<std::string>& lines) {
  std::map<std::string, std::pair<std::string, std::string>> pairs;
  const std::string absent = "absent";
  for (const auto& [name, text] : compared_fields(left)) pairs.emplace(name, std::pair{text, absent});
  for (const auto& [name, text] : compared_fields(right))
    pairs.try_emplace(name, absent, absent).first->second.second = text;
  for (const auto& [name, texts] : pairs) {
    if (texts.first == texts.second) continue;
    lines.push_back("trial " + std::to_string(left.id) + ": " + name + ": " + texts.first + ", " + texts.second);
  }
}

/// Proposals, where both ledgers know them: older ones do not.
void compare_generations(const Ledger& left, const Ledger& right, std::vector<std::string>& lines) {
  std::map<std::int64_t, std::vector<std::int64_t>> known;
  for (const auto& generation : left.generations()) known[generation.generation] = generation.proposals;
  for (const auto& [generation, proposals, started, finished] : right.generations()) {
    const auto other = known.find(generation);
    if (other == known.end() || other->second.empty() || proposals.empty() || other->second == proposals) continue;
    lines.push_back("generation " + std::to_string(generation) + ": proposals: " + json(other->second).dump() + ", " +
                    json(proposals).dump());
  }
}

}  // namespace

std::vector<std::string> differences(const LedgerTrial& left, const LedgerTrial& right) {
  std::vector<std::string> lines;
  compare(left, right, lines);
  return lines;
}

std::vector<std::string> differences(const Ledger& left, const Ledger& right, std::size_t most) {
  std::map<std::int64_t, std::pair<std::optional<LedgerTrial>, std::optional<LedgerTrial>>> pairs;
  for (auto& trial : left.trials()) pairs[trial.id].first = std::move(trial);
  for (auto& trial : right.trials()) pairs[trial.id].second = std::move(trial);
  std::vector<std::string> lines;
  for (const auto& [id, pair] : pairs) {
    if (lines.size() >= most) break;
    if (pair.first && pair.second) {
      compare(*pair.first, *pair.second, lines);
    } else {
      lines.push_back("trial " + std::to_string(id) + ": only in the " + (pair.first ? "first" : "second"));
    }
  }
  if (lines.size() < most) compare_generations(left, right, lines);
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace evobrnn
