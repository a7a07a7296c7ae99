// SPDX-License-Identifier: Apache-2.0
/// The explicit list of models: one entry a model, nothing else to register.
#include <stdexcept>

#include "core/foreign_code.hpp"
#include "core/models/conductance.hpp"
#include "core/models/conductance_stp.hpp"
#include "core/models/gru.hpp"
#include "core/models/leaky.hpp"
#include "core/models/multiscale.hpp"
#include "core/models/simple_gru.hpp"
#include "core/models/stp.hpp"

namespace evobrnn {
namespace {

template <class M>
std::unique_ptr<Model> make(const ModelContext& context) {
  return std::make_unique<M>(context);
}

std::vector<std::string> joined(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<ModelEntry> built_in_models() {
  const std::vector<std::string> rate = {"model.activation", "model.dale"},
                                 gate = {"model.a_kind", "model.A",  "model.A_E",
                                         "model.A_I",    "model.dt", "model.trained"},
                                 stp = {"model.stp_constants", "model.stp_dt", "model.U",
                                        "model.z_u",           "model.z_x",    "model.dt_ms"};
  return {
      {{"conductance",
        "z = dt σ((A ∘ |W|) r + |P| x + g)\nr ← (1 − z) r + z φ(W r + P x + b)",
        "the bRNN; Dale's principle in trained networks after Song, Yang & Wang (2016)",
        "The gate is a conductance driven by the same synapses as the rate, in absolute value, scaled by A.",
        joined(joined(rate, gate), {"model.as_coded"}),
        {},
        true},
       make<Conductance>,
       Conductance::products},
      {{"leaky",
        "r ← (1 − z) r + z φ(W r + P x + b)",
        "Song, Yang & Wang (2016), eq. 5",
        "A constant gate z = dt/τ for all units.",
        joined(rate, {"model.z"}),
        {},
        true},
       [](const ModelContext& c) { return std::make_unique<Leaky>(c, c.settings.z); },
       Leaky::products},
      {{"vanilla", "r ← φ(W r + P x + b)", "Elman (1990)", "leaky with z = 1.", rate, {}, true},
       [](const ModelContext& c) { return std::make_unique<Leaky>(c, 1.0); },
       Leaky::products},
      {{"multiscale",
        "z = z_lo + (z_hi − z_lo) σ(c_z)\nr ← (1 − z) r + z φ(W r + P x + b)",
        "trained time constants: Perez-Nieves, Leung, Dragotti & Goodman (2021)",
        "A constant gate of its own for every unit, trained; units start log-uniformly over the time scales.",
        joined(rate, {"model.z_lo", "model.z_hi"}),
        {},
        true},
       make<Multiscale>,
       Multiscale::products},
      {{"simple_gru",
        "z = σ(W_z r + P_z x + g)\nr ← (1 − z) r + z φ(W r + P x + b)",
        "a GRU without reset gate; Cho et al. (2014), Zhou et al. (2016)",
        "One gate with weights of its own, which are free: no Dale's principle.",
        {"model.activation"},
        {},
        true},
       make<SimpleGru>,
       SimpleGru::products},
      {{"gru",
        "reset = σ(W_ir x + b_ir + W_hr r + b_hr)\nupdate = σ(W_iz x + b_iz + W_hz r + b_hz)\n"
        "r ← (1 − update) tanh(W_in x + b_in + reset ⊙ (W_hn r + b_hn)) + update r",
        "Cho et al. (2014), eqs. 5 – 8",
        "The textbook GRU, with the names, the gate order and the numbers of torch::nn::GRU. No Dale's principle.",
        {},
        {},
        false},
       make<Gru>,
       Gru::products},
      {{"stp",
        "r ← (1 − z_h) r + z_h φ(W (u ⊙ x_s ⊙ r) + P x + b)\nu ← U z_u + (1 − z_u) u + δ U (1 − u) r\n"
        "x_s ← z_x + (1 − z_x) x_s − δ u x_s r",
        "Mongillo, Barak & Tsodyks (2008); Masse et al. (2019)",
        "Short-term plasticity: utilisation u rises and resources x_s fall with the presynaptic rate. Needs sigmoid.",
        joined(joined(rate, {"model.z"}), stp),
        {},
        true},
       make<Stp>,
       Stp::products},
      {{"conductance_stp",
        "z = dt σ((A ∘ |W|) r + |P| x + g)\nr ← (1 − z) r + z φ(W (u ⊙ x_s ⊙ r) + P x + b)\nu, x_s as stp",
        "the bRNN with the plasticity of Masse et al. (2019)",
        "The gate sees the plain rate, the candidate the rate that plasticity lets through. Needs sigmoid.",
        joined(joined(rate, gate), stp),
        {},
        true},
       make<ConductanceStp>,
       ConductanceStp::products},
  };
}

std::vector<ModelEntry>& registry() {
  static std::vector<ModelEntry> entries = built_in_models();
  return entries;
}

}  // namespace

const std::vector<ModelEntry>& models() { return registry(); }

void add_model(ModelEntry entry) {
  require_open_registry(entry.about, model_catalogue(), "model.");
  if (!entry.make || !entry.products)
    throw std::invalid_argument("model \"" + entry.about.name + "\" needs make and products");
  note_registration("model", entry.about.name);
  const auto origin = plugin_origin("model", entry.about.name);
  entry.make = [origin, name = entry.about.name, make = std::move(entry.make)](const ModelContext& context) {
    auto model = call_foreign(origin, [&] { return make(context); });
    if (!model) throw std::runtime_error((origin.empty() ? "model " + name : origin) + ": its make gives no model");
    return model;
  };
  entry.products = [origin, products = std::move(entry.products)](const ModelSettings& settings, std::int64_t n_in) {
    return call_foreign(origin, [&] { return products(settings, n_in); });
  };
  registry().push_back(std::move(entry));
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

bool has_time_step(const ModelEntry& entry) {
  const auto& about = entry.about;
  return about.kernel && (reads(about, "model.dt") || reads(about, "model.z") || reads(about, "model.z_lo"));
}

}  // namespace evobrnn
