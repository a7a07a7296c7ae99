// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "apps/checkpoint_files.hpp"
#include "apps/commands.hpp"
#include "apps/disk_space.hpp"
#include "apps/input_files.hpp"
#include "apps/memory_check.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trust.hpp"
#include "apps/weights.hpp"
#include "core/csv.hpp"
#include "core/data_facts.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

struct Options {
  ExperimentSource source;
  std::filesystem::path data, out, checkpoint;
  bool quiet = false;
};

/// A bar on a terminal; elsewhere a line a tenth of the way.
class TrainingProgress {
 public:
  explicit TrainingProgress(bool quiet) : quiet_(quiet) {}

  void operator()(std::int64_t step, std::int64_t steps, double loss) {
    if (quiet_) return;
    const auto now = std::chrono::steady_clock::now();
    const double elapsed = std::chrono::duration<double>(now - begin_).count();
    if (first_ == 0) first_ = step;  // later than 1 after a checkpoint
    const double a_step = elapsed / static_cast<double>(step - first_ + 1);
    const auto text = fmt::format("step {} of {}, loss {:.3f}, {:.0f} steps a second, {} left", step, steps, loss,
                                  1 / a_step, duration(a_step * static_cast<double>(steps - step)));
    if (terminal_) {
      if (now - shown_ < std::chrono::milliseconds(100) && step < steps) return;
      shown_ = now;
      constexpr std::int64_t kBar = 30;
      const auto filled = static_cast<std::size_t>(kBar * step / steps);
      put(fmt::format("\r\x1b[2K[{:<30}] {}{}", std::string(filled, '#'), text, step == steps ? "\n" : ""));
      std::fflush(stdout);
    } else if (10 * step / steps > 10 * (step - 1) / steps) {
      put(text + "\n");
      std::fflush(stdout);
    }
  }

 private:
  const bool quiet_, terminal_ = live_terminal();
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_;
  std::int64_t first_ = 0;
};

std::string curve_csv(const std::vector<CurvePoint>& curve) {
  auto csv = csv_row({"step", "samples", "train_loss", "validation_loss", "validation_score"});
  for (const auto& p : curve)
    csv += csv_row({csv_cell(p.step), csv_cell(p.samples), csv_cell(p.train_loss), csv_cell(p.validation_loss),
                    csv_cell(p.validation_score)});
  return csv;
}

/// Says whether the training goes on from the file.
void use_checkpoint(const std::filesystem::path& file, CheckpointFiles& checkpoints, TrialHooks& hooks) {
  if (file.empty()) return;
  hooks.resumed = [&file](std::int64_t step) {
    put(fmt::format("goes on from {}, after step {}\n", file.string(), step));
  };
  checkpoints.attach(file, hooks);
  if (hooks.resume_from.empty()) return;
  const auto told = std::make_shared<bool>(false);
  hooks.resumed = [told, next = hooks.resumed](std::int64_t step) {
    *told = true;
    next(step);
  };
  hooks.progress = [told, &file, next = hooks.progress](std::int64_t step, std::int64_t steps, double loss) {
    if (!std::exchange(*told, true))
      fmt::print("{} is damaged, or of another training or build: begins anew\n", file.string());
    next(step, steps, loss);
  };
}

/// Whether the folder holds this training already: the same settings, and weights as they were stored.
bool holds(const std::filesystem::path& folder, const Experiment& experiment) {
  const auto weights = folder / kWeightsFolder / "trained.safetensors";
  try {
    return read_whole(folder / kExperimentFile) == experiment.toml && intact(weights) == Intact::yes;
  } catch (const std::exception&) {
    return false;
  }
}

/// Throws FileError.
void require_writable(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  const DraftFile draft(file);
}

int train(const Options& options) {
  const auto experiment = load_experiment(options.source);
  require_networks(experiment, "evobrnn train");
  const auto folder =
      options.out.empty() ? std::filesystem::path("runs") / (experiment.search.name + "-train") : options.out;
  if (!options.checkpoint.empty() && experiment.search.checkpoint_seconds == 0)
    throw UsageError("--checkpoint needs run.checkpoint_seconds above 0");
  const std::string hint = "Choose another folder: --out DIR";
  if (!is_free(folder))
    throw UsageError(fmt::format("{} exists already{}. {}", folder.string(),
                                 holds(folder, experiment) ? ", and holds this very training, whole" : "", hint));
  const auto data = open_data(options.data, experiment.base.task);
  require_memory(1, predicted_peak_bytes(experiment.base, load_task(experiment.base.task, *data)));
  // Made before the training: where it cannot be kept is known now. Killed, it leaves nothing that is in the way.
  check_room(folder, needed_bytes_of_training(experiment, load_task(experiment.base.task, *data)));
  std::optional<DraftFolder> draft;
  try {
    draft.emplace(folder);
    make_own_folder(draft->path() / kWeightsFolder);
    if (!options.checkpoint.empty()) require_writable(options.checkpoint);
  } catch (const FileError& error) {
    throw UsageError(error.what());
  }
  write_atomically(draft->path() / kExperimentFile, experiment.toml);
  write_atomically(draft->path() / kProvenanceFile,
                   provenance_json(experiment.search.seed, options.data, *data, command_line));

  InputFiles inputs(data);

  const TrialSpec spec{experiment.base, static_cast<std::uint64_t>(experiment.search.seed), true};
  std::string weights;
  TrialHooks hooks;
  hooks.data = data;
  hooks.should_stop = [] { return stop_requested().load(); };
  hooks.progress = TrainingProgress(options.quiet);
  hooks.weights = [&weights](const std::string& bytes) { weights = bytes; };
  CheckpointFiles checkpoints(experiment.search.checkpoint_seconds);
  use_checkpoint(options.checkpoint, checkpoints, hooks);
  let_finish_within(experiment.search.grace_seconds, hooks);
  const auto result = run_trial(spec, hooks);
  if (!checkpoints.problem().empty())
    fmt::print(stderr, "\nwarning: not every checkpoint could be written: {}\n", checkpoints.problem());
  if (result.status == TrialStatus::cancelled) {
    const bool kept = !options.checkpoint.empty() && std::filesystem::exists(options.checkpoint);
    fmt::print("\nstopped after {} steps; {}\n", result.cost.steps,
               kept ? "the same command goes on from " + options.checkpoint.string() : "nothing was written");
    return stop_exit_code();
  }
  if (result.status != TrialStatus::ok) {
    fmt::print(stderr, "\ntraining ended as {}: {}\n", to_text(result.status), result.cause);
    return kExitFailure;
  }
  inputs.check();
  write_atomically(draft->path() / "curve.csv", curve_csv(result.curve));
  store_weights(draft->path() / kWeightsFolder, "trained", spec, weights, *data);
  storing([&] { draft->put_in_place(); });
  trust_own_run(folder);
  std::error_code ignored;  // it may never have been written
  if (!options.checkpoint.empty()) std::filesystem::remove(options.checkpoint, ignored);
  const auto shape = load_task(experiment.base.task, *data);
  fmt::print("{}: {}\n{}: validation {}, test {} on {}; {} parameters, {} steps in {}\n", experiment.base.task.name,
             shape.sequence, to_text(shape.score), score_text(shape.score, result.score),
             score_text(shape.score, result.metrics.at("test_score")), to_text(test_samples(result).value()),
             result.metrics.at("parameters"), result.cost.steps, duration(result.cost.wall_seconds));
  fmt::print("learning curve {}, weights {}\n", (folder / "curve.csv").string(),
             (folder / kWeightsFolder / "trained.safetensors").string());
  return kExitOk;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("train", "Trains one candidate with the file's settings, without a search");
  const auto options = std::make_shared<Options>();
  options->source.search = false;
  add_settings_options(*command, options->source);
  add_data_option(*command, options->data);
  command->add_option("--out", options->out, "Folder of the result; default: runs/NAME-train")->type_name("DIR");
  command
      ->add_option(
          "--checkpoint", options->checkpoint,
          "File that the training is saved to every run.checkpoint_seconds, and that it goes on from where it is "
          "there; removed at the end")
      ->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "Prints the result only");
  command->footer(
      "Writes weights as safetensors, the learning curve as CSV, and the resolved settings; prints the test "
      "accuracy.\n\n"
      "Examples:\n  evobrnn train configs/quickstart.toml --set train.epochs=3 --out runs/one\n"
      "  evobrnn train configs/mnist_ga.toml --set train.epochs=50 --checkpoint long.checkpoint\n\n" +
      std::string(kSignalsHelp) + "Without --checkpoint a stopped training leaves nothing.");
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace evobrnn
