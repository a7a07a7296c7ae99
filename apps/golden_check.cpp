// SPDX-License-Identifier: Apache-2.0
/// Checks the models against worked cases: one line a case, then a summary.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/signals.hpp"
#include "core/golden.hpp"
#include "core/threads.hpp"

namespace {

int check(const std::string& file, bool strict) {
  using Kind = evobrnn::GoldenOutcome::Kind;
  int passed = 0, failed = 0, skipped = 0;
  for (const auto& outcome : evobrnn::check_golden(file)) {
    if (outcome.kind == Kind::skipped) fmt::print("{}  {}\n", outcome.name, outcome.verdict);
    else fmt::print("{}  {:.1e}  {}\n", outcome.name, outcome.error, outcome.verdict);
    ++(outcome.kind == Kind::passed ? passed : outcome.kind == Kind::failed ? failed : skipped);
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return failed > 0 || (strict && skipped > 0) ? evobrnn::kExitFailure : evobrnn::kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  evobrnn::configure_process_threads();
  CLI::App app("Checks the models against the worked cases of a JSON file (format golden/1), in float64 and float32.");
  std::string file;
  bool strict = false;
  app.add_option("FILE", file, "Worked cases")->required()->type_name("");
  app.add_flag("--strict", strict, "A case that is skipped counts as failed");
  try {
    app.parse(argc, argv);
    return check(file, strict);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? evobrnn::kExitOk : evobrnn::kExitUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evobrnn::kExitUsage;
  }
}
