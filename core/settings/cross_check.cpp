// SPDX-License-Identifier: Apache-2.0
/// The rules between settings.
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/catalogue.hpp"
#include "core/settings/trial_settings.hpp"

namespace evobrnn {
namespace {

const CatalogueEntry& entry_of(const std::vector<CatalogueEntry>& entries, const std::string& name) {
  return *std::find_if(entries.begin(), entries.end(), [&](const CatalogueEntry& e) { return e.name == name; });
}

/// Collects what contradicts what.
class CrossCheck {
 public:
  explicit CrossCheck(const TrialSettings& settings)
      : settings_(settings),
        model_(entry_of(models_, settings.model.name)),
        task_(entry_of(tasks_, settings.task.name)),
        dale_(settings.model.dale && reads(model_, "model.dale")) {}

  std::vector<Diagnostic> run() {
    check_dale();
    if (reads(model_, "model.a_kind")) check_conductance();
    if (reads(model_, "model.stp_constants")) check_plasticity();
    check_init();
    check_task();
    check_path();
    if (settings_.train.device == "cuda" && !at::hasCUDA())
      mistake("train.device", "cuda", "this build of LibTorch has no CUDA, or no GPU is there; use \"cpu\"");
    return std::move(mistakes_);
  }

 private:
  void mistake(const std::string& key, const std::string& value, const std::string& rule) {
    mistakes_.push_back({"", key, value, rule});
  }

  bool trained(const std::string& name) const {
    const auto& names = settings_.model.trained;
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void check_dale() {
    const auto& model = settings_.model;
    if (dale_ && model.n < 2)
      mistake("model.n", std::to_string(model.n),
              "must be at least 2 where model.dale = true: one excitatory and one inhibitory unit");
    const bool plastic = reads(model_, "model.stp_constants");  // which has a rule of its own
    if (dale_ && model.activation == "tanh" && reads(model_, "model.activation") && !plastic)
      mistake("model.activation", "tanh",
              "needs model.dale = false: under Dale's principle rates have to be positive, or an excitatory unit "
              "inhibits; tanh gives negative ones, sigmoid does not");
    if (model.name == "multiscale" && model.z_lo >= model.z_hi)
      mistake("model.z_lo", to_text(Value(model.z_lo)), "must be below model.z_hi");
  }

  void check_conductance() {
    const auto& model = settings_.model;
    const bool ei = model.a_kind == "ei";
    if (ei && !dale_)
      mistake("model.a_kind", "ei",
              "needs model.dale = true: without Dale's principle no unit is excitatory or inhibitory");
    if (ei && trained("A") && (trained("A_E") || trained("A_I")))
      mistake("model.trained", "[A, A_E or A_I]", "\"A\" already means both A_E and A_I");
    if (!ei && (trained("A_E") || trained("A_I")))
      mistake("model.trained", "A_E or A_I", "needs model.a_kind = \"ei\"; with this a_kind train \"A\"");
    if (trained("dt") && model.dt >= 1)
      mistake("model.dt", to_text(Value(model.dt)), "must be below 1 where gradients train it: dt = σ(d)");
    if (model.as_coded && reads(model_, "model.as_coded") && !ei && model.a_kind != "matrix")
      mistake("model.as_coded", "true",
              "is defined for model.a_kind = ei or matrix alone: for the others the source's program has no departure "
              "to reproduce");
  }

  void check_plasticity() {
    const auto& model = settings_.model;
    if (model.activation == "tanh")
      mistake("model.activation", "tanh",
              "short-term plasticity needs sigmoid: with negative rates u and x_s leave [0, 1]");
    const bool biophysical = model.stp_constants != "trained" && model.stp_constants != "set";
    if (biophysical && reads(task_, "task.dt_ms") && model.dt_ms != settings_.task.dt_ms)
      mistake("model.dt_ms", to_text(Value(model.dt_ms)),
              "must be task.dt_ms = " + to_text(Value(settings_.task.dt_ms)) + ": a step has one length");
    if (model.name == "stp" && model.stp_constants == "trained" && model.z >= 1)
      mistake("model.z", to_text(Value(model.z)), "must be below 1 where gradients train it: z_h = σ(c_h)");
  }

  void check_init() {
    const auto& model = settings_.model;
    if (model.init == "as_coded")
      mistake(
          "model.init", "as_coded",
          "is refused: the source's initialisation also overwrites raw a and dt with U(−1/√n, 1/√n), so that dt can "
          "be negative, and time would run backwards; uniform is its distribution of the weights");
    if (model.init != "orthogonal") return;
    if (dale_) mistake("model.init", "orthogonal", "needs model.dale = false: signs by column undo it");
    if (model.density < 1 || !model.autapses)
      mistake("model.init", "orthogonal",
              "needs model.density = 1 and model.autapses = true: missing synapses undo it");
  }

  void check_task() {
    const auto& task = settings_.task;
    const auto need_file = [&](const std::string& key, const std::string& file) {
      if (file.empty()) mistake(key, "", "must name a file where task.name = \"" + task.name + "\"");
    };
    if (task.name == "idx") {
      need_file("task.train_images", task.train_images);
      need_file("task.train_labels", task.train_labels);
      need_file("task.test_images", task.test_images);
      need_file("task.test_labels", task.test_labels);
    }
    if (task.name == "sequences") need_file("task.file", task.file);
    for (const auto& [path, published] : task_.published) {
      const auto value = find_setting(trial_settings_table(), path)->get(settings_);
      const auto* integer = std::get_if<std::int64_t>(&value);
      const double number = integer ? static_cast<double>(*integer) : std::get<double>(value);
      const double least = path == "task.directions" ? 2 : path == "task.steps" ? 1 : 0;
      if (number != kPublished && number < least)
        mistake(
            path, to_text(value),
            "must be at least " + to_text(Value(static_cast<std::int64_t>(least))) + ", or -1 for the published value");
    }
  }

  void check_path() {
    if (settings_.core.path != "kernel") return;
    if (!model_.kernel)
      mistake("core.path", "kernel", "has no kernel for model.name = \"" + model_.name + "\"; use \"auto\"");
    if (settings_.train.device != "cpu")
      mistake("core.path", "kernel", "runs on the CPU alone; use \"auto\" with train.device = \"cuda\"");
  }

  const TrialSettings& settings_;
  const std::vector<CatalogueEntry> models_ = model_catalogue(), tasks_ = task_catalogue();
  const CatalogueEntry &model_, &task_;
  const bool dale_;
  std::vector<Diagnostic> mistakes_;
};

}  // namespace

std::vector<Diagnostic> cross_check(const TrialSettings& settings) { return CrossCheck(settings).run(); }

}  // namespace evobrnn
