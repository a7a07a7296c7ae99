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

/// `value` says the same as the setting not being read, so it may stand anywhere.
Setting without_effect(Setting setting, const Value& value) {
  setting.neutral = value;
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
  add(t, without_effect(describe("model.dale", "Dale's principle: every unit either excites or inhibits."), false),
      FIELD(model.dale));
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
  add(t,
      without_effect(
          describe("model.as_coded",
                   "Reproduces how the source's program departs from its own equations: for a_kind = ei the gate sees "
                   "|W| (Aᵀ r) in place of (A ∘ |W|) r, for a_kind = matrix (A |W|) r; and all units are read out."),
          false),
      FIELD(model.as_coded));
  add(t,
      above(
          describe("model.z", "The constant gate, dt/τ (stp: z_h of every unit, the start value where it is trained)."),
          0, 1),
      FIELD(model.z));
  add(t, open_range(describe("model.z_lo", "Smallest gate of a unit, the slowest time scale."), 0, 1),
      FIELD(model.z_lo));
  add(t, above(describe("model.z_hi", "Largest gate of a unit, the fastest time scale."), 0, 1), FIELD(model.z_hi));
  add(t,
      one_of(
          describe("model.stp_constants",
                   "Constants of short-term plasticity: trained with the weights (z_h, z_u, z_x and U of every unit, "
                   "from the values below); set, held at those values; or held at biophysical ones: facilitating "
                   "(U = 0.15, τ_u = 1500 ms, τ_x = 200 ms), depressing (0.45, 200, 1500), mixed, every second unit "
                   "of each kind (all Masse et al., 2019), mongillo (0.20, 1500, 200; Mongillo et al., 2008)."),
          {"trained", "set", "facilitating", "depressing", "mixed", "mongillo"}),
      FIELD(model.stp_constants));
  add(t,
      above(describe("model.stp_dt",
                     "δ, how much a rate of 1 acts on u and x_s in one step; up to 1 both stay in [0, 1]."),
            0, 1),
      FIELD(model.stp_dt));
  const std::vector<std::string> values = {"trained", "set"};
  add(t,
      where(open_range(describe("model.U", "Utilisation at rest; the start value where trained."), 0, 1),
            "model.stp_constants", values),
      FIELD(model.U));
  add(t,
      where(open_range(describe("model.z_u", "Recovery of u a step; the start value where trained."), 0, 1),
            "model.stp_constants", values),
      FIELD(model.z_u));
  add(t,
      where(open_range(describe("model.z_x", "Recovery of x_s a step; the start value where trained."), 0, 1),
            "model.stp_constants", values),
      FIELD(model.z_x));
  add(t,
      where(with_unit(above(describe("model.dt_ms",
                                     "Time of one step, z = dt_ms/τ_ms of the biophysical constants; the same as "
                                     "task.dt_ms where the task has one (Yang et al., 2019, use 20)."),
                            0, 200),
                      "ms"),
            "model.stp_constants", {"facilitating", "depressing", "mixed", "mongillo"}),
      FIELD(model.dt_ms));
  add(t,
      one_of(describe("model.trained",
                      "Hyperparameters that gradients set, together with the weights; all others keep the value set "
                      "here or by the search. \"A\" means every A."),
             {"A", "A_E", "A_I", "dt"}),
      FIELD(model.trained));
  add(t,
      one_of(describe("model.init",
                      "Initial weights: uniform is U(−1/√n, 1/√n); balanced also scales inhibitory weights so that "
                      "excitation and inhibition cancel in the mean (the same as uniform without Dale); orthogonal "
                      "draws W among the orthogonal matrices, without Dale only. as_coded, the source's own, is "
                      "refused with the reason."),
             {"balanced", "uniform", "orthogonal", "as_coded"}),
      FIELD(model.init));
  add(t,
      above(describe("model.gain",
                     "Factor on the initial W and P. Large gains start nearer to chaos and learn faster here."),
            0, 100),
      FIELD(model.gain));
  add(t,
      in_range(describe("model.spectral_radius",
                        "Scales the initial W to this largest modulus of its eigenvalues; 0: W stays as drawn."),
               0, 100),
      FIELD(model.spectral_radius));
  add(t,
      above(describe("model.density",
                     "Share of the possible recurrent synapses that exist; which ones is drawn from the seed, and "
                     "training keeps the others at zero."),
            0, 1),
      FIELD(model.density));
  add(t, above(describe("model.input_density", "Share of the input synapses that exist, likewise."), 0, 1),
      FIELD(model.input_density));
  add(t, describe("model.autapses", "Whether a unit may have a synapse onto itself."), FIELD(model.autapses));
  add(t,
      in_range(
          describe(
              "model.recurrent_noise",
              "Standard deviation σ of the noise of every unit, drawn anew in training, validation and test: "
              "each step adds √(2/α) σ N(0, 1) inside φ, with α the model's time step as set (dt, z or 1), so that "
              "the rate gets √(2α) σ (Song, Yang & Wang, 2016, eqs. 7 and 8)."),
          0, 100),
      FIELD(model.recurrent_noise));
  add(t,
      in_range(describe("model.input_noise",
                        "Standard deviation of the noise on every input value, scaled by √(2/α) likewise."),
               0, 100),
      FIELD(model.input_noise));
}

void add_manipulations(Table& t) {
  add(t,
      one_of(describe("task.manipulate",
                      "When the manipulations of sequences below act: always, in training only, or in testing "
                      "(validation and test) only."),
             {"always", "train", "test"}),
      FIELD(task.manipulate));
  add(t,
      in_range(describe("task.input_noise",
                        "Standard deviation of noise added to every input value, the same for a sample each time it is "
                        "shown (model.input_noise is drawn anew)."),
               0, 100),
      FIELD(task.input_noise));
  add(t,
      with_unit(
          in_range(describe("task.crop_start", "Steps cut off at the beginning of every sequence."), 0, kLargestCount),
          "steps"),
      FIELD(task.crop_start));
  add(t,
      with_unit(in_range(describe("task.crop", "Steps that are kept from there on; 0: all."), 0, kLargestCount),
                "steps"),
      FIELD(task.crop));
  add(t, in_range(describe("task.input_fraction", "Only this first fraction of each sequence is fed."), 0, 1),
      FIELD(task.input_fraction));
  add(t, one_of(describe("task.after_input", "What is fed after it."), {"zeros", "noise"}), FIELD(task.after_input));
  add(t,
      where(in_range(describe("task.after_input_sd", "Standard deviation of that noise."), 0, 100), "task.after_input",
            {"noise"}),
      FIELD(task.after_input_sd));
  add(t,
      with_unit(in_range(describe("task.gap", "Blank steps (zeros) between one input and the next."), 0, 100000),
                "steps"),
      FIELD(task.gap));
  add(t,
      with_unit(in_range(describe("task.blank_delay",
                                  "Blank steps (zeros) between the last input and the read-out; for tasks with one "
                                  "target a sequence."),
                         0, 1e6),
                "steps"),
      FIELD(task.blank_delay));
  add(t,
      in_range(describe("task.reset_at",
                        "The network's state is reset after this fraction of each sequence; 0: never. 1: nothing is "
                        "left to read."),
               0, 1),
      FIELD(task.reset_at));
}

/// Settings of the tasks of working memory. `published` ones stand in the tasks' own entries.
void add_memory(Table& t) {
  const auto time = [](const std::string& path, const std::string& doc) {
    return with_unit(in_range(describe(path, doc + " −1: as published for the task."), kPublished, 1e7), "ms");
  };
  add(t,
      with_unit(above(describe("task.dt_ms",
                               "Time of one step; periods are rounded to whole steps (Yang et al., 2019, use 20)."),
                      0, 10000),
                "ms"),
      FIELD(task.dt_ms));
  add(t, time("task.fixation_ms", "Fixation before the first stimulus."), FIELD(task.fixation_ms));
  add(t, time("task.sample_ms", "The stimulus that is to be remembered, or integrated."), FIELD(task.sample_ms));
  add(t, time("task.delay_ms", "The delay after it."), FIELD(task.delay_ms));
  add(t, time("task.test_ms", "The stimulus that is compared with it."), FIELD(task.test_ms));
  add(t, time("task.response_ms", "The time to answer."), FIELD(task.response_ms));
  add(t,
      with_unit(in_range(describe("task.grace_ms",
                                  "Begin of the answer that counts neither in loss nor in score (Masse et al., 2019, "
                                  "use 50)."),
                         0, 1e6),
                "ms"),
      FIELD(task.grace_ms));
  add(t,
      in_range(describe("task.directions", "Directions or places on the circle, at least 2. −1: as published."),
               kPublished, 1000),
      FIELD(task.directions));
  add(t, in_range(describe("task.input_units", "Input units on the ring (Masse et al., 2019, use 24)."), 1, 10000),
      FIELD(task.input_units));
  add(t, above(describe("task.tuning_height", "Largest input of a tuned unit (Masse et al., 2019, use 4)."), 0, 1000),
      FIELD(task.tuning_height));
  add(t, above(describe("task.tuning_width", "κ of the von Mises tuning (Masse et al., 2019, use 2)."), 0, 1000),
      FIELD(task.tuning_width));
  add(t, in_range(describe("task.tests", "Tests at most (Masse et al., 2019, use 3)."), 1, 100), FIELD(task.tests));
  add(t,
      in_range(describe("task.repeat_probability",
                        "How often a distractor is the one before it again (Masse et al., 2019, use 0.5)."),
               0, 1),
      FIELD(task.repeat_probability));
  add(t,
      in_range(describe("task.evidence_noise",
                        "Noise of the evidence, drawn for each sample: a step's standard deviation is this over "
                        "√(dt_ms); 0.14 ≈ √(2 · 100 ms) · 0.01, as Song, Yang & Wang (2016)."),
               0, 100),
      FIELD(task.evidence_noise));
  add(t,
      with_unit(in_range(describe("task.steps",
                                  "Length: of the sequence (flip_flop, adding), of the delay (copy_memory). −1: as "
                                  "published for the task."),
                         kPublished, 1e6),
                "steps"),
      FIELD(task.steps));
  add(t, in_range(describe("task.bits", "Channels (Sussillo & Barak, 2013, use 3)."), 1, 1000), FIELD(task.bits));
  add(t,
      in_range(describe("task.pulse_probability",
                        "How often a channel has a pulse in a step (Golub & Sussillo, 2018, use 0.5)."),
               0, 1),
      FIELD(task.pulse_probability));
  add(t, in_range(describe("task.alphabet", "Different symbols (Arjovsky et al., 2016, use 8)."), 1, 10000),
      FIELD(task.alphabet));
  add(t, in_range(describe("task.recall", "Symbols to remember (Arjovsky et al., 2016, use 10)."), 1, 10000),
      FIELD(task.recall));
}

void add_task(Table& t) {
  add(t,
      one_of(describe("task.name", "What the network learns; `evobrnn list tasks` describes them."),
             names(task_catalogue())),
      FIELD(task.name));
  add(t,
      one_of(describe("task.layout",
                      "How an image becomes a sequence: a row a step (the colours of a pixel together), a chunk of "
                      "`task.chunk` values a step, one pixel a step, or a row of one colour plane a step, plane after "
                      "plane."),
             {"rows", "chunks", "pixels", "planes"}),
      FIELD(task.layout));
  add(t,
      where(in_range(describe("task.chunk", "Values a step; the last chunk is filled with zeros."), 1, kLargestCount),
            "task.layout", {"chunks"}),
      FIELD(task.chunk));
  add(t,
      where(in_range(describe("task.stride",
                              "Values from the start of a chunk to the start of the next; below task.chunk they "
                              "overlap. 0: task.chunk."),
                     0, kLargestCount),
            "task.layout", {"chunks"}),
      FIELD(task.stride));
  add(t,
      one_of(
          describe("task.order",
                   "Order of the pixels: raster, row by row; snake, every second row backwards; permuted, one random "
                   "order for all images (Le, Jaitly & Hinton, 2015)."),
          {"raster", "snake", "permuted"}),
      FIELD(task.order));
  add(t,
      where(in_range(describe("task.permutation_seed", "Draws the order; the same for every trial of a run."), 0,
                     kLargestCount),
            "task.order", {"permuted"}),
      FIELD(task.permutation_seed));
  add(t,
      in_range(
          describe(
              "task.train_samples",
              "Training samples that are used; 0: all but the validation part (digits: 6000, tasks of working memory: "
              "10000)."),
          0, kLargestCount),
      FIELD(task.train_samples));
  add(t,
      in_range(
          describe("task.validation_samples", "Samples held out of the training set; their score selects candidates."),
          1, kLargestCount),
      FIELD(task.validation_samples));
  add(t,
      in_range(describe("task.test_samples",
                        "Test samples that are used; 0: all (digits and tasks of working memory: 2000; sequences "
                        "without a test file: a fifth)."),
               0, kLargestCount),
      FIELD(task.test_samples));
  add(t,
      in_range(
          describe(
              "task.data_seed",
              "Draws the validation part, and the samples of tasks that are generated. The same for every trial of a "
              "run."),
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
  add(t,
      describe("task.file",
               "Sequences: a safetensors file with x, y, lengths and mask, or a .ts file; absolute or in the data "
               "folder."),
      FIELD(task.file));
  add(t, describe("task.test_file", "The test part, in a file of its own; empty: it is drawn from task.file."),
      FIELD(task.test_file));
  add_manipulations(t);
  add_memory(t);
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
  add(t,
      in_range(describe("train.l2_rates",
                        "Weight of the mean squared rate in the loss (Masse et al., 2019: metabolic cost)."),
               0, 1e6),
      FIELD(train.l2_rates));
  add(t,
      in_range(describe("train.l2_weights",
                        "Weight of the mean squared synaptic weight, recurrent and input each, in the loss (Song, Yang "
                        "& Wang, 2016)."),
               0, 1e6),
      FIELD(train.l2_weights));
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

void add_core(Table& t) {
  add(t,
      one_of(
          describe("core.path",
                   "Which implementation runs the model: auto takes the fast kernels where they cover it, and the "
                   "reference, step by step under autograd, elsewhere; kernel is an error where they do not. Results "
                   "of the two agree within rounding, not to the bit; `evobrnn list models` says what is covered."),
          {"auto", "reference", "kernel"}),
      FIELD(core.path));
}

#undef FIELD

}  // namespace

const SettingsTable<TrialSettings>& trial_settings_table() {
  static const Table table = [] {
    Table t;
    add_model(t);
    add_task(t);
    add_train(t);
    add_core(t);
    add_reader_conditions(t, "model.name", model_catalogue());
    add_reader_conditions(t, "task.name", task_catalogue());
    return t;
  }();
  return table;
}

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
