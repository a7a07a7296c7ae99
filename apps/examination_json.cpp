// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_json.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace evobrnn {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

double to_number(const Json& json, double where_null) { return json.is_null() ? where_null : json.get<double>(); }

std::vector<std::uint8_t> to_bytes(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

Json to_json(const FigureTable& figure) {
  Json rows = Json::array();
  for (const auto& row : figure.rows) {
    Json values = Json::array();
    for (const double value : row) values.push_back(number(value));
    rows.push_back(std::move(values));
  }
  Json json{{"name", figure.name}, {"title", figure.title}, {"columns", figure.columns}};
  if (!figure.labels.empty()) json["labels"] = figure.labels;
  for (const auto& [mark, place] : figure.marks) json["marks"][mark] = number(place);
  json["rows"] = std::move(rows);
  return json;
}

Json to_json(const Decay& decay) {
  Json curve = Json::array();
  for (const auto& [t, value] : decay.curve) curve.push_back({t, value});
  return {{"of", decay.name},
          {"outcome", decay.outcome},
          {"form", decay.form},
          {"aicc", decay.aicc},
          {"start", decay.start},
          {"chance", decay.chance},
          {"floor", decay.floor},
          {"floor_fitted", decay.floor_fitted},
          {"half_life", number(decay.half_life)},
          {"half_life_interval", {number(decay.low), number(decay.high)}},
          {"observed_half", number(decay.observed)},
          {"first", decay.first},
          {"longest", decay.longest},
          {"stable", decay.stable},
          {"fit", {{"p", number(decay.goodness)}, {"r2", decay.r2}, {"worst_residual", decay.worst}}},
          {"warning", decay.warning},
          {"curve", std::move(curve)}};
}

std::string examination_to_text(const Examination& examination) {
  Json root;
  root["figures"] = Json::array();
  for (const auto& figure : examination.figures) root["figures"].push_back(to_json(figure));
  root["decays"] = Json::array();
  for (const auto& decay : examination.decays) root["decays"].push_back(to_json(decay));
  for (const auto& [name, value] : examination.numbers) root["numbers"][name] = number(value);
  root["verdicts"] = examination.verdicts;
  root["findings"] = examination.findings;
  root["recording"] = Json::binary(to_bytes(examination.recording));
  const auto bytes = Json::to_cbor(root);
  return {bytes.begin(), bytes.end()};
}

Examination examination_from_text(const std::string& text) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity(),
                   kNone = std::numeric_limits<double>::quiet_NaN();
  const auto root = Json::from_cbor(text);
  Examination examination;
  for (const auto& json : root.at("figures")) {
    FigureTable figure{json.at("name"), json.at("title"), json.at("columns"), {}};
    if (json.contains("labels")) figure.labels = json.at("labels").get<std::vector<std::string>>();
    if (json.contains("marks")) figure.marks = json.at("marks").get<std::map<std::string, double>>();
    for (const auto& row : json.at("rows")) {
      figure.rows.emplace_back();
      for (const auto& value : row) figure.rows.back().push_back(to_number(value, kNone));
    }
    examination.figures.push_back(std::move(figure));
  }
  for (const auto& json : root.at("decays")) {
    Decay decay;
    decay.name = json.at("of");
    decay.outcome = json.at("outcome");
    decay.form = json.at("form");
    decay.aicc = json.at("aicc").get<std::map<std::string, double>>();
    decay.start = json.at("start");
    decay.chance = json.at("chance");
    decay.floor = json.at("floor");
    decay.floor_fitted = json.at("floor_fitted");
    decay.half_life = to_number(json.at("half_life"), kInfinite);
    decay.low = to_number(json.at("half_life_interval").at(0), kInfinite);
    decay.high = to_number(json.at("half_life_interval").at(1), kInfinite);
    decay.observed = to_number(json.at("observed_half"), kInfinite);
    decay.first = json.at("first");
    decay.longest = json.at("longest");
    decay.stable = json.at("stable");
    decay.goodness = to_number(json.at("fit").at("p"), kNone);
    decay.r2 = json.at("fit").at("r2");
    decay.worst = json.at("fit").at("worst_residual");
    decay.warning = json.at("warning");
    for (const auto& point : json.at("curve")) decay.curve.emplace_back(point.at(0), point.at(1));
    examination.decays.push_back(std::move(decay));
  }
  for (const auto& [name, value] : root.at("numbers").items()) examination.numbers[name] = to_number(value, kNone);
  examination.verdicts = root.at("verdicts").get<std::map<std::string, std::string>>();
  examination.findings = root.at("findings").get<std::vector<std::string>>();
  const auto& recording = root.at("recording").get_binary();
  examination.recording.assign(recording.begin(), recording.end());
  return examination;
}

}  // namespace evobrnn
