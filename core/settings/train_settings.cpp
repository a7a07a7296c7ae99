// SPDX-License-Identifier: Apache-2.0
/// Settings of training, and of which implementation runs the model. Defaults of the recipe (lr, schedule, clip) are
/// those with which the conductance network learns; docs/ARCHITECTURE.md, "Defaults", says how they compare.
#include "core/settings/rows.hpp"

namespace evobrnn {
namespace {

void add_core(TrialTable& t) {
  add(t,
      one_of(
          describe("core.path",
                   "Which implementation runs the model: auto takes the fast kernels where they cover it, and the "
                   "reference, step by step under autograd, elsewhere; kernel is an error where they do not. Results "
                   "of the two agree within rounding, not to the bit; `evobrnn list models` says what is covered."),
          {"auto", "reference", "kernel"}),
      FIELD(core.path));
}

}  // namespace

void add_train_settings(TrialTable& t) {
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
      without_influence(
          with_unit(in_range(describe("train.time_limit",
                                      "Wall time after which a trial ends as `timeout`; 0: none. A trial near its "
                                      "limit ends differently on a slower machine."),
                             0, 1e9),
                    "s")),
      FIELD(train.time_limit));
  add(t,
      one_of(describe("train.precision", "Floating-point type of weights, states and gradients."),
             {"float32", "float64"}),
      FIELD(train.precision));
  add(t,
      one_of(describe("train.device", "Where candidates are trained; cuda needs a LibTorch that was built with it."),
             {"cpu", "cuda"}),
      FIELD(train.device));
  add_core(t);
}

}  // namespace evobrnn
