// SPDX-License-Identifier: Apache-2.0
/// The explicit list of models: one entry a model, nothing else to register.
#include <stdexcept>

#include "core/models/conductance.hpp"
#include "core/models/leaky.hpp"

namespace evobrnn {

const std::vector<ModelEntry>& models() {
  static const std::vector<ModelEntry> entries = {
      {{"conductance",
        "z = dt σ((A ∘ |W|) r + |P| x + g);  r ← (1 − z) r + z φ(W r + P x + b)",
        "the bRNN; Dale's principle in trained networks after Song, Yang & Wang (2016)",
        "The gate is a conductance driven by the same synapses as the rate, in absolute value, scaled by A.",
        {"model.a_kind", "model.A", "model.A_E", "model.A_I", "model.dt", "model.trained"}},
       [](const ModelContext& c) { return std::make_unique<Conductance>(c); },
       Conductance::products},
      {{"leaky",
        "r ← (1 − z) r + z φ(W r + P x + b)",
        "Song, Yang & Wang (2016), eq. 5",
        "A constant gate z = dt/τ for all units.",
        {"model.z"}},
       [](const ModelContext& c) { return std::make_unique<Leaky>(c, c.settings.z); },
       Leaky::products},
      {{"vanilla", "r ← φ(W r + P x + b)", "Elman (1990)", "leaky with z = 1.", {}},
       [](const ModelContext& c) { return std::make_unique<Leaky>(c, 1.0); },
       Leaky::products},
  };
  return entries;
}

const ModelEntry& find_model(const std::string& name) {
  for (const auto& entry : models()) {
    if (entry.about.name == name) return entry;
  }
  throw std::out_of_range("no model named " + name);
}

std::vector<CatalogueEntry> model_catalogue() {
  std::vector<CatalogueEntry> list;
  for (const auto& entry : models()) list.push_back(entry.about);
  return list;
}

}  // namespace evobrnn
