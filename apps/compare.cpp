// SPDX-License-Identifier: Apache-2.0
#include "apps/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "apps/commands.hpp"
#include "apps/comparison_plan_text.hpp"
#include "apps/comparison_report.hpp"
#include "apps/comparison_run.hpp"
#include "apps/data_files.hpp"
#include "apps/memory_check.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trust.hpp"
#include "core/data/data_store.hpp"
#include "evolve/comparison/comparison.hpp"
#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  ComparisonSource source;
  ExperimentSource settings;  ///< what the shared options write to
  fs::path data, out;
  ViewOptions view;
  bool dry_run = false;
};

ShapeOf shapes(const std::shared_ptr<DataStore>& data) {
  return [data](const TaskSettings& task) { return load_task(task, *data); };
}

/// Runs what is missing, and reports.
int compare_in(const fs::path& folder, const ComparisonPlan& plan, std::shared_ptr<DataStore> data, ViewKind kind) {
  const auto hint = fmt::format("Go on with: evobrnn resume {}", folder.string());
  const auto score = load_task(plan.arms.front().experiment.base.task, *data).score;
  bool complete = false;
  require_memory(worker_count(plan.arms.front().experiment.search.workers), 0);
  try {
    Workplace workplace(plan.arms.front().experiment.search, std::move(data));
    double flops = 0;
    for (const auto& arm : plan.arms) flops += static_cast<double>(plan.settings.repeats) * arm.most_flops;
    ComparisonView view(kind, flops, plan.settings.repeats * static_cast<std::int64_t>(plan.arms.size()));
    complete = run_comparison(plan, folder, workplace, view);
  } catch (const StorageError& error) {
    throw StorageError(
        fmt::format("{}\nThe comparison has stopped; every finished trial is kept. When the cause is gone: {}",
                    error.what(), hint));
  }
  if (!complete) {
    if (kind != ViewKind::json) fmt::print("stopped: what is finished is kept. {}\n", hint);
    return stop_requested() ? stop_exit_code() : kExitLimit;
  }
  return report_comparison(plan, read_records(plan, folder), score, folder, kind);
}

int compare(Options& options) {
  options.source.overrides = options.settings.overrides;
  options.source.file = options.settings.file;
  const auto data = make_data_store(options.data);
  const auto plan = load_comparison(options.source, shapes(data));
  const auto kind = options.view.kind();
  if (options.dry_run || kind == ViewKind::automatic) print_plan(plan, *data, options.dry_run);
  if (options.dry_run) return kExitOk;
  if (const auto text = out_of_reach(plan.settings, plan.arms.size()); text && kind == ViewKind::json)
    fmt::print("{}\n", nlohmann::ordered_json{{"event", "warning"}, {"text", *text}}.dump());
  const auto folder = options.out.empty() ? fs::path("runs") / plan.name : options.out;
  const auto hint =
      fmt::format("Go on with it: evobrnn resume {}; start another one in another folder: --out DIR", folder.string());
  if (!is_free(folder)) throw UsageError(folder.string() + " exists already. " + hint);
  std::optional<RunLock> lock;
  create_run_folder(
      folder,
      {{kComparisonFile, plan.toml}, {kProvenanceFile, provenance_json(plan.seed, options.data, *data, command_line)}},
      hint, [&](const fs::path& draft) { lock.emplace(draft, folder.string()); });
  trust_own_run(folder);
  return compare_in(folder, plan, data, kind);
}

/// Lines of a resolved file whose setting changes what is trained.
std::vector<std::string> essential_lines(const std::string& toml) {
  std::vector<std::string> lines;
  std::istringstream stream(toml);
  for (std::string line; std::getline(stream, line);) {
    const auto path = line.substr(0, line.find(" = "));
    const auto* search = find_setting(search_settings_table(), path);
    const auto* trial = find_setting(trial_settings_table(), path);
    const bool free = (search && search->setting.changes_no_result) || (trial && trial->setting.changes_no_result);
    if (!free) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void require_same(const fs::path& folder, const std::string& before, const std::string& after) {
  const auto old_lines = essential_lines(before), new_lines = essential_lines(after);
  std::vector<std::string> changed;
  std::set_difference(new_lines.begin(), new_lines.end(), old_lines.begin(), old_lines.end(),
                      std::back_inserter(changed));
  if (changed.empty()) return;
  std::string text;
  for (const auto& line : changed) text += "\n  " + line;
  throw UsageError(
      fmt::format("{}: a comparison that goes on stays the same one; nothing was changed. These would make "
                  "it another:{}\nWhat can change: settings that change no result, as run.workers",
                  folder.string(), text));
}

}  // namespace

bool is_comparison(const fs::path& folder) { return fs::exists(folder / kComparisonFile); }

int resume_comparison(const fs::path& folder, const fs::path& data_folder, const std::vector<std::string>& overrides,
                      ViewKind view) {
  const RunLock lock(folder);
  const auto data = make_data_store(data_folder.empty() ? data_folder_of(folder) : data_folder);
  const auto shape_of = shapes(data);
  const auto file = folder / kComparisonFile;
  const auto before = load_comparison({file, "", {}, CodeUse::stored}, shape_of);
  const auto plan = load_comparison({file, "", overrides, CodeUse::stored}, shape_of);
  require_same(folder, before.toml, plan.toml);
  require_same_data(folder, *data);
  return compare_in(folder, plan, data, view);
}

void add_compare(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "compare", "Asks which way of setting hyperparameters is better, evolution or gradients, and how sure that is");
  const auto options = std::make_shared<Options>();
  add_settings_options(*command, options->settings);
  command
      ->add_option(
          "--profile", options->source.profile,
          "Settings under [profiles.NAME] of the file; the shipped files have quick (minutes) and full (hours)")
      ->type_name("NAME");
  command->add_option("--out", options->out, "Folder; default: runs/NAME with the name of the comparison")
      ->type_name("DIR");
  add_data_option(*command, options->data);
  add_workers_option(*command, options->settings);
  add_isolation_option(*command, options->settings);
  command->add_flag("--dry-run", options->dry_run,
                    "Prints the arms, what each may spend, how many trainings that is and about how long all takes");
  add_view_options(*command, options->view);
  command->footer(
      "Each arm is a way to set hyperparameters: gradient (trained with the weights, from several starts), ga or any\n"
      "other strategy (fixed during training), ga_then_gradient (start values from the search, then trained), random,\n"
      "fixed. Every arm spends the same number of operations, its search included, on the same data; it selects by\n"
      "validation, trains what it chose on fresh seeds and tests that once. compare.repeats independent repetitions\n"
      "give the statistics. See docs/COMPARISONS.md.\n\n"
      "Examples:\n"
      "  evobrnn compare configs/compare/ga_vs_gradient_mnist.toml --profile quick --data ~/data/mnist\n"
      "  evobrnn compare configs/compare/ga_vs_gradient_mnist.toml --profile full --dry-run\n"
      "  evobrnn compare mine.toml --set compare.repeats=20 --seed 7 --out runs/mine\n"
      "  evobrnn resume runs/ga_vs_gradient_mnist\n\n" +
      std::string(kSignalsHelp));
  command->callback([options, &exit_code] { exit_code = compare(*options); });
}

}  // namespace evobrnn
