// SPDX-License-Identifier: Apache-2.0
#include "apps/trust.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/command_file.hpp"
#include "apps/commands.hpp"
#include "apps/comparison_run.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "core/io/sha256.hpp"
#include "core/plugin.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIdFile = "trust.id";  // ties a folder to what is kept of it
constexpr std::size_t kIdBytes = 16;

bool given = false;

std::vector<std::string> texts_of(const Document& document, const std::string& path) {
  const auto* entry = find_entry(document, path);
  const auto* list = entry ? std::get_if<std::vector<Scalar>>(&entry->value) : nullptr;
  std::vector<std::string> texts;
  for (const auto& value : list ? *list : std::vector<Scalar>()) {
    if (const auto* text = std::get_if<std::string>(&value)) texts.push_back(*text);
  }
  return texts;
}

fs::path whole(const fs::path& file) {
  std::error_code none;
  auto path = fs::canonical(file, none);
  return none ? fs::absolute(file).lexically_normal() : path;
}

/// Without what a terminal would take for a command: whoever made the folder chose the text.
std::string printable(std::string text) {
  for (auto& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f;
    if (!plain) c = '?';
  }
  return text;
}

std::string hash_of(const fs::path& file) {
  try {
    return fs::is_regular_file(file) ? sha256_of_file(file) : "missing";
  } catch (const std::exception&) {
    return "unreadable";
  }
}

bool lies_in(const fs::path& folder, const fs::path& file) {
  const auto inside = whole(file).lexically_relative(whole(folder));
  return !inside.empty() && *inside.begin() != "..";
}

/// What is trusted, in a few bytes: paths and words, the bytes of plugins, and those of a command's files that came
/// with the folder. Those that lie elsewhere are this user's.
std::string fingerprint(const fs::path& run, const RunCode& code) {
  auto root = nlohmann::json::array();
  for (const auto& plugin : code.plugins) root.push_back({plugin.string(), hash_of(plugin)});
  root.push_back(code.command);
  root.push_back(code.folder.string());
  CommandSettings settings;
  settings.command = code.command;
  settings.folder = code.folder.string();
  for (const auto& file : command_files(settings)) {
    if (lies_in(run, file)) root.push_back({file.string(), hash_of(file)});
  }
  return sha256(root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// Where what this user trusts is kept; nothing where there is no home.
std::optional<fs::path> state_folder() {
  const auto* state = std::getenv("XDG_STATE_HOME");
  if (state && fs::path(state).is_absolute()) return fs::path(state) / "evobrnn" / "trusted";
  const auto* home = std::getenv("HOME");
  if (home && fs::path(home).is_absolute()) return fs::path(home) / ".local" / "state" / "evobrnn" / "trusted";
  return std::nullopt;
}

/// The id that lies in the folder; empty where none does.
std::string id_in(const fs::path& folder) {
  std::error_code none;
  if (!fs::is_regular_file(fs::symlink_status(folder / kIdFile, none))) return "";
  try {
    return read_whole(folder / kIdFile).substr(0, 2 * kIdBytes);
  } catch (const std::exception&) {
    return "";
  }
}

/// The same; a new one where there was none and the folder can be written to.
std::string make_id(const fs::path& folder) {
  if (const auto known = id_in(folder); !known.empty()) return known;
  std::array<unsigned char, kIdBytes> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return "";
  const auto id = fmt::format("{:02x}", fmt::join(random, ""));
  try {
    write_atomically(folder / kIdFile, id + "\n");
  } catch (const StorageError&) {
    return "";  // of a colleague, or on a disk that is read-only
  }
  return id;
}

fs::path record_of(const fs::path& state, const fs::path& folder) {
  return state / (sha256(whole(folder).string()) + ".json");
}

/// Null where it is none of this user's, or damaged.
nlohmann::json read_record(const fs::path& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != ::geteuid()) return {};
  const auto root = nlohmann::json::parse(read_whole(file), nullptr, false);
  const auto text = [&](const char* key) { return root.contains(key) && root.at(key).is_string(); };
  return root.is_object() && text("run") && text("id") && text("code") ? root : nlohmann::json();
}

bool is_trusted(const fs::path& folder, const std::string& code) {
  const auto state = state_folder();
  if (!state) return false;
  const auto record = read_record(record_of(*state, folder));
  return record.is_object() && record.at("run") == whole(folder).string() && record.at("id") == id_in(folder) &&
         record.at("code") == code;
}

Document settings_of(const fs::path& folder) {
  const auto comparison = folder / kComparisonFile;
  return read_document(fs::exists(comparison) ? comparison : folder / kExperimentFile);
}

/// Keeps that the folder is trusted as it is now. Throws StorageError and UsageError.
void trust(const fs::path& folder, const RunCode& code) {
  const auto state = state_folder();
  if (!state) throw UsageError("there is no state folder: neither XDG_STATE_HOME nor HOME is set");
  std::error_code error;
  fs::create_directories(*state, error);
  if (error) throw UsageError(state->string() + " cannot be made: " + error.message());
  ::chmod(state->c_str(), S_IRWXU);
  const nlohmann::ordered_json record{{"run", whole(folder).string()},
                                      {"id", make_id(folder)},
                                      {"code", fingerprint(folder, code)},
                                      {"runs", lines_of(code)}};
  write_atomically(record_of(*state, folder),
                   record.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

int list() {
  const auto state = state_folder();
  std::vector<std::string> lines;
  std::error_code none;
  for (fs::directory_iterator entry(state.value_or("")), end; entry != end; entry.increment(none)) {
    const auto record = read_record(entry->path());
    if (!record.is_object()) continue;
    const fs::path folder = record.at("run").get<std::string>();
    auto line = folder.string();
    if (!fs::is_directory(folder, none)) line += "  (is not there any more)";
    else if (record.at("id") != id_in(folder)) line += "  (is another run now: not trusted)";
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& line : lines) fmt::print("{}\n", line);
  if (lines.empty()) fmt::print("no run is trusted; those without plugins and command need no trust\n");
  return kExitOk;
}

int add(const fs::path& folder) {
  const auto code = code_of(settings_of(folder));
  if (code.empty()) {
    fmt::print("{}: names no plugin and no command; it needs no trust\n", folder.string());
    return kExitOk;
  }
  trust(folder, code);
  fmt::print("{} is trusted to run, as this user:\n", folder.string());
  for (const auto& line : lines_of(code)) fmt::print("  {}\n", line);
  return kExitOk;
}

int take_back(const fs::path& folder) {
  const auto state = state_folder();
  std::error_code error;
  const bool removed = state && fs::remove(record_of(*state, folder), error);
  if (error) throw UsageError(fmt::format("{}: {}", record_of(*state, folder).string(), error.message()));
  fmt::print("{} {}\n", folder.string(), removed ? "is not trusted any more" : "was not trusted");
  return kExitOk;
}

}  // namespace

RunCode code_of(const Document& document) {
  RunCode code;
  const auto here = fs::absolute(document.file).parent_path();
  for (const auto& plugin : texts_of(document, "plugins")) code.plugins.push_back(whole(here / plugin));
  code.command = texts_of(document, "evaluator.command");
  if (code.command.empty()) return code;
  const auto* entry = find_entry(document, "evaluator.folder");
  const auto* folder = entry ? std::get_if<std::string>(&entry->value) : nullptr;
  code.folder = whole(here / (folder ? *folder : ""));
  return code;
}

bool is_loaded_plugin(const fs::path& plugin) {
  const auto& known = loaded_plugins();
  return std::any_of(known.begin(), known.end(), [&](const std::string& loaded) {
    return loaded == whole(plugin).string() ||
           (!fs::exists(plugin) && fs::path(loaded).filename() == plugin.filename());
  });
}

std::vector<fs::path> missing_plugins(const Document& document) {
  auto plugins = code_of(document).plugins;
  std::erase_if(plugins, is_loaded_plugin);
  return plugins;
}

std::vector<std::string> lines_of(const RunCode& code) {
  std::vector<std::string> lines;
  for (const auto& plugin : code.plugins)
    lines.push_back(printable(fmt::format("plugin {}, SHA-256 {}", plugin.string(), hash_of(plugin))));
  if (!code.command.empty())
    lines.push_back(printable(fmt::format("command {} in {}",
                                          to_toml(std::vector<Scalar>(code.command.begin(), code.command.end())),
                                          code.folder.string())));
  return lines;
}

bool lies_in_run(const fs::path& settings_file) {
  const auto folder = settings_file.has_parent_path() ? settings_file.parent_path() : fs::path(".");
  std::error_code none;
  return fs::exists(fs::symlink_status(folder / kLedgerFile, none)) ||
         fs::exists(fs::symlink_status(folder / kProvenanceFile, none));
}

void require_trust(const fs::path& folder, const Document& document) {
  const auto code = code_of(document);
  if (given || (code.command.empty() && missing_plugins(document).empty())) return;
  if (is_trusted(folder, fingerprint(folder, code))) return;
  throw UsageError(fmt::format(
      "{0}: would run code that this user has neither made nor trusted, and nothing was run:\n  {1}\nIf you trust it: "
      "evobrnn trust {0}, or this once: --trust",
      folder.string(), fmt::join(lines_of(code), "\n  ")));
}

void trust_own_run(const fs::path& folder) {
  try {
    if (const auto code = code_of(settings_of(folder)); !code.empty()) trust(folder, code);
  } catch (const std::exception& error) {
    fmt::print(stderr,
               "warning: that this run is yours could not be kept ({}): commands that run its plugins or its command "
               "again will ask for --trust\n",
               error.what());
  }
}

void add_trust_option(CLI::App& app) {
  app.add_flag("--trust", given,
               "Runs the plugins and the command that a run folder names, this once, whoever made it");
}

bool trust_given() { return given; }

void add_trust(CLI::App& app, int& exit_code) {
  struct Options {
    std::vector<fs::path> runs;
    bool list = false, remove = false;
  };
  auto* command = app.add_subcommand("trust", "Says which run folders may run code: their plugins or their command");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->runs, "Run folders or comparisons")->type_name("DIR");
  auto* list_flag = command->add_flag("--list", options->list, "Lists what is trusted; so does no RUN");
  command->add_flag("--remove", options->remove, "Takes trust back")->excludes(list_flag);
  command->footer(
      "A run folder is a program: plugins and [evaluator] command of its settings are run by resume, verify, replay "
      "and examine.\nRuns that you start are trusted. One that came from elsewhere, or whose plugin or command has "
      "changed since, is\nnot: what it would run is shown, and nothing is run. Looking at a run (status, report, "
      "export, diff, check,\nverify --trials 0, --extend-from) runs nothing and needs no trust.\n\n"
      "What is trusted is kept in $XDG_STATE_HOME/evobrnn/trusted, else in ~/.local/state/evobrnn/trusted.\n\n"
      "Examples:\n  evobrnn trust runs/from_a_colleague\n  evobrnn trust\n"
      "  evobrnn trust --remove runs/from_a_colleague\n  evobrnn verify runs/from_a_colleague --trust");
  command->callback([options, &exit_code] {
    if (options->remove && options->runs.empty()) throw UsageError("--remove needs the RUN that loses trust");
    exit_code = options->runs.empty() || options->list ? list() : kExitOk;
    for (const auto& run : options->list ? std::vector<fs::path>() : options->runs) {
      if (options->remove) {
        take_back(run);  // also of a folder that is gone
        continue;
      }
      if (!is_directory(run)) throw UsageError(run.string() + ": no such folder");
      add(run);
    }
  });
}

}  // namespace evobrnn
