// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/comparison_run.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_state.hpp"
#include "apps/weights.hpp"
#include "core/settings/json_depth.hpp"
#include "evolve/ledger_reader.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.json";

std::string name_of(const fs::path& folder) {
  const auto clean = fs::absolute(folder).lexically_normal();
  return (clean.has_filename() ? clean : clean.parent_path()).filename().string();
}

ExaminedNetwork from_weights(const fs::path& file) {
  if (!fs::exists(file)) throw UsageError(file.string() + ": no such file or folder");
  const auto config = file.parent_path() / kConfigFile;
  if (!fs::exists(config))
    throw UsageError(fmt::format("{}: {} is missing beside it, which says what network these weights are of",
                                 file.string(), kConfigFile));
  require_intact(file);
  constexpr std::size_t kDeepest = 5;  // that of a trial, in one level of its own
  const auto text = read_whole(config);
  const auto root = json_depth(text) > kDeepest ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
  if (!root.is_object() || !root.contains("trial") || !root.at("trial").is_object())
    throw UsageError(config.string() + ": not the configuration of a network");
  ExaminedNetwork network;
  network.spec = trial_spec_from_json(root.at("trial").dump());
  network.weights = file;
  const auto run = file.parent_path().parent_path();
  network.group = file.parent_path().filename() == kWeightsFolder ? name_of(run) : file.stem().string();
  if (fs::exists(run / kProvenanceFile)) network.data_folder = data_folder_of(run);
  return network;
}

std::vector<ExaminedNetwork> from_run(const fs::path& folder) {
  const auto experiment = experiment_of(folder);
  require_networks(experiment, "evobrnn examine");
  std::vector<ExaminedNetwork> networks;
  for (const auto& trial : LedgerReader(require_ledger(folder)).trials()) {
    const auto file = weights_file(folder, trial.key);
    if (trial.key.role != "champion" || trial.result.status != TrialStatus::ok || !fs::exists(file)) continue;
    require_intact(file);
    networks.push_back({name_of(folder), static_cast<std::int64_t>(networks.size()) + 1, trial_spec(experiment, trial),
                        file, trial.result.cost.wall_seconds, data_folder_of(folder)});
  }
  if (networks.empty())
    throw UsageError(folder.string() + ": holds no trained champion yet; a run trains it when its search ends");
  return networks;
}

std::vector<ExaminedNetwork> from_comparison(const fs::path& folder) {
  std::vector<ExaminedNetwork> networks;
  std::vector<fs::path> arms;
  for (const auto& entry : fs::directory_iterator(folder / kArmsFolder)) arms.push_back(entry.path());
  std::sort(arms.begin(), arms.end());
  for (const auto& arm : arms) {
    std::vector<fs::path> repeats;
    for (const auto& entry : fs::directory_iterator(arm)) repeats.push_back(entry.path());
    std::sort(repeats.begin(), repeats.end());
    std::int64_t number = 0;
    for (const auto& repeat : repeats) {
      if (!fs::exists(repeat / kLedgerFile)) continue;
      for (auto& network : from_run(repeat)) {
        network.group = arm.filename().string();
        network.number = ++number;
        networks.push_back(std::move(network));
      }
    }
  }
  if (networks.empty()) throw UsageError(folder.string() + ": no repetition of this comparison has ended yet");
  return networks;
}

std::vector<ExaminedNetwork> from_input(const fs::path& input) {
  if (!fs::is_directory(input)) return {from_weights(input)};
  if (fs::exists(input / kArmsFolder)) return from_comparison(input);
  if (fs::exists(input / kLedgerFile)) return from_run(input);
  const auto trained = input / kWeightsFolder / "trained.safetensors";
  if (fs::exists(trained)) return {from_weights(trained)};
  throw UsageError(input.string() + ": neither a run, nor a comparison, nor the folder of a training");
}

}  // namespace

std::vector<ExaminedNetwork> find_networks(const std::vector<fs::path>& inputs) {
  std::vector<ExaminedNetwork> all;
  std::set<std::string> groups;
  for (const auto& input : inputs) {
    auto networks = from_input(input);
    std::set<std::string> own;
    for (const auto& network : networks) own.insert(network.group);
    std::string suffix;
    for (int i = 2; std::any_of(own.begin(), own.end(), [&](const auto& name) { return groups.count(name + suffix); });
         ++i)
      suffix = fmt::format(" {}", i);
    for (auto& network : networks) {
      network.group += suffix;
      network.number = std::max<std::int64_t>(network.number, 1);
      groups.insert(network.group);
      all.push_back(std::move(network));
    }
  }
  return all;
}

}  // namespace evobrnn
