// SPDX-License-Identifier: Apache-2.0
#include "core/conformance/model_variants.hpp"

#include <functional>

#include "core/conformance/own_variants.hpp"

namespace evobrnn::conformance {
namespace {

/// Collects the variants of one model with or without Dale: kinds of A, as coded, constants of plasticity, activations,
/// missing synapses, initialisations.
class Variants {
 public:
  Variants(const ModelEntry& entry, bool dale, std::vector<ModelVariant>& list) : about_(entry.about), list_(list) {
    settings_.name = about_.name;
    settings_.n = kUnits;
    settings_.dale = dale;
    settings_.ei_ratio = 0.6;
    settings_.gain = 2;
    set_own_defaults(about_, settings_.own);
  }

  void add() {
    if (reads(about_, "model.a_kind")) add_conductances();
    else add("", [](auto&) {});
    if (reads(about_, "model.stp_constants")) {
      for (const std::string constants : {"set", "mixed", "mongillo"})
        add("_" + constants, [&](auto& s) { s.stp_constants = constants; });
    } else if (reads(about_, "model.activation") && !settings_.dale) {  // with Dale rates must be positive
      add("_tanh", [](auto& s) { s.activation = "tanh"; });
    }
    add("_sparse", [](auto& s) {
      s.density = 0.4;
      s.input_density = 0.6;
      s.autapses = false;
    });
    add("_radius", [](auto& s) { s.spectral_radius = 0.8; });
    if (!settings_.dale) add("_orthogonal", [](auto& s) { s.init = "orthogonal"; });
    for (const auto& own : own_variants(about_)) {
      add("_" + own.name, [&own](auto& s) {
        TrialSettings holder;
        holder.model = s;
        own.apply(holder);
        s = holder.model;
      });
    }
  }

 private:
  void add(const std::string& name, const std::function<void(ModelSettings&)>& change) {
    auto settings = settings_;
    change(settings);
    list_.push_back({about_.name + (settings.dale ? "_dale" : "") + name, std::move(settings)});
  }

  void add_conductances() {
    settings_.trained = {"A", "dt"};
    for (const std::string kind : {"constant", "presynaptic", "postsynaptic", "matrix", "ei"}) {
      if (kind == "ei" && !settings_.dale) continue;
      settings_.a_kind = kind;
      add("_" + kind, [](auto&) {});
      if (reads(about_, "model.as_coded") && (kind == "ei" || kind == "matrix"))
        add("_" + kind + "_as_coded", [](auto& s) { s.as_coded = true; });
    }
    settings_.a_kind = "constant";
    add("_A_set", [](auto& s) { s.trained = {}; });
  }

  const CatalogueEntry& about_;
  std::vector<ModelVariant>& list_;
  ModelSettings settings_;
};

}  // namespace

std::vector<ModelVariant> model_variants(const ModelEntry& entry) {
  std::vector<ModelVariant> list;
  for (const bool dale : {false, true}) {
    if (!dale || reads(entry.about, "model.dale")) Variants(entry, dale, list).add();
  }
  if (!entry.about.kernel) return list;
  for (auto variant : std::vector<ModelVariant>(list)) {
    variant.path = Path::reference;
    variant.name += "_on_the_reference";
    list.push_back(variant);
  }
  return list;
}

}  // namespace evobrnn::conformance
