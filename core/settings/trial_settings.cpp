// SPDX-License-Identifier: Apache-2.0
/// Every setting of a trial: meaning, unit, range, default and why. Defaults of the recipe (init, gain, A, dt,
/// ei_ratio, lr, schedule, clip) are those with which the conductance network learns; docs/ARCHITECTURE.md, "Defaults",
/// says how they compare.
#include "core/settings/trial_settings.hpp"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/catalogue.hpp"

namespace evobrnn {
namespace {

using Table = SettingsTable<TrialSettings>;

constexpr double kLargestCount = 1e9;

Setting describe(const std::string& path, const std::string& doc) {
  Setting setting;
  setting.path = path;
  setting.doc = doc;
  return setting;
}

Setting in_range(Setting setting, double low, double high) {
  setting.low = low;
  setting.high = high;
  return setting;
}

Setting open_range(Setting setting, double low, double high) {
  setting = in_range(std::move(setting), low, high);
  setting.low_open = setting.high_open = true;
  return setting;
}

Setting above(Setting setting, double low, double high) {
  setting = in_range(std::move(setting), low, high);
  setting.low_open = true;
  return setting;
}

Setting one_of(Setting setting, std::vector<std::string> choices) {
  setting.choices = std::move(choices);
  return setting;
}

Setting where(Setting setting, const std::string& path, std::vector<std::string> values) {
  setting.conditions.push_back({path, std::move(values)});
  return setting;
}

Setting with_unit(Setting setting, const std::string& unit) {
  setting.unit = unit;
  return setting;
}

std::vector<std::string> names(const std::vector<CatalogueEntry>& entries) {
  std::vector<std::string> list;
  for (const auto& entry : entries) list.push_back(entry.name);
  return list;
}

/// A setting that only some entries of a registry read applies where one of those is chosen.
void add_reader_conditions(Table& table, const std::string& name_path, const std::vector<CatalogueEntry>& entries) {
  for (auto& row : table) {
    std::vector<std::string> readers;
    for (const auto& entry : entries) {
      const auto& reads = entry.settings;
      if (std::find(reads.begin(), reads.end(), row.setting.path) != reads.end()) readers.push_back(entry.name);
    }
    if (!readers.empty()) row.setting.conditions.insert(row.setting.conditions.begin(), {name_path, readers});
  }
}

template <class Member>
void add(Table& table, Setting setting, Member member) {
  table.push_back(bind_setting<TrialSettings>(std::move(setting), member));
}

#define FIELD(member) \
  [](TrialSettings & s) -> auto& { return s.member; }

void add_model(Table& t) {
  const std::vector<std::string> one_value_kinds = {"constant", "presynaptic", "postsynaptic", "matrix"};
  add(t,
      one_of(describe("model.name", "The recurrent model; `evobrnn list models` shows their equations."),
             names(model_catalogue())),
      FIELD(model.name));
  add(t,
      in_range(describe("model.n", "Number of recurrent units (neurons); at least 2 under Dale's principle."), 1,
               100000),
      FIELD(model.n));
  add(t,
      one_of(
          describe("model.activation", "φ of the candidate rate. sigmoid keeps rates positive, as firing rates are."),
          {"sigmoid", "tanh"}),
      FIELD(model.activation));
  add(t, describe("model.dale", "Dale's principle: every unit either excites or inhibits."), FIELD(model.dale));
  add(t,
      where(one_of(describe("model.dale_projection",
                            "How weights return to their sign after an optimiser step: abs mirrors them, relu sets "
                            "them to zero."),
                   {"abs", "relu"}),
            "model.dale", {"true"}),
      FIELD(model.dale_projection));
  add(t,
      where(
          open_range(
              describe("model.ei_ratio",
                       "Fraction of units that are excitatory, n_E = round(ei_ratio · n), at least one of each kind."),
              0, 1),
          "model.dale", {"true"}),
      FIELD(model.ei_ratio));
  add(t,
      where(one_of(describe("model.readout",
                            "Units that are read out. Long-range projections of cortex are excitatory (Song, Yang & "
                            "Wang, 2016)."),
                   {"excitatory", "all"}),
            "model.dale", {"true"}),
      FIELD(model.readout));
  add(t,
      one_of(describe("model.a_kind",
                      "Shape of the conductance scale A: one value, one a pre- or postsynaptic unit, one a synapse, or "
                      "one for excitatory and one for inhibitory presynaptic units (ei, needs Dale)."),
             {"ei", "constant", "presynaptic", "postsynaptic", "matrix"}),
      FIELD(model.a_kind));
  add(t,
      where(
          open_range(
              describe("model.A",
                       "Conductance scale, the same for every element of A; the start value where gradients train it."),
              0, 10),
          "model.a_kind", one_value_kinds),
      FIELD(model.A));
  add(t,
      where(open_range(describe("model.A_E",
                                "Conductance scale of excitatory presynaptic units; the start value where trained."),
                       0, 10),
            "model.a_kind", {"ei"}),
      FIELD(model.A_E));
  add(t,
      where(open_range(describe("model.A_I",
                                "Conductance scale of inhibitory presynaptic units; the start value where trained."),
                       0, 10),
            "model.a_kind", {"ei"}),
      FIELD(model.A_I));
  add(t, above(describe("model.dt", "Time increment of the gate, z = dt σ(…); the start value where trained."), 0, 1),
      FIELD(model.dt));
  add(t, above(describe("model.z", "The constant gate, dt/τ."), 0, 1), FIELD(model.z));
  add(t,
      one_of(describe("model.trained",
                      "Hyperparameters that gradients set, together with the weights; all others keep the value set "
                      "here or by the search. \"A\" means every A."),
             {"A", "A_E", "A_I", "dt"}),
      FIELD(model.trained));
  add(t,
      one_of(describe("model.init",
                      "Initial weights: uniform is U(−1/√n, 1/√n); balanced also scales inhibitory weights so that "
                      "excitation and inhibition cancel in the mean (the same as uniform without Dale)."),
             {"balanced", "uniform"}),
      FIELD(model.init));
  add(t,
      above(describe("model.gain",
                     "Factor on the initial W and P. Large gains start nearer to chaos and learn faster here."),
            0, 100),
      FIELD(model.gain));
}

void add_task(Table& t) {
  add(t,
      one_of(describe("task.name", "What the network learns; `evobrnn list tasks` describes them."),
             names(task_catalogue())),
      FIELD(task.name));
  add(t,
      one_of(describe("task.layout",
                      "How an image becomes a sequence: a row a step, a chunk of `task.chunk` pixels a step, or one "
                      "pixel a step."),
             {"rows", "chunks", "pixels"}),
      FIELD(task.layout));
  add(t,
      where(with_unit(in_range(describe("task.chunk", "Pixels a step; the last chunk is filled with zeros."), 1,
                               kLargestCount),
                      "pixels"),
            "task.layout", {"chunks"}),
      FIELD(task.chunk));
  add(t,
      in_range(describe("task.train_samples",
                        "Training samples that are used; 0: all but the validation part (digits: 6000)."),
               0, kLargestCount),
      FIELD(task.train_samples));
  add(t,
      in_range(
          describe("task.validation_samples", "Samples held out of the training set; their score selects candidates."),
          1, kLargestCount),
      FIELD(task.validation_samples));
  add(t,
      in_range(describe("task.test_samples", "Test samples that are used; 0: all (digits: 2000)."), 0, kLargestCount),
      FIELD(task.test_samples));
  add(t,
      in_range(describe("task.data_seed",
                        "Draws the validation part, and the images of `digits`. The same for every trial of a run."),
               0, kLargestCount),
      FIELD(task.data_seed));
  add(t,
      with_unit(in_range(describe("task.shift", "Largest random shift of a digit, in each direction."), 0, 10),
                "pixels"),
      FIELD(task.shift));
  add(t,
      with_unit(in_range(describe("task.rotation", "Largest random rotation of a digit, either way."), 0, 180),
                "degrees"),
      FIELD(task.rotation));
  add(t,
      in_range(describe("task.noise", "Standard deviation of the noise on every pixel, whose range is 0 to 1."), 0, 1),
      FIELD(task.noise));
  add(t, describe("task.train_images", "IDX file of training images, absolute or in the data folder; .gz is read too."),
      FIELD(task.train_images));
  add(t, describe("task.train_labels", "IDX file of training labels."), FIELD(task.train_labels));
  add(t, describe("task.test_images", "IDX file of test images."), FIELD(task.test_images));
  add(t, describe("task.test_labels", "IDX file of test labels."), FIELD(task.test_labels));
}

void add_train(Table& t) {
  const auto adam = [](Setting s) { return where(std::move(s), "train.optimizer", {"adam"}); };
  add(t, one_of(describe("train.optimizer", "adam (Kingma & Ba, 2015), or sgd with momentum."), {"adam", "sgd"}),
      FIELD(train.optimizer));
  add(t, above(describe("train.lr", "Learning rate at the start."), 0, 100), FIELD(train.lr));
  add(t,
      one_of(describe("train.schedule",
                      "cosine: the learning rate falls to zero over the training (Loshchilov & Hutter, 2017)."),
             {"cosine", "constant"}),
      FIELD(train.schedule));
  auto beta = in_range(describe("train.beta1", "Decay of Adam's first moment."), 0, 1);
  beta.high_open = true;
  add(t, adam(beta), FIELD(train.beta1));
  beta.path = "train.beta2";
  beta.doc = "Decay of Adam's second moment.";
  add(t, adam(beta), FIELD(train.beta2));
  add(t, adam(above(describe("train.epsilon", "Added to Adam's denominator."), 0, 1)), FIELD(train.epsilon));
  auto momentum = in_range(describe("train.momentum", "Momentum of sgd; 0: none."), 0, 1);
  momentum.high_open = true;
  add(t, where(momentum, "train.optimizer", {"sgd"}), FIELD(train.momentum));
  add(t, in_range(describe("train.clip", "Largest norm of the gradient over all parameters; 0: no clipping."), 0, 1e6),
      FIELD(train.clip));
  add(t, in_range(describe("train.batch", "Samples a training step."), 1, 100000), FIELD(train.batch));
  add(t,
      in_range(describe("train.epochs", "Passes over the training samples; not used where train.samples is set."), 1,
               1e6),
      FIELD(train.epochs));
  add(t,
      in_range(describe("train.samples",
                        "Training samples seen in all, over as many epochs as that takes; 0: train.epochs decides."),
               0, 1e12),
      FIELD(train.samples));
  add(t,
      with_unit(
          in_range(
              describe("train.validate_every",
                       "Validation after so many optimiser steps; 0: after each epoch. The end is always validated."),
              0, kLargestCount),
          "steps"),
      FIELD(train.validate_every));
  add(t,
      in_range(
          describe("train.patience",
                   "Stops after so many validations without a better score, and keeps the best weights; 0: never."),
          0, kLargestCount),
      FIELD(train.patience));
  add(t,
      with_unit(in_range(describe("train.time_limit",
                                  "Wall time after which a trial ends as `timeout`; 0: none. A trial near its limit "
                                  "ends differently on a slower machine."),
                         0, 1e9),
                "s"),
      FIELD(train.time_limit));
  add(t,
      one_of(describe("train.precision", "Floating-point type of weights, states and gradients."),
             {"float32", "float64"}),
      FIELD(train.precision));
  add(t,
      one_of(describe("train.device", "Where candidates are trained; cuda needs a LibTorch that was built with it."),
             {"cpu", "cuda"}),
      FIELD(train.device));
}

#undef FIELD

}  // namespace

const SettingsTable<TrialSettings>& trial_settings_table() {
  static const Table table = [] {
    Table t;
    add_model(t);
    add_task(t);
    add_train(t);
    add_reader_conditions(t, "model.name", model_catalogue());
    add_reader_conditions(t, "task.name", task_catalogue());
    return t;
  }();
  return table;
}

std::vector<Diagnostic> cross_check(const TrialSettings& settings) {
  std::vector<Diagnostic> mistakes;
  const auto& model = settings.model;
  const auto& train = settings.train;
  const bool conductance = model.name == "conductance";
  const auto trained = [&](const std::string& name) {
    return std::find(model.trained.begin(), model.trained.end(), name) != model.trained.end();
  };
  const auto mistake = [&](const std::string& key, const std::string& value, const std::string& rule) {
    mistakes.push_back({"", key, value, rule});
  };
  if (model.dale && model.n < 2)
    mistake("model.n", std::to_string(model.n),
            "must be at least 2 where model.dale = true: one excitatory and one inhibitory unit");
  if (conductance && model.a_kind == "ei" && !model.dale)
    mistake("model.a_kind", "ei",
            "needs model.dale = true: without Dale's principle no unit is excitatory or inhibitory");
  if (conductance && model.a_kind == "ei" && trained("A") && (trained("A_E") || trained("A_I")))
    mistake("model.trained", "[A, A_E or A_I]", "\"A\" already means both A_E and A_I");
  if (conductance && model.a_kind != "ei" && (trained("A_E") || trained("A_I")))
    mistake("model.trained", "A_E or A_I", "needs model.a_kind = \"ei\"; with this a_kind train \"A\"");
  if (conductance && trained("dt") && model.dt >= 1)
    mistake("model.dt", to_text(Value(model.dt)), "must be below 1 where gradients train it: dt = σ(d)");
  if (train.device == "cuda" && !at::hasCUDA())
    mistake("train.device", "cuda", "this build of LibTorch has no CUDA, or no GPU is there; use \"cpu\"");
  if (settings.task.name == "idx") {
    for (const auto& [key, file] : {std::pair{"task.train_images", settings.task.train_images},
                                    {"task.train_labels", settings.task.train_labels},
                                    {"task.test_images", settings.task.test_images},
                                    {"task.test_labels", settings.task.test_labels}}) {
      if (file.empty()) mistake(key, "", "must name a file where task.name = \"idx\"");
    }
  }
  return mistakes;
}

}  // namespace evobrnn
