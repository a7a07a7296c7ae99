// SPDX-License-Identifier: Apache-2.0
#include "evolve/search_settings.hpp"

#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

using Table = SettingsTable<SearchSettings>;

constexpr double kLargestCount = 1e9;

Setting describe(const std::string& path, const std::string& doc, double low = -1e308, double high = 1e308) {
  Setting setting;
  setting.path = path;
  setting.doc = doc;
  setting.low = low;
  setting.high = high;
  return setting;
}

/// A run may go on with another value.
Setting without_influence(Setting setting) {
  setting.changes_no_result = true;
  return setting;
}

/// A setting of one strategy alone.
Setting of(const std::string& strategy, Setting setting) {
  setting.conditions.push_back({"search.strategy", {strategy}});
  return setting;
}

template <class Member>
void add(Table& table, Setting setting, Member member) {
  table.push_back(bind_setting<SearchSettings>(std::move(setting), member));
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const auto& entry : strategies()) names.push_back(entry.name);
  return names;
}

#define FIELD(member) \
  [](SearchSettings & s) -> auto& { return s.member; }

void add_finals(Table& t) {
  add(t,
      describe("final.baselines",
               "Whether the best of generation 0 and the default settings are trained and tested beside the champion."),
      FIELD(finals.baselines));
  add(t,
      describe("final.seed",
               "Seed of the final trainings; searches that share it test on the same initial weights and orders of "
               "samples, as far as their networks are of the same shape. 0: they derive from seed and genome.",
               0, 9e18),
      FIELD(finals.seed));
  add(t,
      describe("final.flops",
               "Floating-point operations of training for search and final trainings together: what the search leaves "
               "is spent on the final trainings, which become as long as that takes. Needs final.baselines = false. "
               "0: they are as long as final.samples says.",
               0, 1e30),
      FIELD(finals.flops));
  auto trained =
      describe("final.trained",
               "Hyperparameters that gradients set in the final trainings too, from the champion's values on, where "
               "the search itself held them fixed: as model.trained. Empty: as in the search.");
  trained.choices = {"A", "A_E", "A_I", "dt"};
  add(t, trained, FIELD(finals.trained));
  add(t,
      describe("final.finer_steps",
               "Also tests each final network with half and a quarter of its time step, every input repeated to match: "
               "does its accuracy depend on the step? Models with a time step of their own only."),
      FIELD(finals.finer_steps));
}

void add_run(Table& t) {
  add(t, without_influence(describe("name", "Name of the run, and of its folder under runs/.")), FIELD(name));
  add(t, describe("seed", "Seed of the run: with the same settings and seed every result has the same bits.", 0, 9e18),
      FIELD(seed));
  auto strategy = describe("search.strategy", "How candidates are proposed; `evobrnn list strategies` describes them.");
  strategy.choices = strategy_names();
  add(t, strategy, FIELD(strategy));
  add(t, describe("search.population", "Candidates a generation.", 1, 1e6), FIELD(population));
  auto generations = describe(
      "search.generations",
      "Generations, the first one included, which is random but for given genomes. grid and list end by themselves.", 1,
      1e6);
  SettingCondition open_ended{"search.strategy", {}};
  for (const auto& name : strategy_names()) {
    if (name != "grid" && name != "list") open_ended.values.push_back(name);
  }
  generations.conditions = {open_ended};
  add(t, generations, FIELD(generations));
  add(t,
      describe("search.flops",
               "Floating-point operations of training that the search may spend: it ends before the first candidate "
               "that is expected to go beyond, and the final tests follow. 0: search.generations alone decides.",
               0, 1e30),
      FIELD(flops));
  add(t,
      describe("search.defaults_first",
               "The settings as they stand are the first candidate; every gene's setting has to lie within its range."),
      FIELD(defaults_first));
  add(t,
      describe("search.genomes",
               "CSV file of first individuals (columns: gene paths); with the strategy `list` these are all. Relative "
               "to the settings file."),
      FIELD(genomes));
  add(t,
      describe("final.seeds",
               "Fresh seeds on which champion, best of generation 0 and default settings are trained and tested; 0: no "
               "final tests.",
               0, 1000),
      FIELD(final_seeds));
  add(t,
      describe("final.samples", "Training samples of each final training; 0: as train.samples and train.epochs say.", 0,
               1e12),
      FIELD(final_samples));
  add_finals(t);
  add(t,
      without_influence(
          describe("run.workers", "Candidates trained at once; 0: one a physical core. Changes no result.", 0, 4096)),
      FIELD(workers));
  auto checkpoints = without_influence(
      describe("run.checkpoint_seconds",
               "Time between checkpoints of a training under way, the first one as long after its "
               "start; after a kill it goes on from the last one, to the same bits. 0: none. The default "
               "loses a minute at most, and writing takes milliseconds. Changes no result.",
               0, 1e9));
  checkpoints.unit = "s";
  add(t, checkpoints, FIELD(checkpoint_seconds));
  auto grace = without_influence(describe(
      "run.grace_seconds",
      "After SIGINT or SIGTERM, trainings that by their pace end within this time are finished; the others are saved "
      "as "
      "checkpoints at once. A worker process that was told to stop, or is over train.time_limit, is killed when it has "
      "not answered for as long. The default is as long as `docker stop` waits before it kills. Changes no result.",
      0, 1e6));
  grace.unit = "s";
  add(t, grace, FIELD(grace_seconds));
  add(t,
      without_influence(describe(
          "run.memory",
          "Memory in GB (10^9 bytes) that the candidates trained at once may take together, by the prediction for "
          "each, with its process's copy of the data where run.isolation = process; where it is short fewer train at "
          "once. 0: 80 % of what is free at the start. Changes no result.",
          0, 1e6)),
      FIELD(memory));
}

void add_plugins(Table& t) {
  add(t,
      without_influence(describe("plugins",
                                 "Shared libraries with models, tasks and strategies of your own, loaded before the "
                                 "other settings are read; as "
                                 "--plugin. Relative to the settings file; a run keeps their whole paths.")),
      FIELD(plugins));
}

/// Settings that users' strategies brought along.
void add_own_settings(Table& t) {
  for (const auto& entry : strategies()) {
    for (auto setting : entry.own) {
      setting.fallback = *convert(setting, setting.fallback);  // checked when it was registered
      setting = of(entry.name, std::move(setting));
      const auto path = setting.path;
      t.push_back({std::move(setting), [path](const SearchSettings& s) { return own_setting(s, path); },
                   [path](SearchSettings& s, const Value& value) { s.own[path] = value; }});
    }
  }
}

void add_isolation(Table& t) {
  auto isolation = without_influence(describe(
      "run.isolation",
      "thread: trials run in threads of the program. process: each worker trains in a process of its own, so that a "
      "crash, a hang or too much memory costs one trial and not the run; each process holds its own copy of the data. "
      "Changes no result."));
  isolation.choices = {"thread", "process"};
  add(t, isolation, FIELD(isolation));
}

void add_limits(Table& t) {
  auto memory = without_influence(describe(
      "run.trial_memory",
      "Memory in GB (10^9 bytes) that a trial may hold in tensors; over it, it ends as out_of_memory at the same batch "
      "on every machine. With isolation = process the kernel also refuses its process any memory beyond that and a "
      "quarter GB, whatever it is for. 0: no limit.",
      0, 1e6));
  add(t, memory, FIELD(limits.trial_memory));
  auto seconds = without_influence(
      describe("run.max_seconds",
               "Wall time after which the run stops and can be resumed, counted from each start; trials under way are "
               "given up, as by Ctrl-C. 0: no limit.",
               0, 1e9));
  seconds.unit = "s";
  add(t, seconds, FIELD(limits.max_seconds));
  add(t,
      without_influence(
          describe("run.max_trials",
                   "Trials after which the run stops and can be resumed, those of former starts and final "
                   "tests included; the same trials with any number of workers. 0: no limit.",
                   0, 1e12)),
      FIELD(limits.max_trials));
  add(t,
      without_influence(
          describe("run.max_flops",
                   "Floating-point operations of training that the run may spend before it stops and can be resumed, "
                   "those of former starts and final tests included. A trial that is expected to go beyond is not "
                   "started, so the same trials are trained with any number of workers. 0: no limit.",
                   0, 1e30)),
      FIELD(limits.max_flops));
  auto slower = without_influence(describe(
      "run.slower_than",
      "A trial ends as timeout when it takes longer than this share of the finished trials took for its size (seconds "
      "for each predicted floating-point operation), as 0.95; it begins once 1 / (1 − share) trials have succeeded. "
      "Depends on the clock, so a run that uses it is not reproducible. 0: off.",
      0, 1));
  slower.high_open = true;
  add(t, slower, FIELD(limits.slower_than));
}

void add_failures(Table& t) {
  const auto policy = [](const std::string& cause, const std::string& doc) {
    auto setting = without_influence(describe("failures." + cause, doc));
    setting.choices = {"penalise", "retry", "gentler", "abort"};
    return setting;
  };
  add(t,
      policy("diverged",
             "What follows when loss or gradient became infinite or NaN. penalise: the trial counts as worse than any "
             "score. retry: trained again on the same seed, failures.retries times at most. gentler: trained once more "
             "with train.lr halved and train.clip halved (1 where it was 0), and recorded as such. abort: the run ends "
             "and can be resumed. A training that diverged would do so again, so retry is of no use here."),
      FIELD(failures.diverged));
  add(t, policy("nan_input", "The same when a batch of the task holds NaN or infinity. retry is of no use."),
      FIELD(failures.nan_input));
  add(t, policy("timeout", "The same when a trial ran over a limit of time. retry helps where the machine was busy."),
      FIELD(failures.timeout));
  add(t, policy("out_of_memory", "The same when memory ran out. retry helps where others used it up."),
      FIELD(failures.out_of_memory));
  add(t, policy("crashed", "The same when a trial's process died of a signal, or the trial threw an exception."),
      FIELD(failures.crashed));
  add(t, policy("lost", "The same when a worker process went away without a result."), FIELD(failures.lost));
  add(t,
      policy("invalid",
             "The same when a candidate's settings contradict each other, or its data are missing or damaged. retry is "
             "of no use."),
      FIELD(failures.invalid));
  add(t,
      without_influence(
          describe("failures.retries", "Trainings of one trial beyond the first that retry allows.", 0, 100)),
      FIELD(failures.retries));
}

void add_strategies(Table& t) {
  const auto ga = [](Setting s) { return of("ga", std::move(s)); };
  add(t, ga(describe("search.ga.crossover_probability", "Share of children that are crossed over.", 0, 1)),
      FIELD(ga.crossover_probability));
  add(t,
      ga(describe("search.ga.crossover_eta",
                  "Distribution index of simulated binary crossover: larger keeps children nearer to their parents "
                  "(Deb & Agrawal, 1995).",
                  1, 100)),
      FIELD(ga.crossover_eta));
  add(t,
      ga(describe("search.ga.mutation_probability",
                  "Probability that a gene of a child mutates; at least one gene does where a child would equal a "
                  "known candidate.",
                  0, 1)),
      FIELD(ga.mutation_probability));
  add(t,
      ga(describe("search.ga.mutation_eta",
                  "Distribution index of bounded polynomial mutation: larger makes smaller steps (Deb & Goyal, 1996).",
                  1, 100)),
      FIELD(ga.mutation_eta));
  add(t, ga(describe("search.ga.tournament", "Candidates that compete to be a parent.", 1, 1000)),
      FIELD(ga.tournament));
  add(t, ga(describe("search.ga.elites", "Best candidates that live on unchanged; below search.population.", 0, 1e6)),
      FIELD(ga.elites));
  add(t,
      of("gaco",
         describe(
             "search.gaco.kernel",
             "Solutions kept in the archive, at least 2; 0: half of the population (Schlüter, Egea & Banga, 2009).", 0,
             1e6)),
      FIELD(gaco.kernel));
  add(t, of("gaco", describe("search.gaco.q", "Smaller draws nearer to the best solutions of the archive.", 0, 1e6)),
      FIELD(gaco.q));
  auto sigma = of(
      "cmaes", describe("search.cmaes.sigma0", "Initial step, as a share of each gene's range (Hansen, 2006).", 0, 1));
  sigma.low_open = true;
  add(t, sigma, FIELD(cmaes.sigma0));
  const auto pso = [](Setting s) { return of("pso_gen", std::move(s)); };
  add(t, pso(describe("search.pso_gen.inertia", "Constriction factor of the velocity (Clerc & Kennedy, 2002).", 0, 1)),
      FIELD(pso_gen.inertia));
  add(t, pso(describe("search.pso_gen.cognitive", "Pull towards a particle's own best.", 0, 4)),
      FIELD(pso_gen.cognitive));
  add(t, pso(describe("search.pso_gen.social", "Pull towards the neighbours' best.", 0, 4)), FIELD(pso_gen.social));
  auto velocity =
      pso(describe("search.pso_gen.max_velocity", "Largest velocity, as a share of each gene's range.", 0, 1));
  velocity.low_open = true;
  add(t, velocity, FIELD(pso_gen.max_velocity));
  add(t,
      of("de1220",
         describe("search.de1220.adaptation",
                  "Scheme that adapts F and CR: 1 as jDE (Brest et al., 2006), 2 as iDE (Elsayed et al., 2011).", 1,
                  2)),
      FIELD(de1220.adaptation));
  add(t,
      of("grid",
         describe(
             "search.grid.points",
             "Values of each real gene, and at most of each integer gene; a categorical gene takes all its values.", 2,
             kLargestCount)),
      FIELD(grid.points));
}

#undef FIELD

}  // namespace

const SettingsTable<SearchSettings>& search_settings_table() {
  static const Table table = [] {
    Table t;
    add_run(t);
    add_isolation(t);
    add_limits(t);
    add_failures(t);
    add_strategies(t);
    add_plugins(t);
    add_own_settings(t);
    close_strategies();
    return t;
  }();
  return table;
}

}  // namespace evobrnn
