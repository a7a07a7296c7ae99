// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "view/json_line.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {

ComparisonView::ComparisonView(ViewKind kind, double flops, std::int64_t repetitions)
    : kind_(kind), flops_(flops), repetitions_(repetitions), live_(kind == ViewKind::automatic && live_terminal()) {}

ComparisonView::~ComparisonView() {
  if (live_) {
    put("\r\x1b[K");
    std::fflush(stdout);
  }
}

void ComparisonView::trained(double flops) {
  const std::lock_guard lock(mutex_);
  ++trainings_;
  done_ += flops;
  trained_ += flops;
  redraw();
}

void ComparisonView::finished(const std::string& arm, std::int64_t repeat, const std::string& result, double planned,
                              double trained) {
  const std::lock_guard lock(mutex_);
  ++finished_;
  done_ += planned - trained;
  if (kind_ == ViewKind::json) {
    const nlohmann::ordered_json event{{"event", "repetition"}, {"arm", arm},        {"repeat", repeat + 1},
                                       {"result", result},      {"done", finished_}, {"of", repetitions_}};
    put(json_line(event) + "\n");
  } else if (kind_ == ViewKind::automatic) {
    put(live_ ? "\r\x1b[K" : "");
    put(printable_line(fmt::format("{:<20} {:>3}: {}{}", arm, repeat + 1, result, live_ ? "" : "   (" + line() + ")")) +
        "\n");
  }
  std::fflush(stdout);
  redraw();
}

std::string ComparisonView::line() const {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  auto text = fmt::format("{} of {} repetitions, {:.0f} % of the operations", finished_, repetitions_,
                          100 * std::min(1.0, done_ / std::max(1.0, flops_)));
  if (trained_ > 0 && elapsed > 0)
    text += fmt::format(", {:.1f} trainings a minute, {} left", 60 * static_cast<double>(trainings_) / elapsed,
                        duration(std::max(0.0, flops_ - done_) * elapsed / trained_));
  return text;
}

void ComparisonView::redraw() {
  if (!live_) return;
  put("\r\x1b[K" + fit_to_terminal(line()));
  std::fflush(stdout);
}

}  // namespace evobrnn
