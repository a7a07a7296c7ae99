// SPDX-License-Identifier: Apache-2.0
#include "apps/weights.hpp"

#include <nlohmann/json.hpp>

#include "apps/run_folder.hpp"

namespace evobrnn {

void store_weights(const std::filesystem::path& folder, const std::string& name, const TrialSpec& spec,
                   const std::string& safetensors, DataStore& data) {
  const auto shape = load_task(spec.settings.task, data);
  nlohmann::ordered_json config;
  config["weights"] = name + ".safetensors";
  config["steps"] = shape.steps;
  config["n_in"] = shape.n_in;
  config["n_out"] = shape.n_out;
  config["trial"] = nlohmann::ordered_json::parse(to_json(spec));
  write_atomically(folder / (name + ".safetensors"), safetensors);
  write_atomically(folder / "config.json", config.dump(2) + "\n");
}

}  // namespace evobrnn
