// SPDX-License-Identifier: Apache-2.0
/// Settings of the model. Defaults of the recipe (init, gain, A, dt, ei_ratio) are those with which the conductance
/// network learns; docs/ARCHITECTURE.md, "Defaults", says how they compare.
#include "core/settings/rows.hpp"

namespace evobrnn {

void add_model_settings(TrialTable& t) {
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
          describe(
              "model.activation",
              "φ of the candidate rate. sigmoid keeps rates positive, as firing rates are; tanh needs dale = false."),
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

}  // namespace evobrnn
