// SPDX-License-Identifier: Apache-2.0
/// The way into the search for programs of your own: any function of a genome and a seed as the objective, with all
/// that networks get: parallel evaluation, a ledger on the disk, resume, limits, failure policies, final tests.
///
///     const SearchSpace space({real_gene("x", -5, 5), integer_gene("k", 1, 9)});
///     auto plan = maximising(space, [](const Values& genes, std::uint64_t seed) { return -genes.number("x"); });
///     const auto outcome = evolve(plan, "runs/mine");
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "evolve/search.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A genome by the names of its genes.
class Values {
 public:
  /// The space has to outlive it.
  Values(const SearchSpace& space, Genome genome) : space_(space), genome_(std::move(genome)) {}
  Values(SearchSpace&& space, Genome genome) = delete;

  /// Of a gene whose value is a number, a real, an integer or a choice of numbers. All throw std::out_of_range for an
  /// unknown name, with the known ones, and std::invalid_argument, with what to call, for a gene of another kind.
  double number(const std::string& name) const;
  /// Of a gene whose value is an integer.
  std::int64_t integer(const std::string& name) const;
  /// Of any gene, as text: "relu", "true", "0.5".
  std::string text(const std::string& name) const { return to_text(space_.value(genome_, name)); }

 private:
  const SearchSpace& space_;
  Genome genome_;
};

/// An objective's value for a genome; what it draws at random has to derive from the seed. Called from worker threads,
/// several at once. An exception makes the trial one that failed, with its message as cause; so does NaN.
using Function = std::function<double(const Values& genes, std::uint64_t seed)>;

/// A plan with default settings whose score is the function's value, or its negative; plan.score tells it as the value.
/// Its final tests have no row for settings without genes. For metrics, costs, progress and cancellation write an
/// Objective instead.
SearchPlan maximising(SearchSpace space, Function function);
SearchPlan minimising(SearchSpace space, Function function);  ///< as maximising()

/// How a search is run, besides what it searches; changes no result.
struct EvolutionOptions {
  SearchObserver* observer = nullptr;          ///< told of every trial; none where null
  const std::atomic<bool>* stop = nullptr;     ///< once true no trial starts and those under way are cancelled
  std::function<void()> on_thread_start = {};  ///< runs on each worker thread before its first trial
};

/// Runs the plan in `folder`, which is made where it is missing: `experiment.toml`, settings and genes as they are,
/// `ledger.sqlite`, and at the end `champion.json`; `evobrnn status`, `export`, `report`, `verify` and `diff` read it.
/// Called again on the same folder, after whatever ended the process, it goes on to the same end: what the ledger knows
/// is not evaluated again. One process at a time; workers as settings.workers says.
///
/// More generations than before are a way to go on with a finished search; settings that change no result may change
/// freely. A changed objective cannot be seen: name each in plan.version, and another one is refused. Throws
/// SettingsError for a plan that contradicts itself, UsageError where the folder is in use or holds another search
/// (with what differs), StorageError where the disk gives way, RunAborted where failures.… = "abort".
SearchOutcome evolve(const SearchPlan& plan, const std::filesystem::path& folder, const EvolutionOptions& options = {});

/// The same with an executor of one's own: `settings.workers` is not read.
SearchOutcome evolve(const SearchPlan& plan, const std::filesystem::path& folder, Executor& executor,
                     const EvolutionOptions& options = {});

/// Every mistake in the plan's settings; empty: none.
std::vector<Diagnostic> mistakes_of(const SearchPlan& plan);

}  // namespace evobrnn
