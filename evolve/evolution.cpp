// SPDX-License-Identifier: Apache-2.0
#include "evolve/evolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "evolve/atomic_file.hpp"
#include "evolve/champion_file.hpp"
#include "evolve/command_settings.hpp"
#include "evolve/experiment.hpp"
#include "evolve/genome_file.hpp"
#include "evolve/run_files.hpp"
#include "evolve/run_lock.hpp"
#include "evolve/told_curve.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

SearchPlan plan_of(SearchSpace space, Function function, double sign) {
  SearchPlan plan;
  plan.space = std::move(space);
  plan.defaults = false;
  plan.score.minimised = sign < 0;
  plan.objective = [shared = std::make_shared<const SearchSpace>(plan.space), function = std::move(function), sign](
                       const Candidate& candidate, const TrialHooks&) {
    return scored(sign * function(Values(*shared, *candidate.genome), candidate.seed));
  };
  return plan;
}

/// What decides the results, as the program `evobrnn` reads it; `generations` where they differ from those of the plan.
std::string description(const SearchPlan& plan, std::int64_t generations) {
  auto settings = plan.settings;
  settings.generations = generations;
  settings.genomes = plan.first.empty() ? "" : kGenomesFile;
  CommandSettings evaluator;
  evaluator.embedded = true;
  evaluator.defaults = plan.defaults;
  evaluator.version = plan.version;
  std::vector<std::pair<Setting, Value>> rows;
  for (const auto& row : search_settings_table()) {
    if (!row.setting.changes_no_result) rows.emplace_back(row.setting, row.get(settings));
  }
  for (const auto& row : command_settings_table()) {
    // A plan without a version has the description that it had before there were any.
    const bool says = row.setting.path == "evaluator.embedded" || row.setting.path == "evaluator.defaults" ||
                      (row.setting.path == "evaluator.version" && !plan.version.empty());
    if (says) rows.emplace_back(row.setting, row.get(evaluator));
  }
  return write_toml(rows) + genes_toml(plan.space.genes());
}

/// The lines that only one of the texts has, each with its side.
std::string line_differences(const std::string& before, const std::string& now) {
  const auto lines = [](const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  };
  const auto missing = [](const std::vector<std::string>& from, const std::vector<std::string>& in, const char* side) {
    std::string text;
    for (const auto& line : from) {
      if (std::find(in.begin(), in.end(), line) == in.end()) text += fmt::format("\n  {}: {}", side, line);
    }
    return text;
  };
  const auto left = lines(before), right = lines(now);
  return missing(left, right, "there") + missing(right, left, "here");
}

/// The number of generations that a description names.
std::optional<std::int64_t> generations_in(const std::string& text) {
  const std::string key = "\ngenerations = ";
  const auto at = text.find(key);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoll(text.c_str() + at + key.size(), nullptr, 10);
}

/// Makes the folder's description that of the plan, or refuses. More generations set aside the final tests, which stood
/// on the search as it was.
void claim(const fs::path& folder, const SearchPlan& plan, Ledger& ledger) {
  const auto file = folder / kExperimentFile, genomes_file = folder / kGenomesFile;
  const auto now = description(plan, plan.settings.generations);
  const auto genomes = plan.first.empty() ? "" : genomes_csv(plan.space, plan.first);
  if (!fs::exists(file)) {
    if (!genomes.empty()) write_atomically(genomes_file, genomes);
    return write_atomically(file, now);
  }
  const auto before = read_whole(file);
  const auto refuse = [&](const std::string& differences) {
    const bool of_version = differences.find("here: version = ") != std::string::npos ||
                            differences.find("there: version = ") != std::string::npos;
    throw UsageError(fmt::format("{} holds another search:{}\nRun this one in another folder{}", folder.string(),
                                 differences,
                                 of_version ? ". A version names the objective that its results are of: give the one "
                                              "that is there only where the objective gives the same results"
                                            : ""));
  };
  if (const auto before_score = ledger.score(); before_score && *before_score != plan.score)
    refuse(fmt::format("\n  there: scores are {}\n  here: scores are {}", to_text(*before_score), to_text(plan.score)));
  if (!genomes.empty() && fs::exists(genomes_file) && read_whole(genomes_file) != genomes)
    refuse("\n  other first individuals, see " + genomes_file.string());
  if (before == now) return;
  const auto generations = generations_in(before);
  const bool only_longer =
      generations && *generations < plan.settings.generations && before == description(plan, *generations);
  if (!only_longer) refuse(line_differences(before, now));
  ledger.set_finals_aside([](const LedgerTrial&) { return std::string(); });
  write_atomically(file, now);
}

/// A folder that is locked and whose ledger is the plan's.
struct OpenFolder {
  OpenFolder(const SearchPlan& plan, const fs::path& folder)
      : lock((make(plan, folder), folder)), ledger(folder / kLedgerFile) {
    claim(folder, plan, ledger);
  }

  static void make(const SearchPlan& plan, const fs::path& folder) {
    if (auto mistakes = mistakes_of(plan); !mistakes.empty()) throw SettingsError(std::move(mistakes));
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw UsageError(folder.string() + " cannot be made: " + error.message());
  }

  RunLock lock;
  Ledger ledger;
};

/// "the gene x is real: its value is 0.25; call number(\"x\")".
[[noreturn]] void refuse_kind(const SearchSpace& space, const std::string& name, const Scalar& value,
                              const std::string& asked) {
  const auto& genes = space.genes();
  const auto gene = std::find_if(genes.begin(), genes.end(), [&](const Gene& g) { return g.path == name; });
  const std::string kind = gene->kind == GeneKind::real      ? "real"
                           : gene->kind == GeneKind::integer ? "an integer gene"
                                                             : "categorical";
  const std::string call = std::holds_alternative<std::int64_t>(value) ? "integer"
                           : std::holds_alternative<double>(value)     ? "number"
                                                                       : "text";
  throw std::invalid_argument(
      fmt::format("Values::{0}(\"{1}\"): the gene {1} is {2}, here with the value {3}; call {4}(\"{1}\")", asked, name,
                  kind, to_text(value), call));
}

}  // namespace

double Values::number(const std::string& name) const {
  const auto& value = space_.value(genome_, name);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  refuse_kind(space_, name, value, "number");
}

std::int64_t Values::integer(const std::string& name) const {
  const auto& value = space_.value(genome_, name);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  refuse_kind(space_, name, value, "integer");
}

SearchPlan maximising(SearchSpace space, Function function) {
  return plan_of(std::move(space), std::move(function), 1);
}

SearchPlan minimising(SearchSpace space, Function function) {
  return plan_of(std::move(space), std::move(function), -1);
}

std::vector<Diagnostic> mistakes_of(const SearchPlan& plan) {
  auto mistakes = broken_rules(search_settings_table(), plan.settings);
  const auto wrong = [&](const std::string& key, const std::string& rule) {
    const auto* row = find_setting(search_settings_table(), key);
    mistakes.push_back({"", key, row ? to_text(row->get(plan.settings)) : "", rule});
  };
  if (!mistakes.empty()) return mistakes;
  check_strategy(plan.settings, plan.space.genes(), wrong);
  if (!plan.objective) wrong("objective", "is missing");
  if (plan.space.size() == 0) wrong("genes", "a search needs at least one gene");
  if (plan.settings.isolation != "thread")
    wrong("run.isolation",
          "is for networks alone; an objective of your own that needs processes starts them itself, as "
          "command_objective() does");
  if (plan.settings.strategy == "list" && plan.first.empty())
    wrong("search.strategy", "needs the genomes of its list as first individuals");
  return mistakes;
}

SearchOutcome evolve(const SearchPlan& given, const fs::path& folder, Executor& executor,
                     const EvolutionOptions& options) {
  OpenFolder open(given, folder);
  auto plan = given;
  plan.objective = with_told_curve(std::move(plan.objective));
  SearchObserver silent;
  const std::atomic<bool> never{false};
  auto outcome = run_search(plan, open.ledger, executor, options.observer ? *options.observer : silent,
                            options.stop ? *options.stop : never);
  if (outcome.complete && outcome.champion) store_champion(folder, *outcome.champion, plan.score);
  return outcome;
}

SearchOutcome evolve(const SearchPlan& plan, const fs::path& folder, const EvolutionOptions& options) {
  constexpr double kGigabyte = 1e9;
  const auto memory = plan.settings.memory > 0 ? static_cast<std::int64_t>(kGigabyte * plan.settings.memory)
                                               : std::numeric_limits<std::int64_t>::max();
  Executor executor(worker_count(plan.settings.workers), options.on_thread_start, memory);
  return evolve(plan, folder, executor, options);
}

}  // namespace evobrnn
