// SPDX-License-Identifier: Apache-2.0
/// What processes tell each other: specifications and results of trials, messages of workers, the lock of a run.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/run_folder.hpp"
#include "apps/run_state.hpp"
#include "core/trial.hpp"
#include "evolve/command_protocol.hpp"
#include "evolve/message_stream.hpp"
#include "evolve/process_end.hpp"
#include "evolve/run_lock.hpp"
#include "evolve/worker_process.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn::fuzzing {
namespace {

using testing_support::ScratchFolder;

const std::vector<std::string> kJson = {"{",        "}",    "[",     "]",  "{\"a\":", "[[[[[[[[",
                                        "null",     "true", "1e999", "-1", "1e300",   "\"nan\"",
                                        "\"-inf\"", ",",    ":",     "\"", "\\ud800", "\xc3"};

TEST(Fuzz, TrialSpec) {
  TrialSpec spec;
  spec.settings.model.trained = {"A", "dt"};
  spec.seed = std::numeric_limits<std::uint64_t>::max();
  auto tokens = kJson;
  for (const auto& row : trial_settings_table()) tokens.push_back("\"" + row.setting.path + "\":");
  fuzz({.name = "TrialSpec",
        .inputs = {to_json(spec), to_json(TrialSpec{})},
        .tokens = tokens,
        .accepts = [](const auto& input) {
          TrialSpec read;
          if (!accepts<SettingsError>([&] { read = trial_spec_from_json(input); })) return false;
          const auto json = to_json(read);
          require(to_json(trial_spec_from_json(json)) == json, "reads back as another specification: " + json);
          return true;
        }});
}

TrialResult some_result() {
  auto result = ended_as(TrialStatus::diverged, "loss is inf at step 3");
  result.metrics = {{"loss", std::numeric_limits<double>::infinity()}, {"score", -0.0}, {"nan", std::nan("")}};
  result.curve = {{1, 64, 0.5, 0.25, 0.125}, {2, 128, 1e-300, std::nan(""), 3}};
  result.cost = {2, 128, 1e12, 0.5, 0.25, 1 << 20};
  return result;
}

TEST(Fuzz, TrialResult) {
  fuzz({.name = "TrialResult",
        .inputs = {to_json(some_result()), to_json(TrialResult{})},
        .tokens = kJson,
        .accepts = [](const auto& input) {
          TrialResult read;
          if (!accepts<std::invalid_argument>([&] { read = trial_result_from_json(input); })) return false;
          const auto json = to_json(read);
          require(to_json(trial_result_from_json(json)) == json, "reads back as another result: " + json);
          return true;
        }});
}

std::string framed(const std::string& kind, const std::string& body) {
  return kind + " " + std::to_string(body.size()) + "\n" + body;
}

/// All that a worker may say of a trial.
std::string conversation() {
  return framed("started", "") + framed("progress", "[1,20,0.5]") + framed("resumed", "3") +
         framed("checkpoint", "bytes") + framed("weights", std::string("\0 5\n", 4)) +
         framed("result", to_json(some_result()));
}

std::vector<std::string> message_tokens() {
  auto tokens = kJson;
  for (const auto* kind : {"started", "progress", "resumed", "checkpoint", "weights", "result", "unknown"})
    tokens.push_back(framed(kind, ""));
  for (const auto* text : {"progress 9\n[1,2,0.5]", "resumed 20\n99999999999999999999", "resumed 1\n-", " 2147483648\n",
                           " 2147483649\n", " -1\n", "\n", " "})
    tokens.push_back(text);
  return tokens;
}

/// The frames alone, with every message whole or cut short by the other end.
TEST(Fuzz, Messages) {
  const auto longest = std::size_t{1} << 15;  // what a socket holds without anybody who reads
  fuzz({.name = "Messages",
        .inputs = {conversation(), framed("trial", to_json(TrialSpec{})) + framed("stop", "")},
        .tokens = message_tokens(),
        .accepts =
            [](const auto& input) {
              std::array<int, 2> ends{};
              require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "no socket");
              MessageStream stream(ends[0]);
              {
                MessageStream other(ends[1]);
                require(::send(ends[1], input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()),
                        "not sent");
              }
              std::size_t received = 0;
              const bool understood = accepts<std::invalid_argument>([&] {
                while (const auto message = stream.receive(-1)) received += message->kind.size() + message->body.size();
                require(stream.closed(), "waited for nothing");
              });
              require(received <= input.size(), "more was received than sent");
              return understood;
            },
        .longest = longest});
}

/// A worker process that says anything: the trial ends as lost, or with what it was told, and never with an exception.
TEST(Fuzz, Worker) {
  const ScratchFolder folder;
  const auto file = folder / "says";
  fuzz({.name = "Worker",
        .inputs = {conversation(), framed("result", to_json(TrialResult{}))},
        .tokens = message_tokens(),
        .accepts =
            [&](const auto& input) {
              folder.write("says", input);
              TrialHooks hooks;
              hooks.started = [] {};
              hooks.progress = [](std::int64_t, std::int64_t, double) {};
              hooks.resumed = [](std::int64_t) {};
              hooks.weights = hooks.checkpoint = [](const std::string&) {};
              WorkerProcess process({"/bin/cat", file.string()});
              try {
                return process.run("", hooks, {}).cause.find("its worker process") == std::string::npos;
              } catch (const ProcessEnded&) {
                return false;  // it ended without a result
              }
            },
        .at_least = 100});
}

/// A command that prints anything: each line is progress, a result, or nothing, and never an exception.
TEST(Fuzz, CommandOutput) {
  fuzz({.name = "CommandOutput",
        .inputs = {"talk\n{\"progress\": {\"step\": 1, \"steps\": 3, \"loss\": NaN}}\n{\"score\": 0.5, \"metrics\": "
                   "{\"a\": -Infinity}}\n",
                   "{\"status\": \"diverged\", \"cause\": \"at step 3\"}"},
        .tokens = kJson,
        .accepts = [&](const auto& input) {
          std::size_t results = 0;
          LineCutter cutter([&results](const std::string& line) {
            const auto said = read_command_line(line);
            const auto* result = std::get_if<TrialResult>(&said);
            results += result != nullptr;
            if (result)
              require(to_json(trial_result_from_json(to_json(*result))) == to_json(*result), "cannot be stored");
          });
          cutter.add(input);
          cutter.end();
          LastWords words;
          words.add(input);
          nlohmann::json(words.text()).dump();  // throws for what is no UTF-8
          return results > 0;
        }});
}

/// A run can always be started and looked at, whatever its lock says: as if nobody held it.
TEST(Fuzz, Lock) {
  const ScratchFolder folder;
  std::string lock;
  {
    const RunLock held(folder.path());
    lock = read_whole(folder / kLockFile);
  }
  fuzz({.name = "Lock",
        .inputs = {lock, "", R"({"host":"another","pid":1,"started":"2026-01-31T12:00:00Z"})"},
        .tokens = kJson,
        .accepts =
            [&](const auto& input) {
              folder.write(kLockFile, input);
              run_process(folder.path());
              accepts<UsageError>([&] { const RunLock taken(folder.path()); });  // another machine's, on a shared disk
              return true;
            },
        .refuses = false});
}

/// Where a run comes from is of use, but no run needs it.
TEST(Fuzz, Provenance) {
  const ScratchFolder folder;
  fuzz({.name = "Provenance",
        .inputs = {provenance_json(1, "data", *make_data_store(), "evobrnn run")},
        .tokens = kJson,
        .accepts =
            [&](const auto& input) {
              folder.write(kProvenanceFile, input);
              data_folder_of(folder.path());
              return true;
            },
        .refuses = false});
}

}  // namespace
}  // namespace evobrnn::fuzzing
