// SPDX-License-Identifier: Apache-2.0
#include "core/prediction.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/data/sequence_file.hpp"
#include "core/data/sequence_inputs.hpp"
#include "core/io/safetensors.hpp"
#include "core/learning/trainer.hpp"
#include "core/models/network.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// Undefined where there is none of that name.
at::Tensor find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  return {};
}

/// A matrix of the weights; undefined where it is none, or empty: its sizes are then no more than the file's bytes.
at::Tensor find_matrix(const std::vector<NamedTensor>& weights, const std::string& name) {
  const auto matrix = find(weights, name);
  return matrix.defined() && matrix.dim() == 2 && matrix.numel() > 0 ? matrix : at::Tensor();
}

std::int64_t outputs_of(const std::vector<NamedTensor>& weights) {
  const auto readout = find_matrix(weights, "readout_weight");
  if (!readout.defined()) throw DataError("the weights hold no matrix readout_weight");
  return readout.size(0);
}

std::int64_t inputs_of(const std::vector<NamedTensor>& weights) {
  for (const auto* name : {"P", "weight_ih_l0"}) {
    if (const auto from_input = find_matrix(weights, name); from_input.defined()) return from_input.size(1);
  }
  throw DataError("the weights hold no matrix of input weights");
}

/// Checked as the data of a training, and against what the network was trained on.
SequenceInputs inputs_for(const TaskShape& trained, const fs::path& file, bool any_steps) {
  const auto read = read_sequence_file(file);
  const auto wrong = [&file](const std::string& what) { throw DataError(file.string() + ": " + what); };
  const auto x = find(read.tensors, "x");
  if (!x.defined()) wrong("has no x [samples, steps, features]");
  auto inputs = check_inputs(file.string(), x, find(read.tensors, "lengths"));
  if (x.size(2) != trained.n_in)
    wrong(
        fmt::format("x is {}, [samples, steps, features]; the network takes {} features", shape_text(x), trained.n_in));
  if (!any_steps && !trained.lengths && trained.steps > 0 && x.size(1) != trained.steps)
    wrong(
        fmt::format("x is {}, [samples, steps, features]; the network was trained on {} steps. Sequences of another "
                    "length are run with --any-steps",
                    shape_text(x), trained.steps));
  return inputs;
}

}  // namespace

Prediction predict(const TrialSpec& spec, const TrainedOn& trained_on, const std::string& weights, const fs::path& file,
                   bool any_steps) {
  const auto& [trained, labels] = trained_on;
  const auto stored = read_safetensors(weights);
  const auto n_in = inputs_of(stored), n_out = outputs_of(stored);
  if (n_in != trained.n_in || n_out != trained.n_out)
    throw DataError(fmt::format("the weights take {} features and give {} outputs; config.json says {} and {}", n_in,
                                n_out, trained.n_in, trained.n_out));
  const auto inputs = inputs_for(trained, file, any_steps);
  PassOptions last, each;
  last.lengths = inputs.lengths;
  each.every_step = each.keep_rates = true;

  const auto dtype = to_dtype(spec.settings.train.precision);
  Network network(spec.settings.model, {n_in, n_out, dtype, at::kCPU, spec.seed, to_path(spec.settings.core.path)});
  network.load(weights);
  const at::NoGradGuard no_grad;
  const auto time_major = inputs.x.to(dtype).transpose(0, 1).contiguous();
  const auto samples_first = [](const at::Tensor& t) { return t.transpose(0, 1).contiguous(); };
  const auto steps = network.run(time_major, each);
  const auto outputs = network.run(time_major, last).outputs.contiguous(), every = samples_first(steps.outputs);
  std::vector<NamedTensor> tensors{
      {"outputs", outputs}, {"outputs_every_step", every}, {"rates", samples_first(steps.rates)}};
  Prediction prediction{"", outputs.size(0), every.size(1), {}};
  std::map<std::string, std::string> metadata;
  if (trained.score == ScoreKind::accuracy) {
    if (!labels.empty()) metadata["classes"] = nlohmann::json(labels).dump();
    if (trained.every_step) {
      tensors.push_back({"class_every_step", every.argmax(-1)});
    } else {
      tensors.push_back({"class", outputs.argmax(-1)});
      const auto counts = at::bincount(outputs.argmax(-1), {}, n_out);
      prediction.of_class.assign(counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + n_out);
    }
  }
  prediction.safetensors = write_safetensors(tensors, metadata);
  return prediction;
}

}  // namespace evobrnn
