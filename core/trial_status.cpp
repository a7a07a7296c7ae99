// SPDX-License-Identifier: Apache-2.0
/// Texts of what a trial ends with. Free of LibTorch, for the ledger and the views.
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "core/data_facts.hpp"
#include "core/trial.hpp"
#include "core/utf8.hpp"

namespace evobrnn {
namespace {

constexpr std::array<std::pair<TrialStatus, const char*>, 10> kStatusNames = {
    {{TrialStatus::ok, "ok"},
     {TrialStatus::diverged, "diverged"},
     {TrialStatus::nan_input, "nan_input"},
     {TrialStatus::timeout, "timeout"},
     {TrialStatus::out_of_memory, "out_of_memory"},
     {TrialStatus::crashed, "crashed"},
     {TrialStatus::cancelled, "cancelled"},
     {TrialStatus::lost, "lost"},
     {TrialStatus::invalid, "invalid"},
     {TrialStatus::failed, "failed"}}};

}  // namespace

std::string to_text(TrialStatus status) {
  for (const auto& [known, name] : kStatusNames) {
    if (known == status) return name;
  }
  return "failed";
}

TrialStatus trial_status_from_text(const std::string& text) {
  for (const auto& [status, name] : kStatusNames) {
    if (text == name) return status;
  }
  throw std::invalid_argument("no trial status named " + text);
}

TrialResult ended_as(TrialStatus status, std::string cause) {
  TrialResult result;
  result.status = status;
  result.cause = as_utf8(cause);  // it may name a file, and is stored and shown as text
  return result;
}

TrialResult scored(double score, std::map<std::string, double> metrics) {
  TrialResult result;
  result.status = TrialStatus::ok;
  result.score = score;
  result.metrics = std::move(metrics);
  return result;
}

std::string to_text(ScoreKind kind) { return kind == ScoreKind::accuracy ? "accuracy" : "mean squared error"; }

std::optional<TestSamples> test_samples(const TrialResult& result) {
  const auto used = result.metrics.find("test_samples"), of = result.metrics.find("test_samples_of");
  if (used == result.metrics.end() || of == result.metrics.end()) return std::nullopt;
  return TestSamples{static_cast<std::int64_t>(used->second), static_cast<std::int64_t>(of->second)};
}

std::string to_text(const TestSamples& samples) {
  return samples.all() ? fmt::format("{} test samples", samples.used)
                       : fmt::format("{} of {} test samples", samples.used, samples.of);
}

std::string score_text(ScoreKind kind, double score) {
  return kind == ScoreKind::accuracy ? fmt::format("{:.1f} %", 100 * score) : fmt::format("{:.4g}", -score);
}

}  // namespace evobrnn
