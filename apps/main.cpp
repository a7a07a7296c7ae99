// SPDX-License-Identifier: Apache-2.0
/// The command line: parses, calls one subcommand, and turns what was thrown into one clear error.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "apps/commands.hpp"
#include "apps/options.hpp"
#include "apps/process_setup.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trust.hpp"
#include "core/fault_point.hpp"
#include "core/foreign_code.hpp"
#include "core/plugin.hpp"
#include "core/provenance.hpp"
#include "core/threads.hpp"
#include "core/trial.hpp"
#include "evolve/notice.hpp"
#include "view/terminal.hpp"

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
  add_trust_option(app);
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
  add_trust(app, exit_code);
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

/// "runs/x: cannot create directory: Permission denied", from the standard library's "filesystem error: cannot create
/// directory: Permission denied [runs/x]".
std::string file_error_text(const std::filesystem::filesystem_error& error) {
  const auto why = error.code().message();
  std::string tried = error.what();
  constexpr std::string_view kBegin = "filesystem error: ";
  if (tried.starts_with(kBegin)) tried.erase(0, kBegin.size());
  tried = tried.substr(0, tried.find(": " + why));
  auto files = error.path1().string();
  if (!error.path2().empty()) files += " and " + error.path2().string();
  return fmt::format("{}{}{}: {}", files, files.empty() ? "" : ": ", tried, why);
}

/// Without the "[json.exception.parse_error.101] " of the library.
std::string without_tag(const std::string& what) {
  const auto end = what.find("] ");
  return what.starts_with("[json.exception.") && end != std::string::npos ? what.substr(end + 2) : what;
}

/// Texts of files and of users' programs stand in what went wrong.
int tell(const std::string& error, int exit_code) {
  fmt::print(stderr, "error: {}\n", evobrnn::printable(error));
  return exit_code;
}

/// What a command printed is on its way to the disk, or the command has failed, by `cause` where that is known already.
/// A reader that has left is no news.
int finish_output(int exit_code, int cause) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && !std::cout.fail()) return exit_code;
  if (cause == 0) cause = errno;
  if (cause != EPIPE)
    tell("standard output could not be written" + (cause == 0 ? "" : ": " + std::string(std::strerror(cause))), 0);
  return exit_code == evobrnn::kExitOk ? evobrnn::kExitFailure : exit_code;
}

/// `output_error`: why standard output could not be written, where that ended the command.
int run_and_tell(int argc, char** argv, int& output_error) {
  using namespace evobrnn;
  try {
    check_fault_environment();
    return run_command(argc, argv);
  } catch (const SettingsError& error) {
    for (const auto& diagnostic : error.diagnostics()) tell(to_text(diagnostic), kExitUsage);
    return kExitUsage;
  } catch (const std::filesystem::filesystem_error& error) {
    return tell(file_error_text(error), kExitFailure);
  } catch (const nlohmann::json::exception& error) {
    return tell("a file that should hold JSON does not, or not what it should: " + without_tag(error.what()),
                kExitFailure);
  } catch (const DataError& error) {
    return tell(error.what(), kExitUsage);
  } catch (const PluginError& error) {
    return tell(error.what(), kExitUsage);
  } catch (const UsageError& error) {
    return tell(error.what(), kExitUsage);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) == 0) return tell(error.what(), kExitFailure);
    output_error = error.code().value();
    return kExitFailure;
  } catch (...) {  // also what a plugin throws that is no std::exception
    return tell(thrown_text(), kExitFailure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  evobrnn::prepare_process();
  evobrnn::configure_process_threads();
  evobrnn::stop_requested();
  const evobrnn::NoticeReceiver notices(
      [](const std::string& line) { fmt::print(stderr, "note: {}\n", evobrnn::printable(line)); });
  int output_error = 0;
  const auto exit_code = run_and_tell(argc, argv, output_error);
  return finish_output(exit_code, output_error);
}
