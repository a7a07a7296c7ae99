// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger_row.hpp"

#include <SQLiteCpp/Column.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "core/settings/json_depth.hpp"
#include "evolve/row_checksum.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class RowWriter {
 public:
  explicit RowWriter(SQLite::Statement& insert) : insert_(insert) {}
  template <class Value>
  void add(const Value& value) {
    checksum_.add(value);
    insert_.bind(next_++, value);
  }
  std::int64_t add_checksum() {
    insert_.bind(next_++, checksum_.value());
    return checksum_.value();
  }

 private:
  SQLite::Statement& insert_;
  RowChecksum checksum_;
  int next_ = 1;
};

class RowReader {
 public:
  explicit RowReader(SQLite::Statement& query) : query_(query) {}
  std::int64_t integer() { return seen<std::int64_t>(column().getInt64()); }
  std::string text() { return seen(column().getString()); }
  double real() {
    const auto found = column();
    return seen(found.isNull() ? kNaN : found.getDouble());
  }
  std::int64_t checksum() const { return checksum_.value(); }
  /// What is wrong with the row; empty: nothing.
  std::string wrong() {
    const auto stored = column();
    if (stored.isNull()) return "its checksum is missing";
    return stored.getInt64() == checksum_.value() ? "" : "its checksum does not fit what is stored";
  }

 private:
  SQLite::Column column() { return query_.getColumn(next_++); }
  template <class Value>
  Value seen(Value value) {
    checksum_.add(value);
    return value;
  }
  SQLite::Statement& query_;
  RowChecksum checksum_;
  int next_ = 0;
};

double decode(const json& value) {
  if (!value.is_string()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text != "nan") throw LedgerError("not a number: " + text);
  return kNaN;
}

std::int64_t integer(const json& value) {
  if (!value.is_number_integer()) throw LedgerError("not a whole number");
  return value.get<std::int64_t>();
}

json encode_metrics(const std::map<std::string, double>& metrics) {
  auto object = json::object();
  for (const auto& [name, value] : metrics) object[name] = encode(value);
  return object;
}

json encode_curve(const std::vector<CurvePoint>& curve) {
  auto list = json::array();
  for (const auto& point : curve) list.push_back(encode(point));
  return list;
}

std::map<std::string, double> decode_metrics(const std::string& text) {
  std::map<std::string, double> metrics;
  const auto object = json::parse(text);
  for (const auto& [name, value] : object.items()) metrics[name] = decode(value);
  return metrics;
}

std::vector<CurvePoint> decode_curve(const std::string& text) {
  std::vector<CurvePoint> curve;
  const auto rows = json::parse(text);
  for (const auto& row : rows) {
    curve.push_back({integer(row.at(0)), integer(row.at(1)), decode(row.at(2)), decode(row.at(3)), decode(row.at(4))});
  }
  return curve;
}

std::uint64_t unsigned_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number); read.ec != std::errc() || read.ptr != end) {
    throw LedgerError("damaged seed " + text);
  }
  return number;
}

/// A row as it lies there, with texts that are still to be understood.
struct StoredTrial {
  LedgerTrial trial;
  std::string seed, parents, status, metrics, curve;
  double score = kNaN;
};

StoredTrial read_cells(RowReader& row) {
  StoredTrial stored;
  auto& trial = stored.trial;
  trial.id = row.integer();
  trial.generation = row.integer();
  trial.key.role = row.text();
  trial.key.genome = row.text();
  trial.key.fidelity = row.real();
  trial.key.repeat = row.integer();
  stored.seed = row.text();
  stored.parents = row.text();
  stored.status = row.text();
  trial.result.cause = row.text();
  stored.score = row.real();
  auto& cost = trial.result.cost;
  cost.steps = row.integer();
  cost.samples = row.integer();
  cost.flops = row.real();
  cost.wall_seconds = row.real();
  cost.cpu_seconds = row.real();
  cost.peak_bytes = row.integer();
  stored.metrics = row.text();
  stored.curve = row.text();
  trial.worker = row.text();
  trial.started = row.real();
  trial.content = row.text();
  trial.origin = row.text();
  return stored;
}

}  // namespace

json encode(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

json encode(const CurvePoint& p) {
  return json::array({p.step, p.samples, encode(p.train_loss), encode(p.validation_loss), encode(p.validation_score)});
}

std::int64_t bind_trial(SQLite::Statement& insert, const LedgerTrial& trial) {
  const auto& result = trial.result;
  RowWriter row(insert);
  row.add(trial.id);
  row.add(trial.generation);
  row.add(trial.key.role);
  row.add(trial.key.genome);
  row.add(trial.key.fidelity);
  row.add(trial.key.repeat);
  row.add(std::to_string(trial.seed));
  row.add(json(trial.parents).dump());
  row.add(to_text(result.status));
  row.add(result.cause);
  row.add(result.status == TrialStatus::ok ? result.score : kNaN);
  row.add(result.cost.steps);
  row.add(result.cost.samples);
  row.add(result.cost.flops);
  row.add(result.cost.wall_seconds);
  row.add(result.cost.cpu_seconds);
  row.add(result.cost.peak_bytes);
  row.add(encode_metrics(result.metrics).dump());
  row.add(encode_curve(result.curve).dump());
  row.add(trial.worker);
  row.add(trial.started);
  row.add(trial.content);
  row.add(trial.origin);
  return row.add_checksum();
}

std::int64_t checksum_of(SQLite::Statement& query) {
  RowReader row(query);
  read_cells(row);
  return row.checksum();
}

LedgerTrial read_trial(SQLite::Statement& query) {
  // First all as it lies there: what a garbled row says is looked at only where its checksum fits.
  RowReader row(query);
  auto [trial, seed, parents, status, metrics, curve, score] = read_cells(row);
  const auto place = "trial " + std::to_string(trial.id);
  if (const auto wrong = row.wrong(); !wrong.empty()) throw LedgerError(place + " is damaged: " + wrong);
  auto& result = trial.result;
  try {
    if (json_depth(trial.key.genome) > 1) throw LedgerError("its genome is no object of plain values");
    trial.seed = unsigned_number(seed);
    const auto ids = json::parse(parents);
    if (!ids.is_array()) throw LedgerError("parents are no list");
    for (const auto& id : ids) trial.parents.push_back(integer(id));
    result.status = trial_status_from_text(status);
    if (result.status == TrialStatus::ok) result.score = score;
    result.metrics = decode_metrics(metrics);
    result.curve = decode_curve(curve);
  } catch (const std::exception& error) {
    throw LedgerError(place + " is damaged: " + error.what());
  }
  return trial;
}

}  // namespace evobrnn
