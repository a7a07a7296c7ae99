// SPDX-License-Identifier: Apache-2.0
#include "evolve/ask_tell.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "evolve/evolution.hpp"

namespace evobrnn {
namespace {

/// One candidate between the search, which waits in a thread for its result, and those who ask.
struct Out {
  const Candidate* candidate;
  bool asked = false;
  std::optional<TrialResult> result{};
};

/// Where both sides meet. `busy` counts the threads of the search that will ask for more, or end, by themselves: while
/// it is not zero there may be something to ask for soon.
struct Exchange {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Out*> out;
  int busy = 1;  // the strategy
  bool ended = false;
  std::atomic<bool> stop{false};

  /// The objective of the search: waits to be told.
  TrialResult evaluate(const Candidate& candidate) {
    std::unique_lock lock(mutex);
    Out here{&candidate};
    out.push_back(&here);
    --busy;
    changed.notify_all();
    changed.wait(lock, [&] { return here.result || stop; });
    if (!here.result) ++busy;  // else tell() counted this thread already
    std::erase(out, &here);
    return here.result ? *std::move(here.result) : ended_as(TrialStatus::cancelled, "the search was ended");
  }

  Out* find(const TrialKey& key) {
    for (auto* one : out) {
      if (one->asked && !one->result && one->candidate->key == key) return one;
    }
    return nullptr;
  }

  Out* next() {
    for (auto* one : out) {
      if (!one->asked) return one;
    }
    return nullptr;
  }
};

/// Runs every task of a batch in a thread of its own, which only waits: so all of a batch can be out at once.
class WaitingExecutor final : public Executor {
 public:
  explicit WaitingExecutor(Exchange& exchange) : Executor(1), exchange_(exchange) {}

  void run(std::vector<Task> tasks) override {
    constexpr std::size_t kMostAtOnce = 256;  // threads
    std::atomic<std::size_t> next{0};
    const auto threads = std::min(tasks.size(), kMostAtOnce);
    auto left = threads;
    {
      const std::lock_guard lock(exchange_.mutex);
      exchange_.busy += static_cast<int>(threads) - 1;  // the strategy waits for its batch
    }
    std::vector<std::jthread> waiting;
    for (std::size_t i = 0; i < threads; ++i) {
      waiting.emplace_back([&, worker = static_cast<int>(i)] {
        for (auto task = next++; task < tasks.size(); task = next++) tasks[task].work(worker);
        {
          const std::lock_guard lock(exchange_.mutex);
          if (--left > 0) --exchange_.busy;  // after the last one the strategy goes on in its place
        }
        exchange_.changed.notify_all();
      });
    }
  }

 private:
  Exchange& exchange_;
};

}  // namespace

struct AskTell::Implementation {
  Implementation(SearchPlan given, const std::filesystem::path& folder) : plan(std::move(given)), executor(exchange) {
    plan.objective = [this](const Candidate& candidate, const TrialHooks&) { return exchange.evaluate(candidate); };
    search = std::jthread([this, folder] { run(folder); });
    // What is wrong with plan or folder is the constructor's to tell.
    std::unique_lock lock(exchange.mutex);
    exchange.changed.wait(lock, [this] { return exchange.busy == 0 || !exchange.out.empty() || exchange.ended; });
    if (exchange.ended && failure) {
      lock.unlock();
      search.join();
      std::rethrow_exception(failure);
    }
  }

  ~Implementation() { end(); }

  void run(const std::filesystem::path& folder) {
    try {
      EvolutionOptions options;
      options.stop = &exchange.stop;
      result = evolve(plan, folder, executor, options);
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard lock(exchange.mutex);
      exchange.ended = true;
    }
    exchange.changed.notify_all();
  }

  /// Waits until there is something to ask for, or nothing can come without a tell().
  Out* wait_for_next(std::unique_lock<std::mutex>& lock) {
    exchange.changed.wait(lock, [this] { return exchange.next() || exchange.busy == 0 || exchange.ended; });
    if (exchange.ended && failure) std::rethrow_exception(failure);
    return exchange.next();
  }

  void end() {
    {
      const std::lock_guard lock(exchange.mutex);
      exchange.stop = true;
    }
    exchange.changed.notify_all();
    if (search.joinable()) search.join();
  }

  SearchPlan plan;
  Exchange exchange;
  WaitingExecutor executor;
  SearchOutcome result;
  std::exception_ptr failure;
  std::jthread search;
};

AskTell::AskTell(SearchPlan plan, const std::filesystem::path& folder)
    : implementation_(std::make_unique<Implementation>(std::move(plan), folder)) {}

AskTell::~AskTell() = default;

std::optional<Candidate> AskTell::ask() {
  auto& exchange = implementation_->exchange;
  std::unique_lock lock(exchange.mutex);
  auto* const next = implementation_->wait_for_next(lock);
  if (!next) return std::nullopt;
  next->asked = true;
  return *next->candidate;
}

void AskTell::tell(const Candidate& candidate, TrialResult result) {
  auto& exchange = implementation_->exchange;
  {
    const std::lock_guard lock(exchange.mutex);
    auto* const out = exchange.find(candidate.key);
    if (!out) throw std::invalid_argument("told of a candidate that is not out: " + candidate.key.genome);
    out->result = std::move(result);
    ++exchange.busy;  // its thread goes on
  }
  exchange.changed.notify_all();
}

bool AskTell::finished() {
  auto& exchange = implementation_->exchange;
  std::unique_lock lock(exchange.mutex);
  implementation_->wait_for_next(lock);
  return exchange.ended;
}

SearchOutcome AskTell::outcome() {
  implementation_->end();
  if (implementation_->failure) std::rethrow_exception(implementation_->failure);
  return implementation_->result;
}

}  // namespace evobrnn
