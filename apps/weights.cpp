// SPDX-License-Identifier: Apache-2.0
#include "apps/weights.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/run_folder.hpp"
#include "core/data_facts.hpp"
#include "core/io/sha256.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.json";

fs::path checksum_file(fs::path file) { return file += ".sha256"; }

}  // namespace

fs::path weights_file(const fs::path& run, const TrialKey& key) {
  return run / kWeightsFolder / fmt::format("{}-seed{}.safetensors", key.role, key.repeat + 1);
}

void store_with_checksum(const fs::path& file, const std::string& bytes) {
  write_atomically(file, bytes);
  write_atomically(checksum_file(file), sha256(bytes) + "  " + file.filename().string() + "\n");
}

Intact intact(const fs::path& file) {
  if (!fs::exists(checksum_file(file))) return Intact::unknown;
  const auto text = read_whole(checksum_file(file));
  return text.substr(0, text.find(' ')) == sha256_of_file(file) ? Intact::yes : Intact::no;
}

void require_intact(const fs::path& file) {
  if (intact(file) == Intact::no)
    throw UsageError(fmt::format("{}: damaged: its SHA-256 is not the one of {}", file.string(),
                                 checksum_file(file).filename().string()));
}

void store_weights(const std::filesystem::path& folder, const std::string& name, const TrialSpec& spec,
                   const std::string& safetensors, DataStore& data) {
  const auto shape = load_task(spec.settings.task, data);
  nlohmann::ordered_json config;
  config["weights"] = name + ".safetensors";
  config["steps"] = shape.steps;
  config["n_in"] = shape.n_in;
  config["n_out"] = shape.n_out;
  config["lengths"] = shape.lengths;
  config["every_step"] = shape.every_step;
  config["score"] = to_text(shape.score);
  if (const auto labels = data_facts(spec.settings.task, data).labels; !labels.empty()) config["classes"] = labels;
  config["trial"] = nlohmann::ordered_json::parse(to_json(spec));
  store_with_checksum(folder / (name + ".safetensors"), safetensors);
  write_atomically(folder / kConfigFile, config.dump(2) + "\n");
}

TrainedOn trained_on(const fs::path& weights) {
  const auto file = weights.parent_path() / kConfigFile;
  TrainedOn trained;
  auto& shape = trained.shape;
  try {
    const auto root = nlohmann::json::parse(read_whole(file));
    shape.steps = root.at("steps").get<std::int64_t>();
    shape.n_in = root.at("n_in").get<std::int64_t>();
    shape.n_out = root.at("n_out").get<std::int64_t>();
    shape.lengths = root.value("lengths", true);  // older files do not say it
    shape.every_step = root.value("every_step", false);
    shape.score = root.value("score", to_text(ScoreKind::accuracy)) == to_text(ScoreKind::mse) ? ScoreKind::mse
                                                                                               : ScoreKind::accuracy;
    trained.labels = root.value("classes", std::vector<std::string>());
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": not the configuration of a network: " + error.what());
  }
  return trained;
}

}  // namespace evobrnn
