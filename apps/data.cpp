// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>

#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/signals.hpp"
#include "core/data/data_store.hpp"
#include "core/data/fetch.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

struct Options {
  std::string name, from;
  std::filesystem::path data;
};

/// Shows a download: redrawn on a terminal, a line every tenth elsewhere.
class DownloadProgress {
 public:
  void operator()(const RemoteFile& file, std::uint64_t done, std::uint64_t total) {
    if (file.name != name_) {
      name_ = file.name;
      begin_ = std::chrono::steady_clock::now();
      first_ = done;
      tenths_ = 0;
    }
    if (total == 0) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const double rate = seconds > 0 ? static_cast<double>(done - first_) / seconds : 0;
    const auto text = fmt::format("{}: {} of {} MB, {:.1f} MB a second{}", name_, done / kMegabyte, total / kMegabyte,
                                  rate / kMegabyte,
                                  rate > 0 ? ", " + duration(static_cast<double>(total - done) / rate) + " left" : "");
    if (terminal_) {
      put("\r\x1b[2K" + text);
      if (done == total) put("\r\x1b[2K");
      std::fflush(stdout);
    } else if (10 * done / total > tenths_) {
      tenths_ = 10 * done / total;
      put(text + "\n");
    }
  }

 private:
  static constexpr std::uint64_t kMegabyte = 1'000'000;
  const bool terminal_ = live_terminal();
  std::string name_;
  std::uint64_t first_ = 0, tenths_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

int fetch_set(const Options& options) {
  const auto folder = options.data.empty() ? default_data_folder() : options.data;
  FetchHooks hooks;
  hooks.progress = DownloadProgress();
  hooks.note = [](const std::string& text) { put(text + "\n"); };
  hooks.should_stop = [] { return stop_requested().load(); };
  for (const auto& set : remote_data_sets()) {
    if (set.name != options.name) continue;
    try {
      fetch(set, folder, options.from, hooks);
    } catch (const DataError& error) {
      if (!stop_requested()) throw;
      fmt::print("\n{}\n", error.what());
      return stop_exit_code();
    }
  }
  return kExitOk;
}

int list_sets() {
  for (const auto& set : remote_data_sets()) {
    std::uint64_t bytes = 0;
    for (const auto& file : set.files) bytes += file.bytes;
    fmt::print("{:<15} {} ({} MB)\n", set.name, set.doc, bytes / 1'000'000);
  }
  return kExitOk;
}

}  // namespace

void add_data(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("data", "Downloads published data sets");
  command->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  auto* fetch =
      command->add_subcommand("fetch", "Downloads a data set, with a SHA-256 check; a broken download is continued");
  std::vector<std::string> names;
  for (const auto& set : remote_data_sets()) names.push_back(set.name);
  fetch->add_option("NAME", options->name, "Data set")->required()->check(CLI::IsMember(names))->type_name("");
  fetch->add_option("--from", options->from, "Mirror: the files lie at URL/FILE")->type_name("URL");
  add_data_option(*fetch, options->data);
  fetch->footer(
      "Examples:\n  evobrnn data fetch mnist\n  evobrnn data fetch cifar10 --from https://mirror.example/cifar --data "
      "~/data");
  fetch->callback([options, &exit_code] { exit_code = fetch_set(*options); });
  command->add_subcommand("list", "What can be downloaded")->callback([&exit_code] { exit_code = list_sets(); });
}

}  // namespace evobrnn
