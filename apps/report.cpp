// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/comparison_run.hpp"
#include "apps/report_server.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_report.hpp"
#include "apps/signals.hpp"
#include "evolve/ledger_reader.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path run, out;
  bool serve = false;
  int port = 0;
};

/// Read-only, and for this machine alone.
int serve(const Options& options) {
  const LedgerReader reader(require_ledger(options.run));
  ReportServer server({[&] { return run_report_page(options.run); }, [&] { return run_report_json(options.run); },
                       [&] { return reader.version(); }},
                      options.port);
  fmt::print("http://127.0.0.1:{}/ follows {}; Ctrl-C ends it\n", server.port(), options.run.string());
  std::fflush(stdout);
  server.serve([] { return stop_requested().load(); });
  return stop_exit_code();
}

int report(const Options& options) {
  if (fs::exists(options.run / kComparisonFile))
    throw UsageError(fmt::format("{} is a comparison: its page is {}, and each repetition in {}/ is a run",
                                 options.run.string(), (options.run / "comparison.html").string(), kArmsFolder));
  const auto page = run_report_page(options.run);  // whatever is wrong with the run shows before a server starts
  if (options.serve) return serve(options);
  const auto file = options.out.empty() ? options.run / "report.html" : options.out;
  if (options.out.empty()) write_atomically(file, page);
  else OutputFile(file).write(page);
  fmt::print("{}: {:.1f} MB; opens in a browser, without a network\n", file.string(),
             1e-6 * static_cast<double>(page.size()));
  return kExitOk;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("report", "Makes one page of a search, or serves it while it runs");
  const auto options = std::make_shared<Options>();
  command->add_option("RUN", options->run, "Folder of a run")->required()->type_name("DIR");
  auto* out = command->add_option("--out", options->out, "The page; default: RUN/report.html")->type_name("FILE");
  auto* serve = command->add_flag("--serve", options->serve, "Serves the page on 127.0.0.1, newer with every trial")
                    ->excludes(out);
  command->add_option("--port", options->port, "Port; default: one that is free")
      ->check(CLI::Range(1, 65535))
      ->needs(serve);
  command->footer(
      "Scores by generation, genomes, importance of genes, learning curves, the champion's ancestors, failures, the\n"
      "workers' time line, the champion's examination (after `evobrnn examine RUN`), settings and provenance.\n\n"
      "Examples:\n  evobrnn report runs/mnist\n  evobrnn report runs/mnist --serve --port 8080");
  command->callback([options, &exit_code] { exit_code = report(*options); });
}

}  // namespace evobrnn
