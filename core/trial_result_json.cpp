// SPDX-License-Identifier: Apache-2.0
/// TrialResult as JSON and back. Free of LibTorch, for whoever sends results between processes.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

/// JSON has no NaN and no infinity; these come back exactly.
json encode(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

double decode(const json& value) {
  if (!value.is_string()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text != "nan") throw std::invalid_argument("not a number: " + text);
  return std::numeric_limits<double>::quiet_NaN();
}

std::int64_t integer(const json& value) {
  if (!value.is_number_integer()) throw std::invalid_argument("not a whole number");
  return value.get<std::int64_t>();
}

}  // namespace

std::string to_json(const TrialResult& result) {
  auto metrics = json::object();
  for (const auto& [name, value] : result.metrics) metrics[name] = encode(value);
  auto curve = json::array();
  for (const auto& p : result.curve) {
    curve.push_back({p.step, p.samples, encode(p.train_loss), encode(p.validation_loss), encode(p.validation_score)});
  }
  const auto& cost = result.cost;
  const json root{{"status", to_text(result.status)},
                  {"cause", result.cause},
                  {"score", encode(result.score)},
                  {"metrics", metrics},
                  {"curve", curve},
                  {"steps", cost.steps},
                  {"samples", cost.samples},
                  {"flops", encode(cost.flops)},
                  {"wall_seconds", encode(cost.wall_seconds)},
                  {"cpu_seconds", encode(cost.cpu_seconds)},
                  {"peak_bytes", cost.peak_bytes}};
  // A cause may quote bytes that are no UTF-8, as those of a damaged file.
  return root.dump(-1, ' ', false, json::error_handler_t::replace);
}

TrialResult trial_result_from_json(const std::string& text) {
  try {
    const auto root = json::parse(text);
    TrialResult result;
    result.status = trial_status_from_text(root.at("status").get<std::string>());
    result.cause = root.at("cause").get<std::string>();
    result.score = decode(root.at("score"));
    for (const auto& [name, value] : root.at("metrics").items()) result.metrics[name] = decode(value);
    for (const auto& row : root.at("curve")) {
      result.curve.push_back(
          {integer(row.at(0)), integer(row.at(1)), decode(row.at(2)), decode(row.at(3)), decode(row.at(4))});
    }
    result.cost = {integer(root.at("steps")),       integer(root.at("samples")),    decode(root.at("flops")),
                   decode(root.at("wall_seconds")), decode(root.at("cpu_seconds")), integer(root.at("peak_bytes"))};
    return result;
  } catch (const json::exception& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace evobrnn
