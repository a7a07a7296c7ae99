// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <httplib.h>

#include "apps/commands.hpp"
#include "apps/comparison_run.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_report.hpp"
#include "apps/signals.hpp"
#include "evolve/ledger_reader.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kPoll = 1;  // seconds between two looks at the ledger

struct Options {
  fs::path run, out;
  bool serve = false;
  int port = 0;
};

/// Tells every change of the ledger as a server-sent event, until the reader leaves or a signal comes.
void send_changes(const fs::path& run, httplib::Response& response) {
  const auto reader = std::make_shared<LedgerReader>(require_ledger(run));
  const auto seen = std::make_shared<std::int64_t>(reader->version());
  response.set_chunked_content_provider("text/event-stream", [reader, seen](std::size_t, httplib::DataSink& sink) {
    wait_seconds(kPoll);
    if (stop_requested()) return false;
    const auto version = reader->version();
    const std::string text = version == *seen ? ": nothing new\n\n" : "data: changed\n\n";
    *seen = version;
    return sink.write(text.data(), text.size());
  });
}

/// Read-only, and for this machine alone.
int serve(const Options& options) {
  httplib::Server server;
  server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(run_report_page(options.run), "text/html; charset=utf-8");
  });
  server.Get("/data.json", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(run_report_json(options.run), "application/json");
  });
  server.Get("/events",
             [&](const httplib::Request&, httplib::Response& response) { send_changes(options.run, response); });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr& thrown) {
        response.status = 500;
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
          response.set_content(error.what(), "text/plain");
        }
      });
  const std::string host = "127.0.0.1";
  const int port =
      options.port > 0 ? (server.bind_to_port(host, options.port) ? options.port : -1) : server.bind_to_any_port(host);
  if (port < 0) throw UsageError(fmt::format("port {} of {} is taken; choose another: --port N", options.port, host));
  fmt::print("http://{}:{}/ follows {}; Ctrl-C ends it\n", host, port, options.run.string());
  std::fflush(stdout);
  std::thread watch([&server] {
    while (!stop_requested()) wait_seconds(kPoll);
    server.stop();
  });
  server.listen_after_bind();
  watch.join();
  return stop_exit_code();
}

int report(const Options& options) {
  if (fs::exists(options.run / kComparisonFile))
    throw UsageError(fmt::format("{} is a comparison: its page is {}, and each repetition in {}/ is a run",
                                 options.run.string(), (options.run / "comparison.html").string(), kArmsFolder));
  const auto page = run_report_page(options.run);  // whatever is wrong with the run shows before a server starts
  if (options.serve) return serve(options);
  const auto file = options.out.empty() ? options.run / "report.html" : options.out;
  write_atomically(file, page);
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
