// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "apps/commands.hpp"
#include "apps/data_files.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trained_again.hpp"
#include "apps/weights.hpp"
#include "core/io/weights_file.hpp"
#include "evolve/ledger_reader.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path folder, data;
  std::size_t trials = 1;
  std::uint64_t seed = 0;
};

/// Checks one run part by part and keeps what is wrong with it.
class Verification {
 public:
  explicit Verification(const Options& options) : options_(options) {}

  int verify() {
    const auto ledger = require_ledger(options_.folder);
    try {
      check_ledger(LedgerReader(ledger));
    } catch (const LedgerError& error) {
      wrong_.emplace_back(error.what());
    }
    check_weights_folder();
    try {
      run_ = open_run(options_.folder, options_.data);
      if (!run_.experiment.command) check_champion_weights();
      check_seeds();
      check_data();
      replay();
    } catch (const SettingsError& error) {
      for (const auto& diagnostic : error.diagnostics()) wrong_.push_back(to_text(diagnostic));
    } catch (const DataError& error) {
      wrong_.push_back(std::string("nothing can be trained again: ") + error.what());
    }
    return report();
  }

 private:
  void check_ledger(const LedgerReader& ledger) {
    for (const auto& line : ledger.damage()) wrong_.push_back("ledger: " + line);
    const auto before = wrong_.size();
    trials_ = ledger.trials(&wrong_);
    fmt::print("ledger: {} trials read, {} damaged\n", trials_.size(), wrong_.size() - before);
  }

  void check_seeds() {
    for (const auto& trial : trials_) {
      const auto seed = seed_of(run_.experiment.search, trial.key);
      if (trial.seed != seed)
        wrong_.push_back(fmt::format("trial {}: its seed is {}, and its key makes {}", trial.id, trial.seed, seed));
    }
  }

  void check_data() {
    const auto provenance = options_.folder / kProvenanceFile;
    if (!fs::exists(provenance)) return;
    const auto difference = data_difference(read_whole(provenance), *run_.data);
    if (!difference.empty()) wrong_.push_back("data: not those that the run was started with: " + difference);
  }

  void check_weights_folder() {
    std::size_t files = 0, without_checksum = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(options_.folder / kWeightsFolder, missing)) {
      if (entry.path().extension() != ".safetensors") continue;
      ++files;
      without_checksum += check_weights_file(entry.path()) == Intact::unknown;
    }
    fmt::print("weights: {} files{}\n", files,
               without_checksum > 0 ? fmt::format(", {} of them without a stored checksum", without_checksum) : "");
  }

  void check_champion_weights() {
    for (const auto& trial : trials_) {
      const auto file = weights_file(options_.folder, trial.key);
      if (trial.key.role == "champion" && trial.result.status == TrialStatus::ok && !fs::exists(file))
        wrong_.push_back(fmt::format("{}: missing, the weights of trial {}", file.string(), trial.id));
    }
  }

  Intact check_weights_file(const fs::path& file) {
    try {
      check_weights(read_whole(file));
      const auto state = intact(file);
      if (state == Intact::no) wrong_.push_back(file.string() + ": its SHA-256 is not the one stored beside it");
      return state;
    } catch (const std::exception& error) {
      wrong_.push_back(file.string() + ": " + error.what());
      return Intact::no;
    }
  }

  /// Trials by a hash of seed and key: any few of them, the same for the same --seed. What a time limit ended or the
  /// machine failed at may end differently with every right, so it is left out.
  std::vector<const LedgerTrial*> chosen() const {
    std::vector<std::pair<std::uint64_t, const LedgerTrial*>> order;
    for (const auto& trial : trials_) {
      if (ended_by_itself(trial.result)) order.emplace_back(trial_seed(options_.seed, trial.key), &trial);
    }
    std::sort(order.begin(), order.end());
    std::vector<const LedgerTrial*> trials;
    for (std::size_t i = 0; i < std::min(options_.trials, order.size()); ++i) trials.push_back(order[i].second);
    return trials;
  }

  void replay() {
    if (has_embedded_objective(run_.experiment)) {
      fmt::print("no trial was evaluated again: only the program that made the run can\n");
      return;
    }
    if (options_.trials > 0) tell_left_out();
    for (const auto* trial : chosen()) {
      const auto again = train_again(run_, *trial);
      if (again.stopped) {
        stopped_ = true;
        return;
      }
      fmt::print("trial {} trained again: {}\n", trial->id, again.differences.empty() ? "the same bits" : "differs");
      for (const auto& note : again.notes) fmt::print("  {}\n", printable_line(note));
      if (again.other_build.empty()) wrong_.insert(wrong_.end(), again.differences.begin(), again.differences.end());
      else other_builds_ += 1;  // no fault of the run
    }
  }

  /// How many trials no training again could judge, and why.
  void tell_left_out() const {
    std::map<TrialStatus, int> counts;
    for (const auto& trial : trials_) counts[trial.result.status] += !ended_by_itself(trial.result);
    std::erase_if(counts, [](const auto& count) { return count.second == 0; });
    std::vector<std::string> texts;
    for (const auto& [status, count] : counts) texts.push_back(fmt::format("{} {}", count, to_text(status)));
    if (!texts.empty())
      fmt::print("never chosen to be trained again, for the machine had a part in how they ended: {}\n",
                 fmt::join(texts, ", "));
  }

  int report() const {
    for (const auto& line : wrong_) fmt::print("wrong: {}\n", printable_line(line));
    if (stopped_) {
      fmt::print("stopped before the end of the check\n");
      return stop_exit_code();
    }
    if (other_builds_ > 0)
      fmt::print(
          "{} of the trials trained again differ{} from what another build of evobrnn made of them: the build of then "
          "can "
          "judge, this one cannot\n",
          other_builds_, other_builds_ == 1 ? "s" : "");
    if (wrong_.empty()) fmt::print("nothing is wrong\n");
    else fmt::print("{} wrong\n", wrong_.size() == 1 ? "1 thing is" : fmt::format("{} things are", wrong_.size()));
    return wrong_.empty() ? kExitOk : kExitFailure;
  }

  const Options& options_;
  StoredRun run_;
  std::vector<LedgerTrial> trials_;
  std::vector<std::string> wrong_;
  int other_builds_ = 0;  ///< trials that differ, and that another build trained
  bool stopped_ = false;
};

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("verify", "Checks that a run is whole and that its results come out again");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->folder, "Run folder")->required()->type_name("");
  command->add_option("--trials", options->trials, "Trials to train again and compare bit by bit; 0: none")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000000))
      ->type_name("K");
  command->add_option("--seed", options->seed, "Chooses which trials those are")->capture_default_str()->type_name("N");
  add_data_option(*command, options->data);
  command->footer(
      "Checks the ledger's file, every row in it and its seed, and that weights are readable and have the SHA-256 "
      "stored\n"
      "beside them, and that the data are those of the start; then trains trials again. Writes nothing into the run "
      "folder.\n"
      "Exit code: 0 nothing is wrong; 1 something is, and a list says what; 2 no run there.\n\n"
      "Examples:\n  evobrnn verify runs/quickstart\n  evobrnn verify runs/quickstart --trials 20 --seed 3");
  command->callback([options, &exit_code] { exit_code = Verification(*options).verify(); });
}

}  // namespace evobrnn
