// SPDX-License-Identifier: Apache-2.0
/// status, verify, replay, export and doctor on a run of the real program.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/ledger_schema.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Every test has a finished run of its own, "run", copied from one that is made once.
class Tools : public Program {
 protected:
  void SetUp() override {
    static const testing_support::ScratchFolder made;
    if (!fs::exists(made / "run")) {
      ASSERT_EQ(call({"run", write("s.toml", small_search()), "--out", "run"}).code, 0);
      fs::copy(folder() / "run", made / "run", fs::copy_options::recursive);
    } else {
      fs::copy(made / "run", folder() / "run", fs::copy_options::recursive);
    }
  }

  /// A change that neither checksums nor seal tell.
  void change_ledger(const std::string& sql) const {
    SQLite::Database ledger(folder() / "run/ledger.sqlite", SQLite::OPEN_READWRITE);
    ledger.exec(sql);
    seal_anew(ledger);
  }

  void garble_ledger(const std::string& sql) const {
    SQLite::Database(folder() / "run/ledger.sqlite", SQLite::OPEN_READWRITE).exec(sql);
  }

  /// RUN/lock as a process that runs it writes it.
  std::string lock_of(pid_t pid) const {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return write("run/lock", json{{"host", host.data()}, {"pid", pid}, {"started", "2026-01-02T03:04:05Z"}}.dump());
  }

  void make_incomplete() const { change_ledger("DELETE FROM trials WHERE generation = -1"); }
};

TEST_F(Tools, StatusTellsOfACompleteRun) {
  const auto outcome = call({"status", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const auto* text : {"run: complete", "generation 2 of 2", "best so far: trial ", "model.dt = "})
    EXPECT_THAT(outcome.out, HasSubstr(text));
  EXPECT_EQ(call({"status", "run", "--follow"}).code, 0) << "a complete run is not waited for";
  const auto state = json::parse(call({"status", "run", "--json"}).out);
  EXPECT_EQ(state.at("state"), "complete");
  EXPECT_EQ(state.at("done"), state.at("expected"));
  EXPECT_EQ(state.at("failures").size(), 0U);
  EXPECT_TRUE(state.at("champion").at("genome").contains("model.dt"));
}

TEST_F(Tools, StatusCountsFailuresByCauseWhateverTheirNumbers) {
  change_ledger("UPDATE trials SET status = 'diverged', cause = 'NaN at step ' || id WHERE id IN (1, 2, 3)");
  change_ledger("UPDATE trials SET status = 'failed', cause = 'out of memory' WHERE id = 4");
  EXPECT_THAT(call({"status", "run"}).out, HasSubstr("3 diverged, as trial 1: NaN at step 1\n1 failed, as trial 4"));
  const auto failures = json::parse(call({"status", "run", "--json"}).out).at("failures");
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].at("count"), 3);
}

TEST_F(Tools, StatusSaysWhetherTheProcessLives) {
  make_incomplete();
  EXPECT_THAT(call({"status", "run"}).out, HasSubstr("no lock file says"));

  const std::ifstream held(lock_of(getpid()));  // this process has the lock open
  const auto running = call({"status", "run"}).out;
  EXPECT_THAT(running, HasSubstr("running: process " + std::to_string(getpid())));
  EXPECT_THAT(running, HasSubstr("2026-01-02"));
  EXPECT_EQ(json::parse(call({"status", "run", "--json"}).out).at("process").at("pid"), getpid());

  const auto dead = start({"--version"});
  wait_for(dead);
  lock_of(dead);
  const auto stopped = call({"status", "run", "--follow"});
  EXPECT_EQ(stopped.code, 0);
  EXPECT_THAT(stopped.out, HasSubstr("stopped"));
  EXPECT_THAT(call({"status", "run"}).out, HasSubstr("go on with: evobrnn resume run"));
}

TEST_F(Tools, StatusFollowsALiveRunAndEndsOnASignal) {
  make_incomplete();
  const std::ifstream held(lock_of(getpid()));
  const auto child = start({"status", "run", "--follow", "--json"});
  while (read(scratch_ / "out").empty() && waitpid(child, nullptr, WNOHANG) == 0) sched_yield();
  kill(child, SIGTERM);
  const auto outcome = wait_for(child);
  EXPECT_EQ(outcome.code, 143);
  EXPECT_EQ(json::parse(outcome.out).at("state"), "running");
}

TEST_F(Tools, StatusReadsOnly) {
  const auto before = read(folder() / "run/ledger.sqlite");
  const auto writer = SQLite::Database(folder() / "run/ledger.sqlite", SQLite::OPEN_READWRITE);
  SQLite::Database other(folder() / "run/ledger.sqlite", SQLite::OPEN_READWRITE);
  SQLite::Transaction transaction(other, SQLite::TransactionBehavior::IMMEDIATE);
  EXPECT_EQ(call({"status", "run"}).code, 0) << "a writer inside of its transaction does not stop a reader";
  transaction.commit();
  EXPECT_EQ(before, read(folder() / "run/ledger.sqlite"));
}

TEST_F(Tools, VerifyFindsNothingWrongWithAWholeRun) {
  const auto outcome = call({"verify", "run", "--trials", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("weights: 3 files\n"));
  EXPECT_THAT(outcome.out, HasSubstr("trained again: the same bits"));
  EXPECT_THAT(outcome.out, HasSubstr("nothing is wrong"));
}

TEST_F(Tools, VerifyListsWhatIsWrong) {
  struct Case {
    std::string sql, error;
  };
  for (const auto& [sql, error] : std::vector<Case>{
           {"UPDATE trials SET seed = '17' WHERE id = 2", "trial 2: its seed is 17, and its key makes "},
           {"UPDATE trials SET seed = 'x' WHERE id = 2", "trial 2 is damaged: damaged seed x"},
           {"UPDATE trials SET curve = '[[1' WHERE id = 3", "trial 3 is damaged"},
           {"UPDATE trials SET status = 'ok', metrics = '{\"a\": {}}' WHERE id = 4", "trial 4 is damaged"},
           {"UPDATE trials SET score = 0.123", ": score: 0.123, "},
           {"UPDATE trials SET peak_bytes = 1", ": peak_bytes: 1, "}}) {
    fs::remove_all(folder() / "run");
    SetUp();
    change_ledger(sql);
    const auto outcome = call({"verify", "run"});
    EXPECT_EQ(outcome.code, 1) << sql;
    EXPECT_THAT(outcome.out, HasSubstr(error)) << sql;
    EXPECT_THAT(outcome.out, HasSubstr("wrong: ")) << sql;
  }
}

TEST_F(Tools, VerifyFindsWhatAChecksumTells) {
  garble_ledger("UPDATE trials SET score = score + 1e-9 WHERE id = 2");
  const auto outcome = call({"verify", "run", "--trials", "0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("trial 2 is damaged: its checksum does not fit"));
}

TEST_F(Tools, WhatIsWholeOfADamagedLedgerIsGivenAndTheRestIsTold) {
  const auto rows = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto sound = rows(call({"export", "run", "--format", "jsonl"}).out);
  garble_ledger("DELETE FROM trials WHERE id = 2");
  garble_ledger("UPDATE trials SET cause = 'x' WHERE id = 3");
  garble_ledger("UPDATE trials SET checksum = NULL WHERE id = 4");
  const auto exported = call({"export", "run", "--format", "jsonl"});
  EXPECT_EQ(exported.code, 1);
  EXPECT_EQ(rows(exported.out), sound - 3);
  for (const auto* told :
       {"damaged: trial 3 is damaged: its checksum does not fit",
        "damaged: trial 4 is damaged: its checksum is missing", "are there: no trial 2", "3 things are damaged; the "})
    EXPECT_THAT(exported.err, HasSubstr(told));
  EXPECT_EQ(call({"export", "run", "--out", "t.csv"}).code, 1);
  EXPECT_EQ(rows(read(folder() / "t.csv")), sound - 3 + 1) << "with its header";
  const auto status = call({"status", "run"});
  EXPECT_EQ(status.code, 1);
  EXPECT_THAT(status.out, HasSubstr("best so far: trial "));
  EXPECT_THAT(status.err, HasSubstr("3 things are damaged"));
  EXPECT_EQ(call({"report", "run"}).code, 1);
  EXPECT_FALSE(fs::exists(folder() / "run/report.html")) << "a page would not say what is missing";
}

TEST_F(Tools, DamagedWeightsAreNotUsed) {
  for (const std::string name : {"champion", "champion-seed1"}) {
    const auto file = "run/weights/" + name + ".safetensors";
    auto bytes = read(folder() / file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write(file, bytes);
    write("x", "");
    for (const auto& words : std::vector<std::vector<std::string>>{{"predict", file, "--input", "x", "--output", "y"},
                                                                   {"examine", file, "--out", "e"}}) {
      const auto outcome = call(words);
      EXPECT_EQ(outcome.code, 2) << words[0];
      EXPECT_THAT(outcome.err, HasSubstr("damaged: its SHA-256 is not the one of " + name + ".safetensors.sha256"));
    }
  }
  EXPECT_THAT(call({"examine", "run", "--out", "e"}).err, HasSubstr("champion-seed1.safetensors: damaged"));
}

TEST_F(Tools, VerifyFindsDamagedAndMissingWeights) {
  const auto champion = folder() / "run/weights/champion.safetensors",
             seed1 = folder() / "run/weights/champion-seed1.safetensors";
  auto bytes = read(champion);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write("run/weights/champion.safetensors", bytes);
  fs::resize_file(seed1, fs::file_size(seed1) / 2);
  fs::remove(folder() / "run/weights/champion-seed2.safetensors");
  const auto outcome = call({"verify", "run", "--trials", "0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("champion.safetensors: its SHA-256 is not the one stored"));
  EXPECT_THAT(outcome.out, HasSubstr("champion-seed1.safetensors: safetensors: "));
  EXPECT_THAT(outcome.out, HasSubstr("champion-seed2.safetensors: missing"));
  EXPECT_THAT(outcome.out, HasSubstr("3 things are wrong"));
  // And a resume trains them again.
  ASSERT_EQ(call({"resume", "run"}).code, 0);
  EXPECT_THAT(call({"verify", "run", "--trials", "0"}).out, Not(HasSubstr("champion.safetensors: its")));
}

TEST_F(Tools, ADamagedLedgerIsAClearError) {
  auto bytes = read(folder() / "run/ledger.sqlite");
  ASSERT_GT(bytes.size(), 12000U);
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  write("run/ledger.sqlite", bytes);
  const auto verified = call({"verify", "run", "--trials", "0"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.out, HasSubstr("wrong: ledger"));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"status", "run"}, {"export", "run"}, {"replay", "run", "1"}}) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 1) << arguments[0];
    EXPECT_THAT(outcome.err, HasSubstr("error: ledger run/ledger.sqlite")) << arguments[0];
  }
  write("run/ledger.sqlite", std::string(5000, 'x'));
  EXPECT_EQ(call({"status", "run"}).code, 1);
  EXPECT_EQ(read(folder() / "run/ledger.sqlite"), std::string(5000, 'x')) << "nothing is overwritten";
}

TEST_F(Tools, ReplayTrainsOneTrialToTheSameBits) {
  for (const std::string id : {"1", "7"})
    EXPECT_THAT(call({"replay", "run", id}).out, HasSubstr("trial " + id + ": the same bits"));
  // A final training of the champion: its weights are those of the run.
  const auto last = call({"export", "run"}).out;
  std::istringstream lines(last);
  std::string id;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(",champion,0,") != std::string::npos) id = line.substr(0, line.find(','));
  }
  const auto outcome = call({"replay", "run", id, "--weights", "again.safetensors"});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(read(folder() / "again.safetensors"), read(folder() / "run/weights/champion-seed1.safetensors"));
}

TEST_F(Tools, ReplayListsWhatDiffers) {
  change_ledger("UPDATE trials SET score = 0.25, worker = 'elsewhere', wall_seconds = 1e9 WHERE id = 2");
  const auto outcome = call({"replay", "run", "2"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("trial 2: score: 0.25, "));
  EXPECT_THAT(outcome.out, HasSubstr("values that differ (stored, trained now): 1\n"));
}

TEST_F(Tools, UnknownTrialsAndRunsAreNamed) {
  const auto unknown = call({"replay", "run", "4711"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no trial 4711; its ledger holds "));
  EXPECT_THAT(unknown.err, HasSubstr("with numbers from 1 to "));
  EXPECT_EQ(call({"replay", "run", "x"}).code, 2);
  fs::create_directory(folder() / "empty");
  for (const std::string command : {"status", "verify", "export", "replay"}) {
    for (const std::string run : {"absent", "empty"}) {
      std::vector<std::string> arguments{command, run};
      if (command == "replay") arguments.emplace_back("1");
      const auto outcome = call(arguments);
      EXPECT_EQ(outcome.code, 2) << command << run;
      EXPECT_THAT(outcome.err, AnyOf(HasSubstr("absent: no such folder"), HasSubstr("empty: holds no run"))) << command;
    }
    EXPECT_THAT(call({command, "--help"}).out, HasSubstr("Examples:")) << command;
  }
}

TEST_F(Tools, ExportHoldsEveryDoubleExactly) {
  change_ledger("UPDATE trials SET status = 'failed', cause = 'a \"b\", c', score = NULL WHERE id = 3");
  const auto csv = call({"export", "run"});
  ASSERT_EQ(csv.code, 0) << csv.err;
  EXPECT_THAT(csv.out, HasSubstr("id,generation,role,repeat,fidelity,seed,parents,status,cause,score,params.model.dt,"
                                 "params.model.n,metrics."));
  EXPECT_THAT(csv.out, HasSubstr(",failed,\"a \"\"b\"\", c\",,"));
  EXPECT_EQ(call({"export", "run", "--format", "jsonl", "--out", "t.jsonl"}).code, 0);
  std::istringstream lines(read(folder() / "t.jsonl")), rows(csv.out);
  SQLite::Database ledger(folder() / "run/ledger.sqlite", SQLite::OPEN_READONLY);
  SQLite::Statement query(ledger, "SELECT id, score, metrics, genome, curve FROM trials ORDER BY id");
  std::string line, row;
  std::getline(rows, row);
  while (query.executeStep()) {
    ASSERT_TRUE(std::getline(lines, line) && std::getline(rows, row));
    const auto trial = json::parse(line);
    EXPECT_EQ(trial.at("id"), query.getColumn(0).getInt64());
    if (!query.getColumn(1).isNull()) {
      EXPECT_EQ(trial.at("score").get<double>(), query.getColumn(1).getDouble());
      EXPECT_THAT(row, HasSubstr("," + json(query.getColumn(1).getDouble()).dump() + ","));
    }
    EXPECT_EQ(trial.at("metrics"), json::parse(query.getColumn(2).getString()));
    EXPECT_EQ(trial.at("genome"), json::parse(query.getColumn(3).getString()));
    EXPECT_EQ(trial.at("curve").size(), json::parse(query.getColumn(4).getString()).size());
  }
  EXPECT_FALSE(std::getline(lines, line) || std::getline(rows, row));
  EXPECT_EQ(call({"export", "run", "--format", "xml"}).code, 2);
}

TEST_F(Tools, DoctorDescribesTheMachine) {
  const auto outcome = call({"doctor"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  for (const auto* topic : {"processor", "kernels", "cores", "memory", "disk", "LibTorch", "pagmo2", "gpu", "digits"})
    EXPECT_THAT(outcome.out, HasSubstr(topic));
  const auto report = json::parse(call({"doctor", "--json"}).out);
  EXPECT_TRUE(report.at("facts").contains("threads"));
  EXPECT_EQ(report.at("errors").size(), 0U);
  const auto stuck = call({"doctor", "--data", "/nonexistent"});
  EXPECT_EQ(stuck.code, 1);
  EXPECT_THAT(stuck.out, HasSubstr("error: /nonexistent: no such data folder"));
}

TEST_F(Tools, DoctorWarnsOfSettingsThatHurt) {
  setenv("OMP_PROC_BIND", "true", 1);
  setenv("OPENBLAS_NUM_THREADS", "8", 1);
  const auto outcome = call({"doctor"});
  unsetenv("OMP_PROC_BIND");
  unsetenv("OPENBLAS_NUM_THREADS");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("warning: OMP_PROC_BIND=true"));
  EXPECT_THAT(outcome.out, HasSubstr("unset OPENBLAS_NUM_THREADS"));
}

}  // namespace
}  // namespace evobrnn
