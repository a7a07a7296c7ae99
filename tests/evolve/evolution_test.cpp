// SPDX-License-Identifier: Apache-2.0
#include "evolve/evolution.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evolve/atomic_file.hpp"
#include "evolve/comparison/searches.hpp"
#include "evolve/ledger_reader.hpp"
#include "evolve/run_lock.hpp"
#include "tests/evolve/fake_search.hpp"

extern char** environ;

namespace evobrnn {
namespace {

using testing::fake_plan;
using ::testing::HasSubstr;
using testing::ScratchFolder;

/// Runs kill_me; its status as waitpid() gives it.
int run_program(const std::filesystem::path& folder, const std::string& kill_at) {
  std::string program = EVOBRNN_KILL_ME, path = folder.string(), count = kill_at;
  std::array<char*, 4> arguments{program.data(), path.data(), count.data(), nullptr};
  pid_t process = 0;
  EXPECT_EQ(posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments.data(), environ), 0);
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return status;
}

TEST(Evolution, KilledThreeTimesInTenThousandTrialsEndsWithTheSameLedger) {
  const ScratchFolder scratch;
  EXPECT_EQ(run_program(scratch / "whole", "0"), 0);
  std::size_t before = 0;
  for (const auto* kill_at : {"1234", "4321", "2500"}) {
    const int status = run_program(scratch / "killed", kill_at);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const auto done = Ledger(scratch / "killed/ledger.sqlite").trials().size();
    EXPECT_GT(done, before + 1000);  // what was done before is not done again
    before = done;
  }
  EXPECT_EQ(run_program(scratch / "killed", "0"), 0);
  const Ledger whole(scratch / "whole/ledger.sqlite"), killed(scratch / "killed/ledger.sqlite");
  EXPECT_GE(whole.trials().size(), 9900U + 10U);
  EXPECT_THAT(differences(whole, killed), ::testing::IsEmpty());
}

SearchPlan small_plan() {
  const SearchSpace space({real_gene("x", -1, 1), categorical_gene("kind", {std::string("a"), std::string("b")})});
  auto plan = maximising(space, [](const Values& genes, std::uint64_t) {
    return (genes.text("kind") == "b" ? 1 : 0) - genes.number("x") * genes.number("x");
  });
  plan.settings.population = 10;
  plan.settings.generations = 6;
  plan.settings.final_seeds = 2;
  return plan;
}

TEST(Evolution, FindsTheMaximumOfAFunctionAndTestsItWithoutADefault) {
  const ScratchFolder scratch;
  const auto outcome = evolve(small_plan(), scratch / "run");
  ASSERT_TRUE(outcome.complete);
  EXPECT_GT(outcome.champion->result.score, 0.95);
  ASSERT_EQ(outcome.finals.size(), 2U);  // champion and best of generation 0
  EXPECT_EQ(outcome.finals[1].role, "generation0");
}

TEST(Evolution, ACallOnTheSameFolderEvaluatesNothingAgain) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  const auto before = evolve(plan, scratch / "run");
  plan.objective = [](const Candidate&, const TrialHooks&) -> TrialResult { throw std::runtime_error("evaluated"); };
  const auto after = evolve(plan, scratch / "run");
  EXPECT_TRUE(differences(*before.champion, *after.champion).empty());
  EXPECT_EQ(after.progress.total_reused, after.progress.total_done);
}

std::string refusal(const SearchPlan& plan, const std::filesystem::path& folder) {
  try {
    evolve(plan, folder);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Evolution, AnotherSearchInTheFolderIsRefusedWithWhatDiffers) {
  const ScratchFolder scratch;
  evolve(small_plan(), scratch / "run");
  auto other = small_plan();
  other.settings.seed = 2;
  EXPECT_THAT(refusal(other, scratch / "run"), HasSubstr("here: seed = 2"));
  other = small_plan();
  other.space = SearchSpace({real_gene("x", -1, 2), other.space.genes()[1]});
  EXPECT_THAT(refusal(other, scratch / "run"), HasSubstr("there: x = { low = -1.0, high = 1.0 }"));
  other = small_plan();
  other.settings.generations = 3;  // fewer than there are
  EXPECT_THAT(refusal(other, scratch / "run"), HasSubstr("generations"));
  other = small_plan();
  other.settings.workers = 1;  // changes no result
  EXPECT_EQ(refusal(other, scratch / "run"), "");
}

TEST(Evolution, MoreGenerationsGoOnAsIfTheyHadBeenAskedForAtOnce) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  plan.settings.generations = 3;
  evolve(plan, scratch / "run");
  plan.settings.generations = 6;
  const auto longer = evolve(plan, scratch / "run"), whole = evolve(plan, scratch / "whole");
  EXPECT_TRUE(differences(*longer.champion, *whole.champion).empty());
  const Ledger left(scratch / "run/ledger.sqlite"), right(scratch / "whole/ledger.sqlite");
  EXPECT_THAT(differences(left, right), ::testing::IsEmpty());
}

TEST(Evolution, AnotherVersionOfTheObjectiveIsRefused) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  plan.version = "1";
  evolve(plan, scratch / "run");
  EXPECT_EQ(refusal(plan, scratch / "run"), "");
  plan.version = "2";
  const auto refused = refusal(plan, scratch / "run");
  EXPECT_THAT(refused, HasSubstr("there: version = \"1\""));
  EXPECT_THAT(refused, HasSubstr("here: version = \"2\""));
  EXPECT_THAT(refused, HasSubstr("in another folder. A version names the objective"));
  plan.version.clear();
  EXPECT_THAT(refusal(plan, scratch / "run"), HasSubstr("there: version = \"1\""));
}

/// The curves of a search whose objective tells progress so often, and of itself gives `own`.
std::vector<CurvePoint> curve_after(int calls, const std::vector<CurvePoint>& own = {}) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  plan.settings.final_seeds = 0;
  plan.settings.generations = 1;
  plan.settings.population = 2;
  plan.settings.strategy = "random";
  plan.objective = [&](const Candidate&, const TrialHooks& hooks) {
    for (int step = 1; step <= calls; ++step) hooks.progress(step, calls, 1.0 / step);
    auto result = scored(1);
    result.curve = own;
    return result;
  };
  evolve(plan, scratch / "run");
  const auto trials = Ledger(scratch / "run/ledger.sqlite", Ledger::Access::read).trials();
  EXPECT_TRUE(differences(trials.at(0), trials.at(0)).empty());
  return trials.at(0).result.curve;
}

TEST(Evolution, ProgressThatIsToldIsTheCurve) {
  const auto curve = curve_after(3);
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[1].step, 2);
  EXPECT_EQ(curve[1].train_loss, 0.5);
  EXPECT_TRUE(std::isnan(curve[1].validation_score));
  EXPECT_TRUE(curve_after(0).empty());
  const auto own = curve_after(3, {{7, 70, 0.1, 0.2, 0.3}});
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].step, 7) << "what the objective gives itself stands";
}

TEST(Evolution, OfMuchProgressTheCurveKeepsEvenlySpacedPointsAndTheLast) {
  const auto curve = curve_after(10000);
  EXPECT_GT(curve.size(), 500U);
  EXPECT_LE(curve.size(), 1000U);
  EXPECT_EQ(curve.front().step, 1);
  EXPECT_EQ(curve.back().step, 10000);
  for (std::size_t i = 2; i + 1 < curve.size(); ++i)
    ASSERT_EQ(curve[i].step - curve[i - 1].step, curve[1].step - curve[0].step);
}

TEST(Evolution, ASearchWithoutAResultSaysWhy) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  int calls = 0;
  plan.settings.workers = 1;
  plan.objective = [&](const Candidate&, const TrialHooks&) -> TrialResult {
    if (++calls % 5 == 0) throw std::bad_alloc();
    throw std::runtime_error("no file number " + std::to_string(calls));
  };
  const auto outcome = evolve(plan, scratch / "run");
  EXPECT_FALSE(outcome.champion);
  const auto all = outcome.progress.total_done, few = all / 5;
  EXPECT_EQ(outcome.failure,
            fmt::format("all {} trials failed: {} out_of_memory, {} crashed. The commonest cause, of {}: "
                        "exception: no file number 1",
                        all, few, all - few, all - few));
  EXPECT_EQ(evolve(small_plan(), scratch / "fine").failure, "");
}

TEST(Values, AGeneOfAnotherKindIsToldByNameWithTheCallToUse) {
  const SearchSpace space(
      {real_gene("x", -1, 1), integer_gene("k", 1, 9), categorical_gene("kind", {std::string("a"), std::string("b")}),
       categorical_gene("on", {true, false}), categorical_gene("size", {std::int64_t{8}, std::int64_t{16}})});
  const Values values(space, {0.25, std::int64_t{3}, std::string("b"), true, std::int64_t{16}});
  EXPECT_EQ(values.number("k"), 3);
  EXPECT_EQ(values.integer("size"), 16);
  EXPECT_EQ(values.text("x"), "0.25");
  const auto refusal = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal([&] { values.integer("x"); }),
            "Values::integer(\"x\"): the gene x is real, here with the value 0.25; call number(\"x\")");
  EXPECT_EQ(refusal([&] { values.number("kind"); }),
            "Values::number(\"kind\"): the gene kind is categorical, here with the value b; call text(\"kind\")");
  EXPECT_THAT(refusal([&] { values.integer("on"); }), HasSubstr("call text(\"on\")"));
  EXPECT_THROW(values.number("y"), std::out_of_range);
}

/// What is minimised is told as the user knows it, wherever it is read; the ledger keeps which way it goes.
TEST(Evolution, AMinimisedScoreIsToldAsTheUserKnowsIt) {
  const ScratchFolder scratch;
  const auto square = [](const Values& genes, std::uint64_t) { return 1 + genes.number("x") * genes.number("x"); };
  auto plan = minimising(SearchSpace({real_gene("x", -1, 1)}), square);
  plan.settings = small_plan().settings;
  const auto outcome = evolve(plan, scratch / "run");
  const LedgerReader reader(scratch / "run/ledger.sqlite");
  const auto meaning = reader.score();
  ASSERT_TRUE(meaning);
  EXPECT_TRUE(meaning->minimised);
  double smallest = 1e9;
  for (const auto& trial : reader.trials()) smallest = std::min(smallest, meaning->told(trial.result.score));
  EXPECT_GE(smallest, 1);
  EXPECT_EQ(meaning->told(outcome.champion->result.score), smallest);
  EXPECT_EQ(nlohmann::json::parse(read_whole(scratch / "run/champion.json")).at("score"), smallest);
  auto other = maximising(SearchSpace({real_gene("x", -1, 1)}), square);
  other.settings = plan.settings;
  EXPECT_THAT(refusal(other, scratch / "run"), HasSubstr("there: scores are minimised"));
  evolve(other, scratch / "other");
  EXPECT_EQ(LedgerReader(scratch / "other/ledger.sqlite").score(), ScoreMeaning{});
}

TEST(Evolution, AFolderInUseIsRefused) {
  const ScratchFolder scratch;
  std::filesystem::create_directories(scratch / "run");
  const RunLock lock(scratch / "run");
  EXPECT_THAT(refusal(small_plan(), scratch / "run"), HasSubstr("is in use"));
}

TEST(Evolution, APlanThatContradictsItselfIsRefusedBeforeAFolderIsMade) {
  const ScratchFolder scratch;
  auto plan = small_plan();
  plan.settings.population = 0;
  plan.settings.strategy = "hillclimb";
  try {
    evolve(plan, scratch / "run");
    FAIL();
  } catch (const SettingsError& error) {
    EXPECT_EQ(error.diagnostics().size(), 2U);
    EXPECT_THAT(error.what(), HasSubstr("known: ga, gaco"));
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "run"));
}

TEST(Evolution, StopsAndIsToldToTheObjectiveAndToObservers) {
  struct Watch final : SearchObserver {
    std::int64_t finished = 0;
    void trial_finished(const LedgerTrial&, const SearchProgress&) override { ++finished; }
  };
  const ScratchFolder scratch;
  auto plan = fake_plan("random");
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0}, told{0};
  plan.objective = [&](const Candidate&, const TrialHooks& hooks) {
    if (++calls == 5) stop = true;
    if (!hooks.should_stop()) return scored(1);
    ++told;
    return ended_as(TrialStatus::cancelled, "");
  };
  Watch watch;
  const auto outcome = evolve(plan, scratch / "run", {&watch, &stop});
  EXPECT_FALSE(outcome.complete);
  EXPECT_GE(told, 1);
  EXPECT_EQ(watch.finished, static_cast<std::int64_t>(Ledger(scratch / "run/ledger.sqlite").trials().size()));
}

TEST(Evolution, ProgressOfTrialsReachesObserversThatWantIt) {
  struct Watch final : SearchObserver {
    bool wanted = true;
    std::vector<double> losses;
    bool wants_progress() const override { return wanted; }
    void trial_progress(const LedgerTrial& trial, std::int64_t step, std::int64_t steps, double loss) override {
      if (trial.id == 1) losses.push_back(static_cast<double>(step) / static_cast<double>(steps) + loss);
    }
  };
  const ScratchFolder scratch;
  auto plan = small_plan();
  plan.objective = [](const Candidate&, const TrialHooks& hooks) {
    for (std::int64_t step = 1; step <= 4 && hooks.progress; ++step) hooks.progress(step, 4, 1);
    return scored(0);
  };
  Watch watch, blind;
  blind.wanted = false;
  evolve(plan, scratch / "run", {&watch});
  EXPECT_EQ(watch.losses, (std::vector<double>{1.25, 1.5, 1.75, 2}));
  evolve(plan, scratch / "other", {&blind});
  EXPECT_TRUE(blind.losses.empty());
}

/// A noisy objective on which one arm searches where the best is, and the other one does not.
TEST(CompareSearches, TellsTheBetterSpaceAndGoesOnWhereItWasStopped) {
  const ScratchFolder scratch;
  std::atomic<int> calls{0};
  const auto arm = [&](const std::string& name, double low) {
    auto plan = maximising(SearchSpace({real_gene("x", low, 2)}), [&calls](const Values& genes, std::uint64_t seed) {
      ++calls;
      return -genes.number("x") * genes.number("x") + 1e-4 * static_cast<double>(seed % 100);
    });
    plan.settings.population = 6;
    plan.settings.generations = 3;
    return SearchArm{name, "from " + std::to_string(low), std::move(plan)};
  };
  const std::vector<SearchArm> arms{arm("near", -1), arm("far", 1)};
  ComparisonSettings settings;
  settings.repeats = 8;
  settings.finer_steps = false;
  const auto comparison = compare_searches(arms, settings, ScoreKind::mse, 5, scratch / "runs");
  ASSERT_TRUE(comparison);
  ASSERT_EQ(comparison->pairs.size(), 1U);
  EXPECT_EQ(comparison->pairs[0].verdict, Verdict::better);
  EXPECT_EQ(comparison->summaries[0].search.trainings, 8 * (6 + 5 + 5));
  const int first = calls.exchange(0);
  EXPECT_GT(first, 2 * 8 * (6 + 5 + 5));
  compare_searches(arms, settings, ScoreKind::mse, 5, scratch / "runs");
  EXPECT_EQ(calls, 0);  // all of it was there
  std::atomic<bool> stop{true};
  EXPECT_FALSE(compare_searches(arms, settings, ScoreKind::mse, 6, scratch / "other", {nullptr, &stop}));
}

TEST(CompareSearches, RefusesWhatCannotBeCompared) {
  auto plan = small_plan();
  plan.settings.final_seeds = 0;
  try {
    compare_searches({{"a b", "", plan}}, {}, ScoreKind::accuracy, 1, "nowhere");
    FAIL();
  } catch (const SettingsError& error) {
    EXPECT_THAT(error.what(), HasSubstr("at least two"));
    EXPECT_THAT(error.what(), HasSubstr("letters, digits"));
    EXPECT_THAT(error.what(), HasSubstr("final.seeds"));
  }
}

TEST(Values, AnUnknownNameNamesTheKnownOnes) {
  const SearchSpace space({real_gene("rate", 0, 1)});
  const Genome genome{0.5};
  EXPECT_EQ(Values(space, genome).number("rate"), 0.5);
  try {
    Values(space, genome).number("rat");
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean rate?"));
  }
}

}  // namespace
}  // namespace evobrnn
