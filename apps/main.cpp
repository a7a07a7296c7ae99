// SPDX-License-Identifier: Apache-2.0
/// The command line: parses, calls one subcommand, and turns what was thrown into one clear error.
#include <fmt/format.h>

#include <filesystem>

#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/process_setup.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/fault_point.hpp"
#include "core/plugin.hpp"
#include "core/provenance.hpp"
#include "core/threads.hpp"
#include "core/trial.hpp"
#include "evolve/notice.hpp"

namespace {

int run_command(int argc, char** argv) {
  using namespace evobrnn;
  for (int i = 0; i < argc; ++i) command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  CLI::App app(
      "evobrnn searches the hyperparameters of biologically plausible recurrent networks by evolution,\ntrains every "
      "candidate by gradient descent, and tests the champion.");
  const auto build = build_provenance();
  app.set_version_flag("--version", fmt::format("evobrnn {} ({}, LibTorch {})", build.at("version"),
                                                build.at("git_revision"), build.at("libtorch")));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  evobrnn run configs/quickstart.toml\n  evobrnn list settings model\n\n`evobrnn COMMAND --help` "
      "tells more of each command.");
  app.fallthrough();  // options of the program may stand behind those of a command
  add_plugin_option(app);
  int exit_code = kExitOk;
  add_run(app, exit_code);
  add_resume(app, exit_code);
  add_compare(app, exit_code);
  add_examine(app, exit_code);
  add_predict(app, exit_code);
  add_train(app, exit_code);
  add_check(app, exit_code);
  add_bench(app, exit_code);
  add_list(app, exit_code);
  add_data(app, exit_code);
  add_diff(app, exit_code);
  add_worker(app, exit_code);
  add_status(app, exit_code);
  add_verify(app, exit_code);
  add_replay(app, exit_code);
  add_report(app, exit_code);
  add_export(app, exit_code);
  add_conformance(app, exit_code);
  add_doctor(app, exit_code);
  add_manual(app, exit_code);
  add_completion(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  evobrnn::prepare_process();
  evobrnn::configure_process_threads();
  evobrnn::stop_requested();
  const evobrnn::NoticeReceiver notices([](const std::string& line) { fmt::print(stderr, "note: {}\n", line); });
  try {
    evobrnn::check_fault_environment();
    return run_command(argc, argv);
  } catch (const evobrnn::SettingsError& error) {
    for (const auto& diagnostic : error.diagnostics()) fmt::print(stderr, "error: {}\n", to_text(diagnostic));
    return evobrnn::kExitUsage;
  } catch (const evobrnn::DataError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evobrnn::kExitUsage;
  } catch (const evobrnn::PluginError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evobrnn::kExitUsage;
  } catch (const evobrnn::UsageError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evobrnn::kExitUsage;
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "error: {}: {}\n", error.path1().string(), error.code().message());
    return evobrnn::kExitUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evobrnn::kExitFailure;
  }
}
