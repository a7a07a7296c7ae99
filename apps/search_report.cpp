// SPDX-License-Identifier: Apache-2.0
#include "apps/search_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/commands.hpp"
#include "apps/path_text.hpp"
#include "apps/run_folder.hpp"
#include "core/data_facts.hpp"
#include "evolve/comparison/repeat_reading.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/statistics/summary.hpp"
#include "view/json_line.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// Of the trainings that succeeded; nothing where none did.
std::optional<Summary> summarise(const FinalRow& row, const std::function<double(const TrialResult&)>& metric) {
  std::vector<double> values;
  for (const auto& trial : row.trials) {
    if (trial.result.status == TrialStatus::ok) values.push_back(metric(trial.result));
  }
  return values.empty() ? std::nullopt : std::optional(evobrnn::summarise(values));
}

/// The share of the workers' time since the program started that went into anything but training.
double other_share(const SearchProgress& progress, int workers) {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - program_started).count();
  return std::max(0.0, 1 - progress.training_seconds / (elapsed * workers));
}

double validation_score(const TrialResult& result) { return result.score; }

std::string row_name(const std::string& role) {
  if (role == "champion") return "champion";
  return role == "generation0" ? "best of generation 0" : "default settings";
}

std::string gentler_text(const FinalRow& row) {
  const auto gentler = std::count_if(row.trials.begin(), row.trials.end(), [](const LedgerTrial& t) {
    return t.result.status == TrialStatus::ok && trained_gentler(t.result);
  });
  return gentler > 0 ? fmt::format("; {} trained gentler", gentler) : "";
}

/// "12 of them failed (7 diverged, 5 crashed)".
std::string failed_text(const SearchProgress& progress) {
  std::vector<std::string> causes;
  for (const auto& [status, count] : progress.failures) causes.push_back(fmt::format("{} {}", count, to_text(status)));
  return fmt::format("{} of them failed{}", progress.total_failed,
                     causes.empty() ? "" : fmt::format(" ({})", fmt::join(causes, ", ")));
}

/// ", 2 more as checkpoints"
std::string kept_checkpoints(const fs::path& folder) {
  std::error_code missing;
  std::int64_t kept = 0;
  for (const auto& entry : fs::directory_iterator(folder, missing)) kept += entry.path().extension() != ".new";
  return kept > 0 ? fmt::format(", {} more as checkpoints", kept) : "";
}

/// How a run ended that did not come to its end.
std::string stopped_text(const SearchOutcome& outcome, const fs::path& folder) {
  const auto kept = outcome.progress.total_done;
  if (outcome.limit.empty())
    return fmt::format("stopped: {} trials kept{}. Go on with: evobrnn resume {}", kept,
                       kept_checkpoints(folder / kCheckpointsFolder), folder.string());
  const auto setting = outcome.limit.substr(0, outcome.limit.find(' '));
  const bool anew = setting == "run.max_seconds";  // it counts from each start
  return fmt::format("stopped at the limit {}: {} trials kept. Go on with: evobrnn resume {}{}", outcome.limit, kept,
                     folder.string(), anew ? "" : fmt::format(" --set {}=MORE", setting));
}

/// Those of the final tests; nothing where none says it.
std::optional<TestSamples> test_samples(const SearchOutcome& outcome) {
  for (const auto& row : outcome.finals) {
    for (const auto& trial : row.trials) {
      if (const auto samples = test_samples(trial.result)) return samples;
    }
  }
  return std::nullopt;
}

void print_finals(const SearchReport& report) {
  const auto& outcome = report.outcome;
  fmt::print("\n{}: {}\n", report.task, printable_line(report.sequence));
  if (outcome.finals.empty()) return;
  const auto text = [&report](double score) { return told_score({report.score}, score); };
  const auto seeds = outcome.finals.front().trials.size();
  const auto tested = test_samples(outcome);
  fmt::print("{:<22}{:>12}   test {} {}over {} fresh {}: mean, median (range)\n", "", "validation",
             report.score ? to_text(*report.score) : "score",
             tested && !tested->all() ? "on " + to_text(*tested) + " " : "", seeds, seeds == 1 ? "seed" : "seeds");
  for (const auto& row : outcome.finals) {
    const auto validation = summarise(row, validation_score), test = summarise(row, test_score);
    if (!test) {
      fmt::print("{:<22}no training succeeded: {}\n", row_name(row.role),
                 printable_line(row.trials.front().result.cause));
      continue;
    }
    const auto failed = seeds - test->n;
    fmt::print("{:<22}{:>12}   {}, {} ({} – {}){}\n", row_name(row.role), text(validation->mean), text(test->mean),
               text(test->median), text(test->low), text(test->high),
               (failed > 0 ? fmt::format("; {} of {} trainings failed", failed, seeds) : "") + gentler_text(row));
  }
}

void print_genome(const LedgerTrial& champion, std::optional<ScoreKind> score) {
  fmt::print("\nchampion (trial {} of generation {}, validation {} in the search):\n", champion.id, champion.generation,
             told_score({score}, champion.result.score));
  if (trained_gentler(champion.result))
    fmt::print("  trained gentler, for it diverged: train.lr halved, train.clip lowered\n");
  const auto genome = nlohmann::ordered_json::parse(champion.key.genome);
  for (const auto& [path, value] : genome.items())
    fmt::print("  {:<20} {}\n", printable_line(path),
               value.is_string()         ? printable_line(value.get<std::string>())
               : value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                                         : value.dump());
}

nlohmann::ordered_json to_json(const SearchReport& report) {
  const auto& outcome = report.outcome;
  const std::string metric = !report.score                         ? "test_score"
                             : report.score == ScoreKind::accuracy ? "test_accuracy"
                                                                   : "test_mse";
  nlohmann::ordered_json event{{"event", "end"},
                               {"complete", outcome.complete},
                               {"run", path_text(report.folder)},
                               {"sequence", report.sequence}};
  if (!outcome.limit.empty()) event["limit"] = outcome.limit;
  if (outcome.champion)
    event["champion"] = {{"id", outcome.champion->id},
                         {"genome", nlohmann::ordered_json::parse(outcome.champion->key.genome)},
                         {"validation", outcome.champion->result.score}};
  if (const auto tested = test_samples(outcome)) event["test_samples"] = {{"used", tested->used}, {"of", tested->of}};
  for (const auto& row : outcome.finals) {
    auto tests = nlohmann::ordered_json::array(), validations = tests;
    for (const auto& trial : row.trials) {
      const bool ok = trial.result.status == TrialStatus::ok;
      const auto& metrics = trial.result.metrics;
      const auto found = metrics.find(metric);
      tests.push_back(ok ? nlohmann::ordered_json(found == metrics.end() ? test_score(trial.result) : found->second)
                         : nlohmann::ordered_json());
      validations.push_back(ok ? nlohmann::ordered_json(trial.result.score) : nlohmann::ordered_json());
    }
    event["final"][row.role] = {{metric, tests}, {"validation", validations}};
  }
  return event;
}

}  // namespace

void print_report(const SearchReport& report, ViewKind kind) {
  const auto& [outcome, task, sequence, score, folder, kept, workers, memory, resumed] = report;
  const auto& p = outcome.progress;
  if (kind == ViewKind::json) {
    fmt::print("{}\n", json_line(to_json(report)));
  } else if (!outcome.complete) {
    fmt::print("{}\n", stopped_text(outcome, folder));
    if (!outcome.failure.empty())
      fmt::print(stderr, "no trial succeeded so far: {}\n", printable_line(outcome.failure));
  } else if (!outcome.champion) {
    fmt::print(stderr, "no trial succeeded: {}\nAll of them with their causes: evobrnn export {}\n",
               printable_line(outcome.failure), folder.string());
  } else {
    fmt::print("\n{} trials in {}, {}", p.total_done, duration(p.elapsed_seconds), failed_text(p));
    if (p.total_reused > 0) fmt::print(", {} known before", p.total_reused);
    if (resumed > 0) fmt::print(", {} went on from a checkpoint", resumed);
    fmt::print("\n");
    if (p.training_seconds > 0)
      fmt::print("{:.1f} % of the time of {} worker{} was not training: search, ledger, data, waiting\n",
                 100 * other_share(p, workers), workers, workers == 1 ? "" : "s");
    if (p.training_seconds > 0 && !memory.empty()) fmt::print("{}\n", memory);
    print_finals(report);
    print_genome(*outcome.champion, score);
    fmt::print("\nrun folder {}, {} {}\n", folder.string(), score ? "weights" : "champion", kept->string());
  }
}

}  // namespace evobrnn
