// SPDX-License-Identifier: Apache-2.0
#include "apps/command_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace evobrnn {
namespace {

/// The parser writes what an option may be into its placeholder, as "{csv,jsonl}".
std::vector<std::string> choices_of(const std::string& value) {
  const auto begin = value.find('{'), end = value.find('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  std::vector<std::string> choices;
  std::istringstream list(value.substr(begin + 1, end - begin - 1));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

/// Placeholders of this program that stand for files and folders.
bool is_path(const std::string& value) {
  static const std::vector<std::string> kPaths = {"DIR", "FILE", "INPUT", "OTHER", "OUT", "RUN", "RUN..."};
  return std::find(kPaths.begin(), kPaths.end(), value) != kPaths.end();
}

CommandOption option_of(const CLI::Option& option) {
  CommandOption made;
  made.positional = option.get_positional() && option.get_lnames().empty() && option.get_snames().empty();
  if (made.positional) made.names = {option.get_name(true)};
  for (const auto& name : option.get_snames()) made.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) made.names.push_back("--" + name);
  made.takes_value = option.get_type_size() != 0;
  if (made.takes_value) made.value = option.get_type_name();
  made.doc = option.get_description();
  made.fallback = option.get_default_str();
  made.choices = choices_of(made.value);
  if (!made.choices.empty()) made.value = fmt::format("{}", fmt::join(made.choices, "|"));
  if (made.positional && made.choices.empty()) made.value.clear();  // its name says what it is
  made.takes_path = is_path(made.positional ? made.names.front() : made.value);
  made.required = option.get_required();
  made.repeated = option.get_expected_max() > 1;
  return made;
}

CommandNode node_of(const CLI::App& app, const std::vector<std::string>& words) {
  CommandNode node{words, app.get_description(), app.get_footer(), {}, {}};
  for (const auto* option : app.get_options([](const CLI::Option* o) { return !o->get_group().empty(); }))
    node.options.push_back(option_of(*option));
  std::stable_partition(node.options.begin(), node.options.end(), [](const auto& option) { return option.positional; });
  for (const auto* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); })) {
    auto below = words;
    below.push_back(command->get_name());
    node.commands.push_back(node_of(*command, below));
  }
  return node;
}

}  // namespace

CommandNode command_tree(const CLI::App& app) { return node_of(app, {}); }

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  return fmt::format("{}", fmt::join(words, between));
}

std::vector<const CommandNode*> all_nodes(const CommandNode& node) {
  std::vector<const CommandNode*> nodes{&node};
  for (const auto& command : node.commands)
    for (const auto* below : all_nodes(command)) nodes.push_back(below);
  return nodes;
}

}  // namespace evobrnn
