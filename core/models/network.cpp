// SPDX-License-Identifier: Apache-2.0
#include "core/models/network.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/io/safetensors.hpp"
#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::uint64_t kConnectivity = 1;  // purpose of a derived seed

/// Normal noise of sd · √(2/α): one step adds √(2α) · sd, as Song, Yang & Wang (2016), eqs. 7 and 8.
at::Tensor scaled_noise(at::IntArrayRef shape, double sd, double time_step, at::Generator generator,
                        at::TensorOptions options) {
  return normal(shape, std::move(generator), options).mul_(sd * std::sqrt(2 / time_step));
}

/// The steps before which some sequence is reset.
std::set<std::int64_t> steps_of(const at::Tensor& reset) {
  if (!reset.defined()) return {};
  const auto steps = reset.to(at::kCPU).contiguous();
  std::set<std::int64_t> distinct(steps.data_ptr<std::int64_t>(), steps.data_ptr<std::int64_t>() + steps.numel());
  distinct.erase(0);
  return distinct;
}

/// `start` for the samples of `chosen` ([batch] bool), `state` for the others.
State replaced(const State& state, const State& start, const at::Tensor& chosen) {
  const auto pick = [&](const at::Tensor& now, const at::Tensor& first) {
    if (!now.defined() || !first.defined()) return now;
    std::vector<std::int64_t> rows(static_cast<std::size_t>(now.dim()), 1);
    rows[0] = -1;
    return at::where(chosen.view(rows), first, now);
  };
  State next{pick(state.r, start.r), state.z, pick(state.u, start.u), pick(state.x_s, start.x_s)};
  for (std::size_t i = 0; i < state.own.size(); ++i) next.own.push_back(pick(state.own[i], start.own.at(i)));
  return next;
}

/// Whether the rates after every step are needed.
bool keeps(const PassOptions& options) { return options.every_step || options.keep_rates || options.lengths.defined(); }

}  // namespace

Path to_path(const std::string& setting) { return setting == "reference" ? Path::reference : Path::automatic; }

Network::Network(const ModelSettings& settings, const NetworkContext& context)
    : Network(find_model(settings.name), settings, context) {}

Network::Network(const ModelEntry& entry, ModelSettings settings, const NetworkContext& context)
    : recurrent_noise_(settings.recurrent_noise),
      input_noise_(settings.input_noise),
      divisible_(has_time_step(entry)),
      path_(context.path) {
  const auto generator = make_generator(context.seed);
  settings.dale = settings.dale && reads(entry.about, "model.dale");
  model_ = entry.make({settings, context.n_in, context.dtype, context.device, generator,
                       make_generator(derived_seed(context.seed, kConnectivity))});
  parameters_ = model_->parameters();
  // As torch::nn::Linear: U(−1/√fan_in, 1/√fan_in).
  const auto read = model_->dale().read_units();
  const double bound = 1 / std::sqrt(static_cast<double>(read));
  const auto draw = [&](at::IntArrayRef shape) {
    return at::rand(shape, generator, at::TensorOptions().dtype(context.dtype))
        .mul_(2 * bound)
        .sub_(bound)
        .to(context.device);
  };
  readout_.weight = parameters_.add("readout_weight", draw({context.n_out, read}));
  readout_.bias = parameters_.add("readout_bias", draw({context.n_out}));
  parameters_.flatten();
}

SequenceRates Network::rates_step_by_step(const SequenceInput& input, bool keep, const PassOptions& options) const {
  const auto& x = input.x;
  const auto resets = steps_of(input.reset);
  const auto step = model_->unroll(x, input.noise);
  auto state = model_->initial_state(x.size(1));
  std::vector<at::Tensor> rates;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    if (resets.count(t)) state = replaced(state, model_->initial_state(x.size(1)), input.reset.eq(t));
    state = step(state, t);
    if (options.intervene) state = options.intervene(state);
    if (keep) rates.push_back(state.r);
    if (options.record) options.record(state);
  }
  return {state.r, keep ? at::stack(rates) : at::Tensor()};
}

bool Network::fast(const at::Tensor& x, const PassOptions& options) const {
  return path_ == Path::automatic && x.is_cpu() && !x.requires_grad() && !options.record && !options.intervene &&
         !model_->holds();
}

SequenceRates Network::rates(const SequenceInput& input, bool keep, const PassOptions& options) const {
  if (fast(input.x, options)) {
    if (const auto equation = model_->rate_equation()) return run_sequence(*equation, input, keep);
  }
  return rates_step_by_step(input, keep, options);
}

std::optional<SequenceProblem> Network::fast_pass(const at::Tensor& x, const PassOptions& options) const {
  if (!fast(x, options)) return std::nullopt;
  const auto equation = model_->rate_equation();
  if (!equation) return std::nullopt;
  return SequenceProblem{*equation, sequence_input(x, options, model_->time_step())};
}

SequenceInput Network::sequence_input(const at::Tensor& x, const PassOptions& options, double alpha) const {
  SequenceInput input{x, {}, options.reset};
  if (!options.noise) return input;
  if (input_noise_ > 0) input.x = x + scaled_noise(x.sizes(), input_noise_, alpha, *options.noise, x.options());
  if (recurrent_noise_ > 0) {
    const auto n = model_->initial_state(1).r.size(1);
    input.noise = scaled_noise({x.size(0), x.size(1), n}, recurrent_noise_, alpha, *options.noise, x.options());
  }
  return input;
}

Pass Network::run_finer(const at::Tensor& x, PassOptions options) const {
  const auto divisor = std::exchange(options.divide_steps, 1);
  auto equation = model_->rate_equation();
  if (!divisible_ || !equation || !x.is_cpu() || options.record || options.intervene || model_->holds())
    throw std::invalid_argument(
        "finer time steps need a model with a time step, on the CPU, neither recorded nor changed");
  auto& [form, quantities] = *equation;
  for (auto* per_step : {&quantities.z, &quantities.dt, &quantities.z_u, &quantities.z_x}) {
    if (per_step->defined()) *per_step = *per_step / static_cast<double>(divisor);
  }
  form.delta /= static_cast<double>(divisor);
  for (auto* step : {&options.lengths, &options.reset}) {
    if (step->defined()) *step = *step * divisor;
  }
  const auto input =
      sequence_input(x.repeat_interleave(divisor, 0), options, model_->time_step() / static_cast<double>(divisor));
  auto pass = read_out(run_sequence(*equation, input, keeps(options)), input.x.sizes(), options);
  if (pass.rates.defined()) pass.rates = pass.rates.slice(0, divisor - 1, c10::nullopt, divisor);
  if (options.every_step) pass.outputs = pass.outputs.slice(0, divisor - 1, c10::nullopt, divisor);
  return pass;
}

Pass Network::run(const at::Tensor& x, const PassOptions& options) const {
  if (options.divide_steps > 1) return run_finer(x, options);
  const auto input = sequence_input(x, options, model_->time_step());
  return read_out(rates(input, keeps(options), options), x.sizes(), options);
}

Pass Network::read_out(SequenceRates sequence, at::IntArrayRef sizes, const PassOptions& options) const {
  auto& [last, rates] = sequence;
  Pass pass;
  pass.rates = rates;
  if (options.every_step) {
    pass.outputs = read(rates);
    return pass;
  }
  if (options.lengths.defined()) {
    const auto index = (options.lengths - 1).view({1, -1, 1}).expand({1, sizes[1], rates.size(2)});
    last = rates.gather(0, index).squeeze(0);
  }
  if (options.reset.defined()) {  // a reset after the last step leaves nothing to read
    const auto after = options.lengths.defined() ? options.reset.eq(options.lengths) : options.reset.eq(sizes[0]);
    last = at::where(after.unsqueeze(1), model_->initial_state(sizes[1]).r, last);
  }
  pass.outputs = read(last);
  return pass;
}

at::Tensor Network::read(const at::Tensor& rates) const {
  return at::linear(rates.narrow(-1, 0, model_->dale().read_units()), readout_.weight, readout_.bias);
}

std::string Network::save() const { return write_safetensors(parameters_.named()); }

void Network::load(const std::string& safetensors) {
  const auto stored = read_safetensors(safetensors);
  if (stored.size() != parameters_.named().size())
    throw DataError("the weights are those of another network: other parameters");
  std::vector<at::Tensor> places;  // all are found first: what is refused leaves the network as it was
  for (const auto& [name, tensor] : stored) {
    at::Tensor mine;
    try {
      mine = parameters_.at(name);
    } catch (const std::out_of_range&) {
      throw DataError("the weights are those of another network: " + name + " is not a parameter of this one");
    }
    if (mine.sizes() != tensor.sizes() || mine.scalar_type() != tensor.scalar_type()) {
      throw DataError("the weights are those of another network: " + name + " has another shape or dtype");
    }
    places.push_back(mine);
  }
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < places.size(); ++i) places[i].copy_(stored[i].tensor);
}

}  // namespace evobrnn
