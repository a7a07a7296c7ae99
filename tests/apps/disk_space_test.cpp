// SPDX-License-Identifier: Apache-2.0
#include "apps/disk_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apps/run_folder.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using testing_support::ScratchFolder;

Experiment fixture(const std::string& generations) {
  ExperimentSource source;
  source.file = fs::path(EVOBRNN_FIXTURES) / "version1.toml";
  source.overrides = {"search.generations=" + generations};
  return load_experiment(source);
}

TEST(DiskSpace, TheEstimateOfATrialIsAboveARealRowAndNotFarAbove) {
  const ScratchFolder folder;
  fs::copy_file(fs::path(EVOBRNN_FIXTURES) / "version1.sqlite", folder / "old");
  const auto real = Ledger(folder / "old", Ledger::Access::read).trials();
  constexpr int kCopies = 300;
  {
    Ledger ledger(folder / "many");
    const auto ok =
        std::find_if(real.begin(), real.end(), [](const LedgerTrial& t) { return t.result.status == TrialStatus::ok; });
    for (int i = 0; i < kCopies; ++i) {
      auto trial = *ok;
      trial.id = trial.key.repeat = i + 1;
      trial.content = std::string(64, 'x');
      ledger.store(trial);
    }
  }
  const auto bytes = static_cast<double>(fs::file_size(folder / "many")) / kCopies;
  TaskShape shape;
  shape.steps = 784;
  shape.train = 100;
  const auto population = static_cast<double>(fixture("1").search.population);
  const auto estimate = (needed_bytes(fixture("1001"), shape) - needed_bytes(fixture("1"), shape)) / 1000 / population;
  EXPECT_GT(estimate, bytes);
  EXPECT_LT(estimate, 4 * bytes);
}

TEST(DiskSpace, TooLittleIsToldWithBothNumbersAndWhatIsThereCounts) {
  const ScratchFolder folder;
  const auto available = static_cast<double>(fs::space(folder.path()).available);
  EXPECT_NO_THROW(check_room(folder / "run", available / 2));
  try {
    check_room(folder / "run", 2 * available + 1e15);
    ADD_FAILURE() << "there is not that much";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), ::testing::ContainsRegex("may need [0-9.e+]+ PB .* has [0-9.]+ [kMGTP]?B free"));
  }
}

}  // namespace
}  // namespace evobrnn
