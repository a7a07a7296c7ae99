// SPDX-License-Identifier: Apache-2.0
#include "evolve/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "evolve/ledger_row.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

constexpr int kApplicationId = 0x65764252;  // "evBR"
constexpr int kSchemaVersion = 1;
constexpr int kBusyMilliseconds = 10'000;  // for another process that looks into a live run

// Real numbers have no column type: the REAL affinity would turn -0.0 into 0. A NaN is NULL.
constexpr const char* kSchema = R"(
CREATE TABLE trials (
  id INTEGER PRIMARY KEY,      -- order of proposal, from 1
  generation INTEGER NOT NULL, -- from 0; -1: final test
  role TEXT NOT NULL,
  genome TEXT NOT NULL,        -- JSON object, gene path to value
  fidelity NOT NULL,
  repeat INTEGER NOT NULL,
  seed TEXT NOT NULL,          -- unsigned 64 bits, in decimal
  parents TEXT NOT NULL,       -- JSON list of ids
  status TEXT NOT NULL CHECK (status <> 'cancelled'),
  cause TEXT NOT NULL,
  score,                       -- NULL unless ok
  steps INTEGER NOT NULL,
  samples INTEGER NOT NULL,
  flops,
  wall_seconds,
  cpu_seconds,
  peak_bytes INTEGER NOT NULL,
  metrics TEXT NOT NULL,       -- JSON object; numbers that are not finite are the texts "nan", "inf", "-inf"
  curve TEXT NOT NULL,         -- JSON list of [step, samples, train_loss, validation_loss, validation_score]
  worker TEXT NOT NULL,
  started,                     -- seconds since 1970-01-01
  UNIQUE (role, genome, fidelity, repeat)
))";

constexpr const char* kColumns =
    "id, generation, role, genome, fidelity, repeat, seed, parents, status, cause, score, steps, samples, flops, "
    "wall_seconds, "
    "cpu_seconds, peak_bytes, metrics, curve, worker, started";

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
  return std::numeric_limits<double>::quiet_NaN();
}

json encode(const CurvePoint& p) {
  return json::array({p.step, p.samples, encode(p.train_loss), encode(p.validation_loss), encode(p.validation_score)});
}

json encode(const std::map<std::string, double>& metrics) {
  auto object = json::object();
  for (const auto& [name, value] : metrics) object[name] = encode(value);
  return object;
}

json encode(const std::vector<CurvePoint>& curve) {
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
    curve.push_back({row.at(0).get<std::int64_t>(), row.at(1).get<std::int64_t>(), decode(row.at(2)), decode(row.at(3)),
                     decode(row.at(4))});
  }
  return curve;
}

double real(const SQLite::Column& column) {
  return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

std::uint64_t unsigned_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number); read.ec != std::errc() || read.ptr != end) {
    throw LedgerError("damaged seed " + text);
  }
  return number;
}

}  // namespace

const char* ledger_columns() { return kColumns; }

LedgerTrial read_row(SQLite::Statement& query) {
  int next = 0;
  const auto column = [&] { return query.getColumn(next++); };
  LedgerTrial trial;
  trial.id = column().getInt64();
  trial.generation = column().getInt64();
  trial.key.role = column().getString();
  trial.key.genome = column().getString();
  trial.key.fidelity = real(column());
  trial.key.repeat = column().getInt64();
  trial.seed = unsigned_number(column().getString());
  trial.parents = json::parse(column().getString()).get<std::vector<std::int64_t>>();
  trial.result.status = trial_status_from_text(column().getString());
  trial.result.cause = column().getString();
  const auto score = real(column());
  if (trial.result.status == TrialStatus::ok) trial.result.score = score;
  trial.result.cost.steps = column().getInt64();
  trial.result.cost.samples = column().getInt64();
  trial.result.cost.flops = real(column());
  trial.result.cost.wall_seconds = real(column());
  trial.result.cost.cpu_seconds = real(column());
  trial.result.cost.peak_bytes = column().getInt64();
  trial.result.metrics = decode_metrics(column().getString());
  trial.result.curve = decode_curve(column().getString());
  trial.worker = column().getString();
  trial.started = real(column());
  return trial;
}

namespace {

void bind_row(SQLite::Statement& insert, const LedgerTrial& trial) {
  int next = 1;
  const auto bind = [&](const auto& value) { insert.bind(next++, value); };
  const auto& result = trial.result;
  bind(trial.id);
  bind(trial.generation);
  bind(trial.key.role);
  bind(trial.key.genome);
  bind(trial.key.fidelity);
  bind(trial.key.repeat);
  bind(std::to_string(trial.seed));
  bind(json(trial.parents).dump());
  bind(to_text(result.status));
  bind(result.cause);
  if (result.status == TrialStatus::ok) bind(result.score);
  else insert.bind(next++);
  bind(result.cost.steps);
  bind(result.cost.samples);
  bind(result.cost.flops);
  bind(result.cost.wall_seconds);
  bind(result.cost.cpu_seconds);
  bind(result.cost.peak_bytes);
  bind(encode(result.metrics).dump());
  bind(encode(result.curve).dump());
  bind(trial.worker);
  bind(trial.started);
}

int pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(std::string("PRAGMA ") + name).getInt();
}

void create_schema(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(kSchema);
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

/// Ledgers of former versions hold a list of the statuses that they knew: the table is written again without it.
void accept_every_status(SQLite::Database& database) {
  const auto table = database.execAndGet("SELECT sql FROM sqlite_master WHERE name = 'trials'").getString();
  if (table.find("CHECK (status IN (") == std::string::npos) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec("ALTER TABLE trials RENAME TO former_trials");
  database.exec(kSchema);
  database.exec(std::string("INSERT INTO trials (") + kColumns + ") SELECT " + kColumns + " FROM former_trials");
  database.exec("DROP TABLE former_trials");
  transaction.commit();
}

/// Everything that differences() compares, as exact text under the name it is reported by.
std::map<std::string, std::string> compared_fields(const LedgerTrial& trial) {
  const auto& result = trial.result;
  std::map<std::string, std::string> fields{{"generation", std::to_string(trial.generation)},
                                            {"role", trial.key.role},
                                            {"genome", trial.key.genome},
                                            {"fidelity", encode(trial.key.fidelity).dump()},
                                            {"repeat", std::to_string(trial.key.repeat)},
                                            {"seed", std::to_string(trial.seed)},
                                            {"parents", json(trial.parents).dump()},
                                            {"status", to_text(result.status)},
                                            {"cause", result.cause},
                                            {"steps", std::to_string(result.cost.steps)},
                                            {"samples", std::to_string(result.cost.samples)},
                                            {"flops", encode(result.cost.flops).dump()},
                                            {"peak_bytes", std::to_string(result.cost.peak_bytes)}};
  if (result.status == TrialStatus::ok) fields["score"] = encode(result.score).dump();
  for (const auto& [name, value] : result.metrics) fields["metrics." + name] = encode(value).dump();
  for (std::size_t i = 0; i < result.curve.size(); ++i) {
    fields["curve[" + std::to_string(i) + "]"] = encode(result.curve[i]).dump();
  }
  return fields;
}

/// "trial 3: score: 0.5, 0.25" for each field that differs, appended.
void compare(const LedgerTrial& left, const LedgerTrial& right, std::vector<std::string>& lines) {
  std::map<std::string, std::pair<std::string, std::string>> pairs;
  const std::string absent = "absent";
  for (const auto& [name, text] : compared_fields(left)) pairs.emplace(name, std::pair{text, absent});
  for (const auto& [name, text] : compared_fields(right))
    pairs.try_emplace(name, absent, absent).first->second.second = text;
  for (const auto& [name, texts] : pairs) {
    if (texts.first == texts.second) continue;
    lines.push_back("trial " + std::to_string(left.id) + ": " + name + ": " + texts.first + ", " + texts.second);
  }
}

}  // namespace

std::uint64_t trial_seed(std::uint64_t run_seed, const TrialKey& key) {
  std::array<char, 32> fidelity{};
  const auto fidelity_end = std::to_chars(fidelity.data(), fidelity.data() + fidelity.size(), key.fidelity).ptr;
  const auto text = std::to_string(run_seed) + '\n' + key.role + '\n' + std::string(fidelity.data(), fidelity_end) +
                    '\n' + std::to_string(key.repeat) + '\n' + key.genome;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  // FNV-1a leaves near texts with near high bits; splitmix64's finaliser spreads them.
  hash += 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

struct Ledger::Implementation {
  explicit Implementation(const std::filesystem::path& file)
      : name(file.string()), database(name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds) {
    // Checked before anything is written: a file that is no ledger stays as it is.
    const auto application = pragma(database, "application_id");
    const auto version = pragma(database, "user_version");
    const auto tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    const bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && application != kApplicationId) throw LedgerError("a database, but not a ledger of evobrnn");
    if (version > kSchemaVersion) {
      throw LedgerError("written by a newer evobrnn (schema " + std::to_string(version) + "; this one reads up to " +
                        std::to_string(kSchemaVersion) + ")");
    }
    // A file system without shared memory stays at a rollback journal, as durable under FULL.
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    if (empty) create_schema(database);
    else accept_every_status(database);
  }

  /// Runs `action` under the lock, every failure as a LedgerError that names the file.
  template <class Action>
  auto guarded(const std::string& what, Action action) {
    const std::lock_guard lock(mutex);
    try {
      return action();
    } catch (const std::exception& error) {
      throw LedgerError("ledger " + name + ": " + what + ": " + error.what());
    }
  }

  std::string name;
  SQLite::Database database;
  std::mutex mutex;
};

Ledger::Ledger(const std::filesystem::path& file) {
  try {
    implementation_ = std::make_unique<Implementation>(file);
  } catch (const SQLite::Exception& error) {
    constexpr int kNotADatabase = 26;  // SQLITE_NOTADB, whose header SQLiteCpp hides
    const auto cause = error.getErrorCode() == kNotADatabase ? std::string("not a ledger") : std::string(error.what());
    throw LedgerError("ledger " + file.string() + ": " + cause);
  } catch (const LedgerError& error) {
    throw LedgerError("ledger " + file.string() + ": " + error.what());
  }
}

Ledger::~Ledger() = default;

void Ledger::store(const LedgerTrial& trial) {
  implementation_->guarded("cannot store trial " + std::to_string(trial.id), [&] {
    // One statement outside of any transaction is a transaction of its own.
    SQLite::Statement insert(implementation_->database,
                             std::string("INSERT INTO trials (") + kColumns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_row(insert, trial);
    insert.exec();
  });
}

std::optional<LedgerTrial> Ledger::find(const TrialKey& key) const {
  return implementation_->guarded("cannot read", [&]() -> std::optional<LedgerTrial> {
    SQLite::Statement query(implementation_->database,
                            std::string("SELECT ") + kColumns +
                                " FROM trials WHERE role = ? AND genome = ? AND fidelity = ? AND repeat = ?");
    query.bind(1, key.role);
    query.bind(2, key.genome);
    query.bind(3, key.fidelity);
    query.bind(4, key.repeat);
    if (!query.executeStep()) return std::nullopt;
    return read_row(query);
  });
}

std::vector<LedgerTrial> Ledger::trials() const {
  return implementation_->guarded("cannot read", [&] {
    SQLite::Statement query(implementation_->database, std::string("SELECT ") + kColumns + " FROM trials ORDER BY id");
    std::vector<LedgerTrial> trials;
    while (query.executeStep()) trials.push_back(read_row(query));
    return trials;
  });
}

std::vector<std::string> differences(const LedgerTrial& left, const LedgerTrial& right) {
  std::vector<std::string> lines;
  compare(left, right, lines);
  return lines;
}

std::vector<std::string> differences(const Ledger& left, const Ledger& right, std::size_t most) {
  std::map<std::int64_t, std::pair<std::optional<LedgerTrial>, std::optional<LedgerTrial>>> pairs;
  for (auto& trial : left.trials()) pairs[trial.id].first = std::move(trial);
  for (auto& trial : right.trials()) pairs[trial.id].second = std::move(trial);
  std::vector<std::string> lines;
  for (const auto& [id, pair] : pairs) {
    if (lines.size() >= most) break;
    if (pair.first && pair.second) {
      compare(*pair.first, *pair.second, lines);
    } else {
      lines.push_back("trial " + std::to_string(id) + ": only in the " + (pair.first ? "first" : "second"));
    }
  }
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace evobrnn
