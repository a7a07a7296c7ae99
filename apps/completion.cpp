// SPDX-License-Identifier: Apache-2.0
/// `evobrnn completion SHELL`: commands, options, their choices, files, and for --set the settings with what they can
/// be.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "apps/all_settings.hpp"
#include "apps/command_tree.hpp"
#include "apps/commands.hpp"
#include "apps/signals.hpp"

namespace evobrnn {
namespace {

constexpr const char* kSet = "--set";

bool has_name(const CommandOption& option, const std::string& name) {
  return std::find(option.names.begin(), option.names.end(), name) != option.names.end();
}

std::vector<std::string> command_names(const CommandNode& node) {
  std::vector<std::string> names;
  for (const auto& command : node.commands) names.push_back(command.words.back());
  return names;
}

std::vector<std::string> option_names(const CommandNode& node) {
  std::vector<std::string> names;
  for (const auto& option : node.options)
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

/// What stands for itself on the command line: commands, and the choices of positional arguments.
std::vector<std::string> plain_words(const CommandNode& node) {
  auto words = command_names(node);
  for (const auto& option : node.options)
    if (option.positional) words.insert(words.end(), option.choices.begin(), option.choices.end());
  return words;
}

bool takes_path(const CommandNode& node) {
  return std::any_of(node.options.begin(), node.options.end(),
                     [](const auto& option) { return option.positional && option.takes_path; });
}

/// The settings that have known values, with those.
std::map<std::string, std::vector<std::string>> settings_with_choices() {
  std::map<std::string, std::vector<std::string>> known;
  for (const auto& setting : all_settings()) {
    if (setting.kind == SettingKind::boolean) known[setting.path] = {"false", "true"};
    else if (setting.kind == SettingKind::text && !setting.choices.empty()) known[setting.path] = setting.choices;
  }
  return known;
}

/// Every setting as PATH=, and those with known values as PATH=VALUE too.
std::vector<std::string> assignments() {
  std::vector<std::string> words;
  const auto known = settings_with_choices();
  for (const auto& setting : all_settings()) {
    words.push_back(setting.path + "=");
    if (const auto found = known.find(setting.path); found != known.end())
      for (const auto& value : found->second) words.push_back(setting.path + "=" + value);
  }
  return words;
}

/// The first sentence, in single quotes.
std::string quoted(const std::string& doc, const std::string& quote_inside) {
  std::string text = "'";
  for (const char c : doc.substr(0, doc.find(". ")))
    text += c == '\'' ? quote_inside : c == '\n' ? " " : std::string(1, c);
  return text + "'";
}

// ---- bash

/// A case of what an option's value may be.
std::string bash_values(const CommandNode& node) {
  std::string cases;
  for (const auto& option : node.options) {
    if (option.positional || !option.takes_value) continue;
    const auto names = joined(option.names, "|");
    if (has_name(option, kSet)) cases += fmt::format("        {}) _evobrnn_set \"$word\"; return ;;\n", names);
    else if (option.takes_path) cases += fmt::format("        {}) compopt -o default; return ;;\n", names);
    else
      cases += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", names,
                           joined(option.choices));
  }
  return cases.empty() ? "" : "      case $previous in\n" + cases + "      esac\n";
}

std::string bash_node(const CommandNode& node) {
  auto text = fmt::format("    '{}')\n", joined(node.words)) + bash_values(node);
  text += fmt::format("      options='{}' words='{}' files={} ;;\n", joined(option_names(node)),
                      joined(plain_words(node)), takes_path(node) ? 1 : 0);
  return text;
}

std::string bash_set() {
  std::vector<std::string> paths;
  for (const auto& setting : all_settings()) paths.push_back(setting.path + "=");
  auto text = fmt::format(R"(_evobrnn_set() {{
  if [[ $1 != *=* ]]; then
    compopt -o nospace
    COMPREPLY=($(compgen -W '{}' -- "$1"))
    return
  fi
  local values=
  case ${{1%%=*}} in
)",
                          joined(paths));
  for (const auto& [path, values] : settings_with_choices())
    text += fmt::format("    {}) values='{}' ;;\n", path, joined(values));
  return text + R"(  esac
  COMPREPLY=($(compgen -W "$values" -- "${1#*=}"))
}
)";
}

std::string bash_completion(const CommandNode& tree) {
  std::string words, cases;
  for (const auto* node : all_nodes(tree)) {
    if (!node->words.empty()) words += (words.empty() ? "" : "|") + ("'" + joined(node->words) + "'");
    cases += bash_node(*node);
  }
  // readline takes the `=` of PATH=VALUE as a word of its own: put together again what it took apart.
  return "# bash completion of evobrnn, made by `evobrnn completion bash`.\n" + bash_set() + R"(_evobrnn() {
  local command= options= words= files=0 i
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $word == = ]]; then
    word=$previous= previous=${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $previous == = ]]; then
    word=${COMP_WORDS[COMP_CWORD-2]}=$word previous=${COMP_WORDS[COMP_CWORD-3]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${command:+$command }${COMP_WORDS[i]} in
      )" +
         words + R"() command=${command:+$command }${COMP_WORDS[i]} ;;
    esac
  done
  COMPREPLY=()
  case $command in
)" + cases +
         R"(  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ $files == 1 ]] && compopt -o default
}
complete -F _evobrnn evobrnn
)";
}

// ---- zsh

std::string zsh_text(const std::string& doc) {
  std::string text;
  for (const char c : doc)
    text += c == '[' || c == ']' || c == ':' || c == '\\' ? "\\" + std::string(1, c) : std::string(1, c);
  return text;
}

std::string zsh_value(const CommandOption& option) {
  const auto message = zsh_text(option.value.empty() ? option.names.front() : option.value);
  if (has_name(option, kSet)) return ":" + message + ":_evobrnn_set";
  if (!option.choices.empty()) return ":" + message + ":(" + joined(option.choices) + ")";
  return ":" + message + ":" + (option.takes_path ? "_files" : " ");
}

/// The arguments of zsh's _arguments, a line each.
std::string zsh_options(const CommandNode& node) {
  std::string text;
  for (const auto& option : node.options) {
    if (option.positional) {
      text += " \\\n    " + quoted((option.repeated ? "*" : "") + zsh_value(option), "'\\''");
      continue;
    }
    const auto several = option.repeated || has_name(option, kSet) ? "*" : "";
    for (const auto& name : option.names) {
      auto doc = zsh_text(option.doc.substr(0, option.doc.find(". ")));
      text += " \\\n    " +
              quoted(several + name + "[" + doc + "]" + (option.takes_value ? zsh_value(option) : ""), "'\\''");
    }
  }
  return text;
}

std::string zsh_function(const CommandNode& node) {
  const auto name = "_evobrnn" + (node.words.empty() ? "" : "_" + joined(node.words, "_"));
  if (node.commands.empty()) return name + "() {\n  _arguments" + zsh_options(node) + "\n}\n";
  std::string listed, cases;
  for (const auto& command : node.commands) {
    listed += "    " + quoted(command.words.back() + ":" + zsh_text(command.doc), "'\\''") + "\n";
    cases += fmt::format("    {}) {}_{} ;;\n", command.words.back(), name, command.words.back());
  }
  return name + "() {\n  local curcontext=$curcontext state line\n  local -a commands=(\n" + listed +
         "  )\n  _arguments -C" + zsh_options(node) +
         " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command) _describe command commands ;;\n    "
         "rest)\n"
         "      case $line[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n";
}

std::string zsh_completion(const CommandNode& tree) {
  std::string text =
      "#compdef evobrnn\n# zsh completion of evobrnn, made by `evobrnn completion zsh`.\n_evobrnn_set() {\n  local -a "
      "settings=(\n";
  for (const auto& word : assignments()) text += "    '" + word + "'\n";
  text += "  )\n  compadd -S '' -a settings\n}\n";
  for (const auto* node : all_nodes(tree)) text += zsh_function(*node);
  // Autoloaded, the file is the body of _evobrnn; sourced, it says whose completion that is.
  return text + "if [[ $funcstack[1] == _evobrnn ]]; then\n  _evobrnn \"$@\"\nelse\n  compdef _evobrnn evobrnn\nfi\n";
}

// ---- fish

/// The condition that holds where the node's options belong.
std::string fish_condition(const CommandNode& node) {
  if (node.words.empty()) return "__fish_use_subcommand";
  std::string text;
  for (const auto& word : node.words) text += (text.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
  return text;
}

std::string fish_option(const CommandOption& option) {
  std::string text;
  for (const auto& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.takes_value) return text;
  if (has_name(option, kSet)) return text + " -x -a '(__evobrnn_settings)'";
  if (!option.choices.empty()) return text + " -x -a '" + joined(option.choices) + "'";
  return text + (option.takes_path ? " -r -F" : " -x");
}

std::string fish_node(const CommandNode& node) {
  std::string text;
  const auto line = [&](const std::string& condition, const std::string& what, const std::string& doc) {
    text += "complete -c evobrnn -n '" + condition + "'" + what + " -d " + quoted(doc, "\\'") + "\n";
  };
  auto none_chosen = fish_condition(node);
  if (!node.words.empty()) none_chosen += "; and not __fish_seen_subcommand_from " + joined(command_names(node));
  for (const auto& command : node.commands) line(none_chosen, " -f -a " + command.words.back(), command.doc);
  for (const auto& option : node.options) {
    if (!option.positional) line(fish_condition(node), fish_option(option), option.doc);
    else if (!option.choices.empty()) line(fish_condition(node), " -f -a '" + joined(option.choices) + "'", option.doc);
    else if (option.takes_path) line(fish_condition(node), " -F", option.doc);
  }
  return text;
}

std::string fish_completion(const CommandNode& tree) {
  std::string text =
      "# fish completion of evobrnn, made by `evobrnn completion fish`.\ncomplete -c evobrnn -f\nfunction "
      "__evobrnn_settings\n";
  for (const auto& word : assignments()) text += "  echo '" + word + "'\n";
  text += "end\n";
  for (const auto* node : all_nodes(tree)) text += fish_node(*node);
  return text;
}

}  // namespace

void add_completion(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("completion", "Prints the completion of this command line for a shell");
  command->group("");  // for whoever packages the program
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  command->footer(
      "Examples:\n  source <(evobrnn completion bash)\n  evobrnn completion fish > "
      "~/.config/fish/completions/evobrnn.fish");
  command->callback([&app, shell, &exit_code] {
    const auto tree = command_tree(app);
    fmt::print("{}", *shell == "bash"  ? bash_completion(tree)
                     : *shell == "zsh" ? zsh_completion(tree)
                                       : fish_completion(tree));
    exit_code = kExitOk;
  });
}

}  // namespace evobrnn
