// SPDX-License-Identifier: Apache-2.0
#include "view/views.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "evolve/failure_policy.hpp"
#include "evolve/notice.hpp"
#include "view/json_line.hpp"
#include "view/terminal.hpp"

namespace evobrnn {
namespace {

/// A search's scores as text.
class ScoreTexts {
 public:
  explicit ScoreTexts(const ScoreMeaning& meaning) : meaning_(meaning) {}
  std::string operator()(const std::optional<double>& score) const {
    return score ? told_score(meaning_, *score) : "–";
  }

 private:
  ScoreMeaning meaning_;
};

std::string remaining_text(const SearchProgress& p) {
  return p.remaining_seconds ? "about " + duration(*p.remaining_seconds) + " left" : "estimating the time left";
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// What is to be said of a trial that went wrong, at least at first; else nothing.
std::string remark(const LedgerTrial& trial) {
  const auto& result = trial.result;
  const auto tried = attempts(result);
  const auto how = (trained_gentler(result) ? ", trained gentler" : "") +
                   (tried > 1 ? fmt::format(", attempt {}", tried) : std::string());
  if (result.status != TrialStatus::ok)
    return fmt::format("trial {}: {}: {}{}", trial.id, to_text(result.status), result.cause, how);
  return how.empty() ? "" : fmt::format("trial {}: ok{}", trial.id, how);
}

/// A line of what a search tells, in which texts of the candidates stand.
void say(const std::string& line) {
  put(printable_line(line) + "\n");
  std::fflush(stdout);
}

/// One line a generation.
class PlainView final : public SearchObserver {
 public:
  explicit PlainView(const ScoreMeaning& score) : text_(score) {}

  void trial_finished(const LedgerTrial& trial, const SearchProgress&) override {
    if (const auto line = remark(trial); !line.empty()) say(line);
  }
  void generation_finished(const SearchProgress& p) override {
    say(fmt::format(
        "generation {}/{}: {} trials, best {}, median {}; {} done, {} failed, {:.1f} a minute, {:.0f} % of the "
        "work, {}",
        p.generation, p.generations - 1, p.done, text_(p.best), text_(p.median), p.total_done, p.total_failed,
        p.trials_per_minute, 100 * p.share_done, remaining_text(p)));
  }
  void final_tests_started(const SearchProgress&) override {
    say("final tests: champion and what it is compared with, on fresh seeds");
  }

 private:
  const ScoreTexts text_;
};

/// A block of lines on a terminal, redrawn in place: at every event, and every second for the clock.
class LiveView final : public SearchObserver {
 public:
  explicit LiveView(const ScoreMeaning& score)
      : text_(score), clock_([this](const std::stop_token& stop) { tick(stop); }) {}
  ~LiveView() override {
    clock_.request_stop();
    clock_.join();
  }

  void trial_started(const LedgerTrial&, const SearchProgress& p) override { show(p); }
  void trial_finished(const LedgerTrial& trial, const SearchProgress& p) override {
    if (const auto line = remark(trial); !line.empty()) above(line);
    show(p);
  }
  void generation_finished(const SearchProgress& p) override {
    above(fmt::format("generation {:>3}: best {}, median {}, {} trials", p.generation, text_(p.best), text_(p.median),
                      p.done));
    show(p);
  }
  void final_tests_started(const SearchProgress& p) override {
    {
      const std::lock_guard lock(mutex_);
      final_ = true;
    }
    above("final tests: champion and what it is compared with, on fresh seeds");
    show(p);
  }

 private:
  void tick(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; }) && !stop.stop_requested())
      draw();
    erase();
    std::fflush(stdout);
  }

  void show(const SearchProgress& p) {
    const std::lock_guard lock(mutex_);
    progress_ = p;
    shown_at_ = std::chrono::steady_clock::now();
    draw();
  }

  /// A line that stays, above the block.
  void above(const std::string& line) {
    const std::lock_guard lock(mutex_);
    erase();
    put(printable_line(line) + "\n");
    draw();
  }

  void draw() {
    if (!shown_at_) return;
    erase();
    const auto& p = progress_;
    const double since = std::chrono::duration<double>(std::chrono::steady_clock::now() - *shown_at_).count();
    const auto where =
        final_ ? std::string("final tests") : fmt::format("generation {} of {}", p.generation, p.generations - 1);
    line(progress_line(p, since));
    line(fmt::format("{}: {} done, {} running of {}; {} failed in all", where, p.done, p.running, p.proposed,
                     p.total_failed));
    line(fmt::format("best {}, median {}; {:.1f} candidates a minute; {} so far", text_(p.best), text_(p.median),
                     p.trials_per_minute, duration(p.elapsed_seconds + since)));
    if (!p.best_genome.empty()) line("best: " + genome_line(p.best_genome));
    std::fflush(stdout);
  }

  /// Prints at most the terminal's width, so that erase() knows the number of lines.
  void line(const std::string& text) {
    put(fit_to_terminal(printable_line(text)) + "\n");
    ++lines_;
  }

  void erase() {
    for (; lines_ > 0; --lines_) put("\x1b[1A\x1b[2K");
  }

  const ScoreTexts text_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  SearchProgress progress_;
  std::optional<std::chrono::steady_clock::time_point> shown_at_;
  bool final_ = false;
  int lines_ = 0;
  const NoticeReceiver notices_{[this](const std::string& line) { above(line); }};  // would else stand inside the block
  std::jthread clock_;                                                              ///< last: it uses all others
};

class JsonView final : public SearchObserver {
 public:
  explicit JsonView(const ScoreMeaning& score) : score_(score) {}

  void trial_finished(const LedgerTrial& trial, const SearchProgress& p) override {
    auto event = describe("trial", p);
    event["id"] = trial.id;
    event["role"] = trial.key.role;
    event["trial_generation"] = trial.generation;
    event["genome"] = nlohmann::ordered_json::parse(trial.key.genome);
    event["status"] = to_text(trial.result.status);
    event["cause"] = trial.result.cause;
    if (trial.result.status == TrialStatus::ok) event["score"] = score_.told(trial.result.score);
    if (attempts(trial.result) > 1) event["attempts"] = attempts(trial.result);
    if (trained_gentler(trial.result)) event["gentler"] = true;
    event["wall_seconds"] = trial.result.cost.wall_seconds;
    say(json_line(event));
  }
  void generation_finished(const SearchProgress& p) override { say(json_line(describe("generation", p))); }
  void final_tests_started(const SearchProgress& p) override { say(json_line(describe("final_tests", p))); }

 private:
  nlohmann::ordered_json describe(const std::string& name, const SearchProgress& p) const {
    const auto optional = [](const std::optional<double>& v) {
      return v ? nlohmann::ordered_json(*v) : nlohmann::ordered_json();
    };
    const auto told = [&](const std::optional<double>& v) { return v ? optional(score_.told(*v)) : optional(v); };
    return {{"event", name},
            {"generation", p.generation},
            {"generations", p.generations},
            {"done", p.total_done},
            {"failed", p.total_failed},
            {"reused", p.total_reused},
            {"expected", p.total_expected},
            {"share_done", p.share_done},
            {"best", told(p.best)},
            {"median", told(p.median)},
            {"trials_per_minute", p.trials_per_minute},
            {"elapsed_seconds", p.elapsed_seconds},
            {"remaining_seconds", optional(p.remaining_seconds)}};
  }

  const ScoreMeaning score_;
};

}  // namespace

std::unique_ptr<SearchObserver> make_view(ViewKind kind, const ScoreMeaning& score) {
  if (kind == ViewKind::quiet) return std::make_unique<SearchObserver>();
  if (kind == ViewKind::json) return std::make_unique<JsonView>(score);
  if (live_terminal()) return std::make_unique<LiveView>(score);
  return std::make_unique<PlainView>(score);
}

std::string progress_line(const SearchProgress& progress, double since) {
  constexpr int kBar = 30;
  auto now = progress;
  if (now.remaining_seconds) {
    // Between two events the bar goes on with the time.
    const double before = *now.remaining_seconds;
    now.remaining_seconds = std::max(0.0, before - since);
    if (before > 0) now.share_done += (1 - now.share_done) * std::min(1.0, since / before);
  }
  const double share = std::clamp(now.share_done, 0.0, 1.0);
  const auto filled = static_cast<int>(std::floor(kBar * share));
  return fmt::format("[{}{}] {:.0f} % of the work, {} of at most {} trials, {}", repeat("█", filled),
                     repeat("░", kBar - filled), std::floor(100 * share), now.total_done, now.total_expected,
                     remaining_text(now));
}

std::string told_score(const ScoreMeaning& meaning, double score) {
  return meaning.kind ? score_text(*meaning.kind, score) : fmt::format("{:.4g}", meaning.told(score));
}

bool live_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && kind && *kind && std::string_view(kind) != "dumb";
}

std::string fit_to_terminal(const std::string& text) {
  winsize size{};
  const std::size_t columns = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  std::size_t bytes = 0, shown = 0;
  while (bytes < text.size() && shown < columns) {
    ++bytes;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80)
      ++bytes;  // the rest of a UTF-8 character
    ++shown;
  }
  return text.substr(0, bytes);
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string genome_line(const std::string& genome) {
  std::vector<std::string> parts;
  const auto object = nlohmann::ordered_json::parse(genome);
  for (const auto& [path, value] : object.items()) {
    const auto text = value.is_number_float() ? fmt::format("{:.4g}", value.get<double>())
                      : value.is_string()     ? value.get<std::string>()
                                              : value.dump();
    parts.push_back(path + " = " + text);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace evobrnn
