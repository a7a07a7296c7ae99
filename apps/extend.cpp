// SPDX-License-Identifier: Apache-2.0
#include "apps/extend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/data_files.hpp"
#include "apps/run_folder.hpp"
#include "core/utf8.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

std::string kind_text(const Gene& gene) {
  if (gene.kind == GeneKind::real) return "a real number";
  return gene.kind == GeneKind::integer ? "an integer" : "one of its values";
}

/// One line for each gene that only one of the spaces has, or that is of another kind.
std::string mismatches(const SearchSpace& old_space, const SearchSpace& new_space, const fs::path& run) {
  const auto find = [](const SearchSpace& space, const std::string& path) {
    const auto& genes = space.genes();
    const auto found = std::find_if(genes.begin(), genes.end(), [&](const Gene& g) { return g.path == path; });
    return found == genes.end() ? nullptr : &*found;
  };
  std::string lines;
  for (const auto& gene : new_space.genes()) {
    const auto* other = find(old_space, gene.path);
    if (!other) lines += fmt::format("\n  {}: is no gene of {}", gene.path, run.string());
    else if (other->kind != gene.kind)
      lines +=
          fmt::format("\n  {}: {} in {}, and {} here", gene.path, kind_text(*other), run.string(), kind_text(gene));
  }
  for (const auto& gene : old_space.genes()) {
    if (!find(new_space, gene.path)) lines += fmt::format("\n  {}: a gene of {} alone", gene.path, run.string());
  }
  return lines;
}

/// What of the build and the machine the bits of a trial depend on.
std::string build_differences(const std::string& before, const std::string& now) {
  const auto old_build = nlohmann::json::parse(before, nullptr, false), build = nlohmann::json::parse(now);
  std::string differences;
  for (const auto* key :
       {"git_revision", "compiler", "libtorch", "libtorch_instruction_set", "kernels_instruction_set", "cpu"}) {
    const auto known = old_build.is_object() && old_build.contains(key) && old_build[key].is_string();
    const auto was = known ? old_build[key].get<std::string>() : "unknown";
    if (was != build.value(key, ""))
      differences += fmt::format("{}{}: {}, {}", differences.empty() ? "" : "; ", key, was, build.value(key, ""));
  }
  return differences;
}

/// Whether a gene chooses the files that are read, as free texts of a task do: then no list of files says which data a
/// trial had.
bool searches_data(const SearchSpace& space) {
  return std::any_of(space.genes().begin(), space.genes().end(), [](const Gene& gene) {
    const auto& setting = find_setting(trial_settings_table(), gene.path)->setting;
    const bool file = setting.kind == SettingKind::text && setting.choices.empty();
    return gene.path == "task.name" || (file && gene.path.starts_with("task."));
  });
}

/// Why an old run's trials may have had other data than those of the new run; empty: they had the same.
std::string data_doubt(const std::string& before, const Experiment& experiment, const DataStore& data) {
  if (!experiment.command && searches_data(experiment.space)) return "data: genes choose them";
  if (!tells_data(before)) return "data: it keeps no checksums of them";
  const auto difference = data_difference(before, data);
  return difference.empty() ? "" : "data: " + difference;
}

bool trained_to_its_end(const LedgerTrial& trial) {
  return trial.result.status == TrialStatus::ok || trial.result.status == TrialStatus::diverged;
}

}  // namespace

std::vector<OldRun> read_old_runs(const std::vector<fs::path>& folders) {
  std::vector<OldRun> runs;
  for (const auto& folder : folders) {
    require_run(folder);
    if (!fs::exists(folder / kLedgerFile))
      throw UsageError(folder.string() + ": holds no ledger; nothing was trained there");
    ExperimentSource source;
    source.file = folder / kExperimentFile;
    const Ledger ledger(folder / kLedgerFile, Ledger::Access::read);
    runs.push_back({folder, load_experiment(source), ledger.trials()});
  }
  return runs;
}

std::vector<Genome> best_genomes(const std::vector<OldRun>& runs, const Experiment& experiment) {
  std::string wrong;
  for (const auto& run : runs) wrong += mismatches(run.experiment.space, experiment.space, run.folder);
  if (!wrong.empty())
    throw UsageError("--extend-from: the spaces must have the same genes, each of the same kind; ranges may differ:" +
                     wrong);
  std::vector<const LedgerTrial*> ranked;
  for (const auto& run : runs) {
    for (const auto& trial : run.trials) {
      if (trial.generation >= 0 && trial.result.status == TrialStatus::ok) ranked.push_back(&trial);
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const LedgerTrial* left, const LedgerTrial* right) {
    return left->result.score > right->result.score;
  });
  std::set<std::string> known;
  for (const auto& genome : experiment.first) known.insert(experiment.space.text(genome));
  std::vector<Genome> best;
  const auto places = static_cast<std::size_t>(experiment.search.population);
  for (const auto* trial : ranked) {
    if (experiment.first.size() + best.size() >= places) break;
    try {
      auto genome = experiment.space.canonical(experiment.space.parse(trial->key.genome));
      if (known.insert(experiment.space.text(genome)).second) best.push_back(std::move(genome));
    } catch (const std::invalid_argument&) {  // outside of the new ranges
    }
  }
  return best;
}

OldTrials old_trials(const std::vector<OldRun>& runs, const Experiment& experiment, const std::string& provenance,
                     const DataStore& data) {
  OldTrials old;
  for (const auto& run : runs) {
    const auto before = fs::exists(run.folder / kProvenanceFile) ? read_whole(run.folder / kProvenanceFile) : "";
    auto other = build_differences(before, provenance);
    if (other.empty()) other = data_doubt(before, experiment, data);
    if (!other.empty()) {
      old.notes.push_back(fmt::format("{}: its genomes are taken, not its results, whose bits may differ here ({})",
                                      run.folder.string(), other));
      continue;
    }
    for (auto trial : run.trials) {
      if (!trained_to_its_end(trial)) continue;
      trial.content = content_of(run.experiment, candidate_of(run.experiment, trial));
      trial.origin = fmt::format("{} trial {}", as_utf8(run.folder.string()), trial.id);
      old.spare.push_back(std::move(trial));
    }
  }
  return old;
}

}  // namespace evobrnn
