// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "apps/commands.hpp"
#include "apps/examination_json.hpp"
#include "apps/examination_report.hpp"
#include "apps/memory_check.hpp"
#include "apps/options.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/examination.hpp"
#include "core/io/sha256.hpp"
#include "core/provenance.hpp"
#include "core/threads.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartsFolder = "parts";  // of what is finished, until all is

struct Options {
  std::vector<fs::path> inputs;
  fs::path out, data;
  std::string suite = "quick";
  std::vector<std::int64_t> input_sizes;
  std::int64_t seeds = 3, workers = 0;
  bool no_training = false, dry_run = false, quiet = false;
};

/// What is done side by side: networks are examined, and others trained anew.
struct Job {
  std::string what;                                                ///< "constant 2"
  double seconds = 0;                                              ///< as estimated
  std::string key;                                                 ///< of its file in kPartsFolder
  std::function<std::string(const ExaminationHooks& hooks)> work;  ///< returns what the file holds; empty: stopped
  std::string done;                                                ///< that
};

/// Says how far the jobs are.
class Progress {
 public:
  Progress(std::vector<Job>& jobs, bool quiet) : quiet_(quiet), live_(!quiet && live_terminal()) {
    for (const auto& job : jobs) all_ += job.seconds;
    count_ = jobs.size();
  }
  ~Progress() {
    if (live_) put("\r\x1b[2K");
    std::fflush(stdout);
  }

  void part(const Job& job, const std::string& part) {
    if (!live_) return;
    const std::lock_guard lock(mutex_);
    put("\r\x1b[2K" + fit_to_terminal(printable_line(fmt::format("{}: {}   ({})", job.what, part, state()))));
    std::fflush(stdout);
  }

  void finished(const Job& job) {
    const std::lock_guard lock(mutex_);
    ++done_;
    done_seconds_ += job.seconds;
    if (quiet_) return;
    put(live_ ? "\r\x1b[2K" : "");
    put(printable_line(fmt::format("{} is done   ({})", job.what, state())) + "\n");
    std::fflush(stdout);
  }

 private:
  std::string state() const {
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const double left = done_seconds_ > 0 ? elapsed * (all_ - done_seconds_) / done_seconds_ : all_ - elapsed;
    return fmt::format("{} of {}, {} left", done_, count_, duration(std::max(0.0, left)));
  }

  const bool quiet_, live_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::size_t count_ = 0, done_ = 0;
  double all_ = 0, done_seconds_ = 0;
};

/// Runs the jobs, the longest first, and keeps what each came to in a file of `folder`. Returns whether all were done.
bool run_jobs(std::vector<Job>& jobs, const fs::path& folder, std::int64_t workers, bool quiet) {
  require_memory(static_cast<int>(workers), 0);
  std::vector<Job*> order;
  for (auto& job : jobs) {
    const auto file = folder / job.key;
    if (fs::exists(file)) job.done = read_whole(file);
    if (job.done.empty()) order.push_back(&job);
  }
  std::stable_sort(order.begin(), order.end(), [](const Job* a, const Job* b) { return a->seconds > b->seconds; });
  Progress progress(jobs, quiet);
  for (const auto& job : jobs) {
    if (!job.done.empty()) progress.finished(job);
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> failed{false};
  const auto work = [&] {
    configure_thread();
    for (;;) {
      const auto i = next++;
      if (i >= order.size() || stop_requested() || failed) return;
      auto& job = *order[i];
      try {
        ExaminationHooks hooks;
        hooks.should_stop = [&] { return stop_requested().load() || failed; };
        hooks.progress = [&](const std::string& part, std::int64_t, std::int64_t) { progress.part(job, part); };
        job.done = job.work(hooks);
        if (job.done.empty()) return;
        write_atomically(folder / job.key, job.done);
        progress.finished(job);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        failed = true;  // the others end
        return;
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < workers; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return std::all_of(jobs.begin(), jobs.end(), [](const Job& job) { return !job.done.empty(); });
}

/// One store a data folder, so that networks of one task share it.
class Stores {
 public:
  explicit Stores(fs::path folder) : folder_(std::move(folder)) {}

  std::shared_ptr<DataStore> of(const ExaminedNetwork& network) {
    const auto folder = folder_.empty() ? network.data_folder : folder_;
    auto& store = stores_[folder];
    if (!store) store = make_data_store(folder);
    load_task(network.spec.settings.task, *store);
    return store;
  }

 private:
  const fs::path folder_;
  std::map<fs::path, std::shared_ptr<DataStore>> stores_;
};

/// The network's settings with its images cut into chunks of that many values.
TrialSpec with_input_size(const TrialSpec& spec, std::int64_t size, std::int64_t seed) {
  auto changed = spec;
  auto& task = changed.settings.task;
  task.layout = "chunks";
  task.chunk = size;
  task.stride = 0;
  changed.test = true;
  changed.finer_steps.clear();
  changed.seed = spec.seed + static_cast<std::uint64_t>(seed);
  return changed;
}

bool is_of_images(const TaskSettings& task) {
  return task.name == "digits" || task.name == "mnist" || task.name == "fashion-mnist" || task.name == "cifar10" ||
         task.name == "idx";
}

fs::path default_folder(const Options& options) {
  const auto& input = options.inputs.front();
  if (options.inputs.size() > 1) return fs::path("runs") / ("examination-" + options.suite);
  if (fs::is_directory(input)) return input / ("examination-" + options.suite);
  auto file = input;
  return file.replace_extension("").concat("-examination-" + options.suite);
}

class Examine {
 public:
  explicit Examine(const Options& options)
      : options_(options), suite_(examination_suite(options.suite)), stores_(options.data) {
    suite_.training = !options.no_training;
    workers_ = options.workers > 0
                   ? options.workers
                   : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()));
    networks_ = find_networks(options.inputs);
    const auto folder = options.out.empty() ? default_folder(options) : options.out;
    folder_ = folder;
  }

  int run() {
    check_one_task();
    add_examinations();
    add_trainings();
    double seconds = 0;
    for (const auto& job : jobs_) seconds += job.seconds;
    const auto at_once = std::min<std::int64_t>(workers_, static_cast<std::int64_t>(jobs_.size()));
    if (!options_.quiet || options_.dry_run)
      fmt::print("{} suite: {} network{} of {} group{}{}; estimated {} with {} worker{}\n", options_.suite,
                 networks_.size(), networks_.size() == 1 ? "" : "s", groups(), groups() == 1 ? "" : "s",
                 trained_.empty() ? "" : fmt::format(", {} trainings at other input sizes", trained_.size()),
                 duration(seconds / static_cast<double>(at_once)), workers_, workers_ == 1 ? "" : "s");
    if (options_.dry_run) return kExitOk;
    storing([&] {
      if (options_.out.empty()) make_own_folder(folder_);  // else a user's own link is as good as a folder
      make_own_folder(folder_ / kPartsFolder);
    });
    if (!run_jobs(jobs_, folder_ / kPartsFolder, at_once, options_.quiet)) {
      fmt::print("stopped: what is finished is kept; the same command goes on from there\n");
      return stop_exit_code();
    }
    const auto report = make_report();
    write_report(report, folder_);
    fs::remove_all(folder_ / kPartsFolder);
    fmt::print("\n{}: {}\n\n{}\nfolder {}: examination.html, .md, .json, a CSV a figure, recordings/\n", report.task,
               shape_.sequence, printable(report_text(report)), folder_.string());
    return kExitOk;
  }

 private:
  std::size_t groups() const {
    std::set<std::string> names;
    for (const auto& network : networks_) names.insert(network.group);
    return names.size();
  }

  void check_one_task() {
    const auto& first = networks_.front().spec.settings.task;
    for (const auto& network : networks_) {
      if (network.spec.settings.task.name != first.name)
        throw UsageError(fmt::format("{} was trained on {}, {} on {}: networks are compared on one task",
                                     networks_.front().group, first.name, network.group,
                                     network.spec.settings.task.name));
    }
    shape_ = load_task(first, *stores_.of(networks_.front()));
    if (!options_.input_sizes.empty() && !is_of_images(first))
      throw UsageError("--input-sizes cuts images into chunks, and " + first.name + " has none");
  }

  std::string key_of(const std::string& what) const {
    return sha256(build_provenance().at("git_revision") + "\n" + what).substr(0, 32);
  }

  void add_examinations() {
    double estimate = 0;
    std::string estimated;
    for (const auto& network : networks_) {
      const auto data = stores_.of(network);
      const auto weights = read_whole(network.weights);
      if (estimated != network.group) {  // replicates take as long as each other
        ExaminationHooks hooks;
        hooks.data = data;
        estimate = examination_seconds(network.spec, weights, suite_, hooks, network.training_seconds);
        estimated = network.group;
      }
      Job job;
      job.what = fmt::format("{} {}", network.group, network.number);
      job.seconds = estimate;
      job.key = key_of(options_.suite + (suite_.training ? "+" : "-") + to_json(network.spec) + sha256(weights));
      job.work = [this, network, weights, data](const ExaminationHooks& hooks) {
        auto own = hooks;
        own.data = data;
        const auto examination = examine(network.spec, weights, suite_, own);
        return examination ? examination_to_text(*examination) : std::string();
      };
      jobs_.push_back(std::move(job));
    }
  }

  void add_trainings() {
    std::string group;
    for (const auto& network : networks_) {
      if (network.group == group) continue;  // each group's settings once, on fresh seeds
      group = network.group;
      const auto data = stores_.of(network);
      const double known = std::max(network.training_seconds, 1.0);
      const auto own_flops = predicted_flops(network.spec.settings, load_task(network.spec.settings.task, *data));
      for (const auto size : options_.input_sizes) {
        for (std::int64_t seed = 1; seed <= options_.seeds; ++seed) {
          const auto spec = with_input_size(network.spec, size, seed);
          const auto shape = load_task(spec.settings.task, *data);
          Job job;
          job.what = fmt::format("{} with {} values a step, seed {}", group, size, seed);
          job.seconds = known * predicted_flops(spec.settings, shape) / own_flops;
          job.key = key_of(to_json(spec));
          job.work = [spec, data](const ExaminationHooks& hooks) {
            TrialHooks training;
            training.data = data;
            training.should_stop = hooks.should_stop;
            const auto result = run_trial(spec, training);
            return result.status == TrialStatus::cancelled ? std::string() : to_json(result);
          };
          trained_.push_back({group,
                              {static_cast<double>(size), static_cast<double>(shape.steps), static_cast<double>(seed)},
                              jobs_.size()});
          jobs_.push_back(std::move(job));
        }
      }
    }
  }

  ExaminationReport make_report() const {
    ExaminationReport report{options_.suite, networks_.front().spec.settings.task.name, shape_.score, {}, {}};
    for (std::size_t i = 0; i < networks_.size(); ++i) {
      const auto& network = networks_[i];
      if (report.groups.empty() || report.groups.back().name != network.group) {
        const auto& model = network.spec.settings.model;
        report.groups.push_back({network.group, fmt::format("{}, {} units", model.name, model.n), {}, {}});
      }
      report.groups.back().networks.push_back(network);
      report.groups.back().examinations.push_back(examination_from_text(jobs_[i].done));
    }
    if (!trained_.empty()) {
      FigureTable sizes{"input_size",
                        "Test score of networks trained anew on chunks of other sizes",
                        {"values a step", "steps", "seed", "test score"},
                        {},
                        {}};
      for (const auto& training : trained_) {
        const auto result = trial_result_from_json(jobs_[training.job].done);
        auto row = training.row;
        const bool ok = result.status == TrialStatus::ok;
        row.push_back(ok ? result.metrics.at("test_score") : std::nan(""));
        sizes.rows.push_back(std::move(row));
        sizes.labels.push_back(training.group);
      }
      report.input_sizes = std::move(sizes);
    }
    return report;
  }

  struct Training {
    std::string group;
    std::vector<double> row;
    std::size_t job;
  };

  const Options& options_;
  ExaminationOptions suite_;
  Stores stores_;
  std::int64_t workers_ = 1;
  std::vector<ExaminedNetwork> networks_;
  fs::path folder_;
  TaskShape shape_;
  std::vector<Job> jobs_;  ///< one a network, in their order, then the trainings
  std::vector<Training> trained_;
};

}  // namespace

void add_examine(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("examine", "Shows what trained networks remember, for how long, and how");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("INPUT", options->inputs,
                   "Runs (their champions), comparisons (every arm), folders of `evobrnn train`, or weights "
                   "(.safetensors, with config.json beside them). Networks of one run or arm are replicates")
      ->required();
  command->add_option("--suite", options->suite, "quick: minutes; full: all test samples, delays up to 3,072 steps")
      ->check(CLI::IsMember({"quick", "full"}))
      ->capture_default_str();
  command
      ->add_option("--input-sizes", options->input_sizes,
                   "Also trains each group's settings anew with images cut into chunks of so many values a step")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->type_name("N,N,…");
  command->add_option("--seeds", options->seeds, "Trainings at each of these sizes")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--no-training", options->no_training,
                    "Does not train each network once more to watch its parameters");
  command
      ->add_option("--out", options->out,
                   "Folder of the results; default: examination-SUITE in the run, or beside the weights")
      ->type_name("DIR");
  add_data_option(*command, options->data);
  command
      ->add_option("--workers", options->workers, "Networks examined at once; default: one a core. Changes no result")
      ->check(CLI::PositiveNumber);
  command->add_flag("--dry-run", options->dry_run, "Estimates the time, and does nothing");
  command->add_flag("--quiet", options->quiet, "Prints the result only");
  command->footer(
      "Scores against delays, resets, missing and noisy input with the half-life of what is remembered; trajectories;\n"
      "decoding of the remembered item; principal components, fixed points and their eigenvalues; lesions; the\n"
      "parameters over training. docs/EXAMINATION.md tells how each is measured.\n\n"
      "Examples:\n  evobrnn examine runs/mnist\n  evobrnn examine runs/memory --suite full --dry-run\n"
      "  evobrnn examine runs/mnist --input-sizes 28,14,7,4 --seeds 5\n\n"
      "Ctrl-C keeps what is finished; the same command goes on from there.");
  command->callback([options, &exit_code] { exit_code = Examine(*options).run(); });
}

}  // namespace evobrnn
