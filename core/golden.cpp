// SPDX-License-Identifier: Apache-2.0
#include "core/golden.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/models/network.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

constexpr double kTolerance64 = 1e-9, kTolerance32 = 1e-4;

void append_numbers(const json& nested, std::vector<double>& numbers, std::vector<std::int64_t>& shape,
                    std::size_t depth) {
  if (!nested.is_array()) return numbers.push_back(nested.get<double>());
  const auto size = static_cast<std::int64_t>(nested.size());
  if (shape.size() <= depth) shape.push_back(size);
  if (shape[depth] != size) throw DataError("golden: a nested list is ragged");
  for (const auto& part : nested) append_numbers(part, numbers, shape, depth + 1);
}

/// Nested lists as a float64 tensor.
at::Tensor to_tensor(const json& nested) {
  std::vector<double> numbers;
  std::vector<std::int64_t> shape;
  append_numbers(nested, numbers, shape, 0);
  return at::tensor(numbers, at::kDouble).view(shape);
}

ModelSettings read_settings(const json& test) {
  const auto& config = test.at("config");
  const auto& fixed = config.at("fixed");
  ModelSettings s;
  s.name = test.at("model").get<std::string>();
  s.n = test.at("sizes").at("n").get<std::int64_t>();
  s.activation = config.at("activation").get<std::string>();
  s.dale = config.at("dale").get<bool>();
  s.ei_ratio = config.value("ei_ratio", s.ei_ratio);
  s.a_kind = config.value("a_kind", s.a_kind);
  s.as_coded = config.value("as_coded", false);
  s.stp_dt = config.value("stp_dt", s.stp_dt);
  s.init = "uniform";
  const auto set_or_train = [&](const char* name, double& value) {
    if (fixed.contains(name)) value = fixed.at(name).get<double>();
    else s.trained.push_back(name);
  };
  set_or_train("dt", s.dt);
  if (s.a_kind == "ei") {
    set_or_train("A_E", s.A_E);
    set_or_train("A_I", s.A_I);
  } else {
    set_or_train("A", s.A);
  }
  s.z = fixed.value("z", s.z);
  s.z_lo = config.value("z_lo", s.z_lo);
  s.z_hi = config.value("z_hi", s.z_hi);
  return s;
}

/// Errors of one case in one dtype: the largest, and the first quantity beyond the tolerance.
struct Comparison {
  explicit Comparison(double tolerance) : tolerance_(tolerance) {}

  /// The error is relative to the largest element of `expected`, or to `least_scale` where that is larger.
  void compare(const std::string& quantity, const at::Tensor& actual, const at::Tensor& expected,
               double least_scale = 0) {
    double error = std::numeric_limits<double>::infinity();
    if (actual.defined() && actual.numel() == expected.numel()) {
      const auto scale = std::max(expected.abs().max().item<double>(), least_scale);
      error = (actual.detach().to(at::kDouble).view(expected.sizes()) - expected).abs().max().item<double>() /
              (scale > 0 ? scale : 1);
    }
    if (!(error <= tolerance_) && first_off.empty()) first_off = fmt::format("{} is off by {:.1e}", quantity, error);
    largest = std::max(largest, std::isnan(error) ? std::numeric_limits<double>::infinity() : error);
  }

  double largest = 0;
  std::string first_off;

 private:
  double tolerance_;
};

/// The reference also shows its states; the kernels do not.
Comparison run_case(const ModelEntry& model, const json& test, at::ScalarType dtype, double tolerance, Path path) {
  const auto& sizes = test.at("sizes");
  Network network(
      model, read_settings(test),
      {sizes.at("n_in").get<std::int64_t>(), sizes.at("n_out").get<std::int64_t>(), dtype, at::kCPU, 0, path});
  Comparison result(tolerance);
  const auto& given = test.at("parameters");
  if (given.size() != network.parameters().named().size()) {
    result.compare("the set of parameters", {}, at::zeros({1}));
    return result;
  }
  {
    at::NoGradGuard no_grad;
    for (const auto& [name, values] : given.items()) {
      auto parameter = network.parameters().at(name);
      parameter.copy_(to_tensor(values).view(parameter.sizes()));
    }
  }
  std::map<std::string, std::vector<at::Tensor>> states;
  PassOptions options;
  if (path == Path::reference) {
    options.record = [&](const State& state) {
      states["r"].push_back(state.r);
      states["z"].push_back(state.z);
      if (state.u.defined()) states["u"].push_back(state.u);
      if (state.x_s.defined()) states["x_s"].push_back(state.x_s);
    };
  }
  const auto logits = network.run(to_tensor(test.at("inputs")).to(dtype), options).outputs;
  const auto loss = at::cross_entropy_loss(logits, to_tensor(test.at("targets")).to(at::kLong));
  loss.backward();

  const auto& expected = test.at("expected");
  for (const auto& [name, values] : expected.at("states").items()) {
    if (path != Path::reference) break;
    result.compare("state " + name, states.count(name) ? at::stack(states[name]) : at::Tensor(), to_tensor(values));
  }
  result.compare("logits", logits, to_tensor(expected.at("logits")));
  result.compare("loss", loss, to_tensor(expected.at("loss")));
  // In float32 a gradient that is a sum of terms that cancel is as exact as its terms, not as the sum; and the kernels
  // round σ otherwise than the worked cases did, which is all that is left of 1 − σ in a saturated gate. So there the
  // errors of all gradients are relative to the largest of them.
  const auto& gradients = expected.at("gradients");
  double largest_gradient = 0;
  if (dtype == at::kFloat || path != Path::reference) {
    for (const auto& values : gradients)
      largest_gradient = std::max(largest_gradient, to_tensor(values).abs().max().item<double>());
  }
  for (const auto& [name, values] : gradients.items()) {
    result.compare("gradient of " + name, network.parameters().at(name).grad(), to_tensor(values), largest_gradient);
  }
  return result;
}

const ModelEntry* registered(const std::string& name) {
  const auto& known = models();
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const ModelEntry& e) { return e.about.name == name; });
  return found == known.end() ? nullptr : &*found;
}

GoldenOutcome check_case(const json& test, const ModelLookup& lookup) {
  GoldenOutcome outcome;
  outcome.name = test.at("name").get<std::string>();
  const auto model = test.at("model").get<std::string>();
  const auto* entry = lookup(model);
  if (!entry) {
    outcome.verdict = "skipped: no model named " + model;
    return outcome;
  }
  outcome.kind = GoldenOutcome::Kind::passed;
  double error32 = 0;
  for (const auto path : {Path::reference, Path::automatic}) {
    const auto exact = run_case(*entry, test, at::kDouble, kTolerance64, path),
               single = run_case(*entry, test, at::kFloat, kTolerance32, path);
    outcome.error = std::max(outcome.error, exact.largest);
    error32 = std::max(error32, single.largest);
    const auto& off = exact.first_off.empty() ? single.first_off : exact.first_off;
    if (off.empty() || outcome.kind == GoldenOutcome::Kind::failed) continue;
    outcome.kind = GoldenOutcome::Kind::failed;
    outcome.verdict = fmt::format("{} in {}{}", off, exact.first_off.empty() ? "float32" : "float64",
                                  path == Path::reference ? "" : " with core.path = auto");
  }
  if (outcome.verdict.empty()) outcome.verdict = fmt::format("ok (float32 {:.1e})", error32);
  return outcome;
}

}  // namespace

std::vector<GoldenOutcome> check_golden(const std::filesystem::path& file, const ModelLookup& lookup) {
  std::ifstream stream(file);
  if (!stream) throw DataError(file.string() + ": cannot be read");
  try {
    const auto root = json::parse(stream);
    if (root.at("format") != "golden/1") throw DataError(file.string() + ": its format is not golden/1");
    std::vector<GoldenOutcome> outcomes;
    for (const auto& test : root.at("cases")) outcomes.push_back(check_case(test, lookup ? lookup : registered));
    return outcomes;
  } catch (const json::exception& error) {
    throw DataError(file.string() + ": " + error.what());
  }
}

}  // namespace evobrnn
