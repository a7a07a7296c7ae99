// SPDX-License-Identifier: Apache-2.0
/// The real program, killed with SIGKILL again and again, ends as an uninterrupted run does. EVOBRNN_CHAOS_KILLS: kills
/// over all strategies (default: a short form of seconds); EVOBRNN_CHAOS_SEED: which moments.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <random>
#include <string>

#include "evolve/ledger.hpp"
#include "evolve/strategies/strategy.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;

std::int64_t environment(const char* name, std::int64_t fallback) {
  const auto* text = std::getenv(name);
  return text ? std::stoll(text) : fallback;
}

std::int64_t kills_in_all() { return environment("EVOBRNN_CHAOS_KILLS", 27); }

std::string tiny_search(const std::string& strategy) {
  std::string generations = "generations = 3\n", design;
  if (strategy == "grid") design = "[search.grid]\npoints = 4\n";
  if (strategy == "list") design = "";
  if (strategy == "grid" || strategy == "list") generations.clear();
  return "name = \"chaos\"\nseed = 4\n[model]\nn = 6\n[task]\nname = \"digits\"\ntrain_samples = "
         "60\nvalidation_samples "
         "= 30\ntest_samples = 30\n[train]\nbatch = 20\nsamples = 40\n[search]\nstrategy = \"" +
         strategy + "\"\npopulation = 7\n" + generations + design +
         "[run]\ncheckpoint_seconds = 1e-6\n[final]\nseeds = 1\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\nmodel.n "
         "= { low = 4, high = 9 }\n";
}

class Chaos : public Program, public ::testing::WithParamInterface<std::string> {
 protected:
  Chaos()
      : seed_(environment("EVOBRNN_CHAOS_SEED", 1)),
        random_(static_cast<std::uint64_t>(seed_) + std::hash<std::string>()(GetParam())) {
    write("s.toml", tiny_search(GetParam()));
    std::string genomes = "model.dt,model.n\n";
    for (int i = 0; i < 20; ++i) genomes += std::to_string(0.1 + 0.04 * i) + "," + std::to_string(4 + i % 6) + "\n";
    if (GetParam() == "list") write("genomes.csv", genomes);
  }
  ~Chaos() override { unsetenv("EVOBRNN_FAULT"); }

  std::vector<std::string> run_arguments(const std::string& out) const {
    std::vector<std::string> arguments{"run", "s.toml", "--out", out, "--quiet", "--workers", "2"};
    if (GetParam() == "list") arguments.insert(arguments.end(), {"--genomes", "genomes.csv"});
    return arguments;
  }

  /// Goes on with the run, or starts it where no kill has let it have a folder yet.
  std::vector<std::string> arguments(const std::string& out) const {
    return fs::exists(folder() / out) ? std::vector<std::string>{"resume", out, "--quiet"} : run_arguments(out);
  }

  std::int64_t draw(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  /// Starts the program so that it dies at a fault point, and returns how it ended.
  Outcome die_at_a_point(const std::string& out) {
    const std::array<const char*, 6> points = {"inside_transaction", "before_commit", "after_commit",
                                               "between_trials",     "in_checkpoint", "while_replaying"};
    // All but the last: a run that has done nothing yet has nothing to replay.
    const auto point = points.at(static_cast<std::size_t>(draw(0, fs::exists(folder() / out) ? 5 : 4)));
    setenv("EVOBRNN_FAULT", (std::string(point) + ":" + std::to_string(draw(1, 4))).c_str(), 1);
    const auto outcome = call(arguments(out));
    unsetenv("EVOBRNN_FAULT");
    return outcome;
  }

  /// Starts the program, and kills it at any moment of the time that an uninterrupted run took.
  Outcome die_at_a_moment(const std::string& out) {
    const auto child = start(arguments(out));
    pollfd handle{static_cast<int>(::syscall(SYS_pidfd_open, child, 0)), POLLIN, 0};
    ::poll(&handle, 1, static_cast<int>(draw(0, whole_milliseconds_)));  // returns early where it ends before
    ::kill(child, SIGKILL);
    ::close(handle.fd);
    return wait_for(child);
  }

  /// The same ledger, bookkeeping and weights as the uninterrupted run.
  void expect_the_same(const std::string& out) {
    const Ledger whole(folder() / "whole/ledger.sqlite", Ledger::Access::read),
        killed(folder() / out / "ledger.sqlite", Ledger::Access::read);
    EXPECT_EQ(differences(whole, killed), std::vector<std::string>{});
    const auto expected = whole.generations(), found = killed.generations();
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].proposals, expected[i].proposals) << "generation " << expected[i].generation;
      EXPECT_TRUE(found[i].finished) << "generation " << expected[i].generation;
    }
    for (const auto* file : {"weights/champion.safetensors", "weights/config.json", "experiment.toml"})
      EXPECT_TRUE(read(folder() / out / file) == read(folder() / "whole" / file)) << file;
    EXPECT_GT(fs::file_size(folder() / out / "weights/champion.safetensors"), 0U);
  }

  const std::int64_t seed_;
  std::mt19937_64 random_;
  std::int64_t whole_milliseconds_ = 0;
};

TEST_P(Chaos, AKilledRunEndsAsAnUninterruptedOne) {
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(call(run_arguments("whole")).code, 0);
  whole_milliseconds_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
  const auto strategy_count = static_cast<std::int64_t>(strategies().size());
  const auto planned = (kills_in_all() + strategy_count - 1) / strategy_count;
  std::int64_t kills = 0, starts = 0, runs = 0;
  // A run that ends before its next kill is compared, and another one begun.
  while (kills < planned && starts < 10 * planned) {
    const auto out = "run" + std::to_string(++runs);
    Outcome outcome{137, "", ""};
    while (outcome.code == 128 + SIGKILL && kills < planned && starts < 10 * planned) {
      outcome = ++starts % 3 == 0 ? die_at_a_moment(out) : die_at_a_point(out);
      kills += outcome.code == 128 + SIGKILL;
    }
    if (outcome.code == 128 + SIGKILL) outcome = call(arguments(out));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    expect_the_same(out);
    ASSERT_FALSE(HasFailure()) << "seed " << seed_ << ", run " << runs << " after " << kills << " kills";
  }
  std::cout << GetParam() << ": " << kills << " kills in " << starts << " starts of " << runs << " runs, seed " << seed_
            << "\n";
  EXPECT_GE(kills, planned) << "fewer kills than planned";
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const auto& strategy : strategies()) names.push_back(strategy.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(EveryStrategy, Chaos, ::testing::ValuesIn(strategy_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace evobrnn
