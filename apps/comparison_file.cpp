// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "apps/comparison_budget.hpp"
#include "core/plugin.hpp"
#include "evolve/comparison/repeat_reading.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

const std::string kCompare = "compare.", kArms = "arms.", kProfiles = "profiles.", kGenes = "genes.";

/// The first part of a path and the rest.
std::pair<std::string, std::string> split(const std::string& path) {
  const auto dot = path.find('.');
  return {path.substr(0, dot), dot == std::string::npos ? "" : path.substr(dot + 1)};
}

std::vector<std::string> names_under(const Document& document, const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& entry : document.entries) {
    if (!entry.path.starts_with(prefix)) continue;
    const auto name = split(entry.path.substr(prefix.size())).first;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

/// The file with its profile and the overrides worked in.
Document merged(const ComparisonSource& source) {
  auto document = read_document(source.file);
  const auto profiles = names_under(document, kProfiles);
  const bool known = std::find(profiles.begin(), profiles.end(), source.profile) != profiles.end();
  if (source.profile.empty() ? !profiles.empty() : !known)
    throw SettingsError({{source.file.string(), "--profile", source.profile,
                          profiles.empty() ? "the file has no profiles"
                                           : fmt::format("must be one of {}", fmt::join(profiles, ", "))}});
  std::vector<Entry> chosen;
  const auto prefix = kProfiles + source.profile + ".";
  for (const auto& entry : document.entries) {
    if (entry.path.starts_with(prefix)) chosen.push_back({entry.path.substr(prefix.size()), entry.value, entry.where});
  }
  std::erase_if(document.entries, [](const Entry& entry) { return entry.path.starts_with(kProfiles); });
  for (const auto& entry : chosen) replace_entry(document, entry);
  require_trust_of(document, source.code);
  for (const auto& assignment : source.overrides) override_entry(document, assignment);
  load_plugins(document);
  for (const auto& entry : document.entries) {
    if (entry.path.starts_with("evaluator.") || entry.path.find(".evaluator.") != std::string::npos)
      throw SettingsError({{entry.where, entry.path, as_given(entry.value),
                            "a comparison has equal budgets in training FLOPs, of which a command has none; compare "
                            "strategies by `evobrnn run FILE --set search.strategy=NAME --out DIR`"}});
  }
  return document;
}

/// The setting that a gene entry is about: "genes.model.dt.low" → "model.dt".
std::string gene_path(const std::string& entry) {
  const auto rest = entry.substr(kGenes.size());
  for (const auto& row : trial_settings_table()) {
    if (rest == row.setting.path || rest.starts_with(row.setting.path + ".")) return row.setting.path;
  }
  return rest;
}

bool is_strategy(const std::string& how) {
  return std::any_of(strategies().begin(), strategies().end(), [&](const StrategyEntry& s) { return s.name == how; });
}

std::vector<std::string> ways() {
  std::vector<std::string> names{"gradient", "ga_then_gradient", "fixed"};
  for (const auto& strategy : strategies()) {
    if (strategy.name != "restarts") names.push_back(strategy.name);
  }
  return names;
}

/// Builds one arm's settings from the common ones and its own.
class ArmBuilder {
 public:
  ArmBuilder(std::string name, const Document& common, const std::vector<Entry>& own, bool finer_steps,
             std::vector<Diagnostic>& mistakes)
      : common_(common), finer_steps_(finer_steps), mistakes_(mistakes) {
    arm_.name = std::move(name);
    for (const auto& entry : own) {
      if (entry.path == "how") how_ = entry;
      else if (entry.path == "doc") doc_ = entry;
      else if (entry.path == "without") without_ = entry;
      else own_.push_back(entry);
    }
  }

  std::optional<ArmPlan> build() {
    const auto before = mistakes_.size();
    arm_.how = text(how_, "how");
    if (doc_) arm_.doc = text(doc_, "doc");
    if (const auto known = ways(); how_ && std::find(known.begin(), known.end(), arm_.how) == known.end())
      wrong(*how_, "how", known_names(arm_.how, known));
    if (mistakes_.size() > before) return std::nullopt;
    arm_.document.file = common_.file;
    add_settings();
    set_training();
    add_genes();
    set_strategy();
    return mistakes_.size() == before ? std::optional(std::move(arm_)) : std::nullopt;
  }

 private:
  void wrong(const Entry& entry, const std::string& key, const std::string& rule) {
    mistakes_.push_back({entry.where, kArms + arm_.name + "." + key, as_given(entry.value), rule});
  }

  std::string text(const std::optional<Entry>& entry, const std::string& key) {
    const auto* value = entry ? std::get_if<std::string>(&entry->value) : nullptr;
    if (value) return *value;
    wrong(entry ? *entry : Entry{"", std::string(), common_.file.string()}, key,
          key == "how" ? fmt::format("must say how the arm's hyperparameters are set: {}", fmt::join(ways(), ", "))
                       : "must be a text");
    return {};
  }

  void add_settings() {
    for (const auto& entry : common_.entries) {
      if (!entry.path.starts_with(kGenes)) arm_.document.entries.push_back(entry);
    }
    for (const auto& entry : own_) {
      if (!entry.path.starts_with(kGenes)) replace_entry(arm_.document, entry);
    }
  }

  void set(const std::string& path, const Value& value) { replace_entry(arm_.document, {path, value, "compare"}); }
  void set_where_open(const std::string& path, const Value& value) {
    if (!find_entry(arm_.document, path)) set(path, value);
  }

  /// Whether gradients train hyperparameters, and where: in every training, or in the final ones alone.
  void set_training() {
    const bool always = arm_.how == "gradient", finally = arm_.how == "ga_then_gradient";
    const auto own = std::find_if(own_.begin(), own_.end(), [](const Entry& e) { return e.path == "model.trained"; });
    if (!always && !finally) {
      if (own != own_.end())
        wrong(*own, "model.trained",
              fmt::format("does not go with how = \"{}\", which holds hyperparameters fixed during training; use "
                          "gradient or ga_then_gradient",
                          arm_.how));
      std::erase_if(arm_.document.entries, [](const Entry& e) { return e.path == "model.trained"; });
      return;
    }
    Value trained = std::vector<Scalar>{std::string("A"), std::string("dt")};
    if (const auto* given = find_entry(arm_.document, "model.trained")) trained = given->value;
    const auto* list = std::get_if<std::vector<Scalar>>(&trained);
    if (!list || list->empty())
      return wrong(*how_, "model.trained", "must name what gradients train, as [\"A\", \"dt\"]");
    for (const auto& name : *list) arm_.trained.push_back(to_text(name));
    if (finally) std::erase_if(arm_.document.entries, [](const Entry& e) { return e.path == "model.trained"; });
    set(finally ? "final.trained" : "model.trained", trained);
  }

  /// The common genes that are this arm's too, and its own in place of them.
  void add_genes() {
    std::set<std::string> dropped;
    for (const auto& entry : own_) {
      if (entry.path.starts_with(kGenes)) dropped.insert(gene_path(entry.path));
    }
    drop_without(dropped);
    for (const auto& entry : common_.entries) {
      if (!entry.path.starts_with(kGenes) || arm_.how == "fixed") continue;
      const auto path = gene_path(entry.path);
      if (!dropped.count(path)) arm_.document.entries.push_back(entry);
    }
    for (const auto& entry : own_) {
      if (!entry.path.starts_with(kGenes)) continue;
      if (arm_.how == "fixed") wrong(entry, entry.path, "does not go with how = \"fixed\"");
      arm_.document.entries.push_back(entry);
    }
  }

  /// Adds the common genes that `without` names.
  void drop_without(std::set<std::string>& dropped) {
    if (!without_) return;
    const auto* list = std::get_if<std::vector<Scalar>>(&without_->value);
    if (!list) return wrong(*without_, "without", "must be a list of genes' paths");
    std::set<std::string> common;
    for (const auto& entry : common_.entries) {
      if (entry.path.starts_with(kGenes)) common.insert(gene_path(entry.path));
    }
    for (const auto& named : *list) {
      const auto path = to_text(named);
      if (common.count(path)) dropped.insert(path);
      else wrong(*without_, "without", known_names(path, {common.begin(), common.end()}));
    }
  }

  void set_strategy() {
    const auto strategy = is_strategy(arm_.how) ? arm_.how : arm_.how == "ga_then_gradient" ? "ga" : "restarts";
    set("search.strategy", strategy);
    if (arm_.how == "fixed") {
      set("search.population", std::int64_t{1});
      set("search.generations", std::int64_t{1});
      set("search.defaults_first", false);
    }
    if (strategy == "grid" || strategy == "list")
      std::erase_if(arm_.document.entries, [](const Entry& e) { return e.path == "search.generations"; });
    set_where_open("final.seeds", std::int64_t{1});
    set("final.baselines", false);
    set("final.finer_steps", finer_steps_);
  }

  const Document& common_;
  const bool finer_steps_;
  std::vector<Diagnostic>& mistakes_;
  ArmPlan arm_;
  std::optional<Entry> how_, doc_, without_;
  std::vector<Entry> own_;
};

/// Loads one comparison; collects mistakes on the way.
class Loader {
 public:
  Loader(const ComparisonSource& source, const ShapeOf& shape_of) : document_(merged(source)), shape_of_(shape_of) {}

  ComparisonPlan load() {
    sort_entries();
    stop_at_mistakes();
    make_arms();
    stop_at_mistakes();
    for (auto& arm : plan_.arms) load_arm(arm);
    stop_at_mistakes();
    for (auto& arm : plan_.arms) predict_cost(plan_, arm, shape_of_(arm.experiment.base.task));
    mistakes_ = unequal_budgets(plan_, document_.file.string());
    stop_at_mistakes();
    plan_.toml = resolved();
    return std::move(plan_);
  }

 private:
  void stop_at_mistakes() {
    if (!mistakes_.empty()) throw SettingsError(std::move(mistakes_));
  }

  void wrong(const Entry& entry, const std::string& rule) {
    mistakes_.push_back({entry.where, entry.path, as_given(entry.value), rule});
  }

  void sort_entries() {
    plan_.name = document_.file.stem().string();
    for (const auto& entry : document_.entries) {
      if (entry.path.starts_with(kCompare)) {
        read_setting(entry);
      } else if (entry.path.starts_with(kArms)) {
        const auto [name, rest] = split(entry.path.substr(kArms.size()));
        own_[name].push_back({rest, entry.value, entry.where});
      } else if (entry.path == "name") {
        if (const auto* text = std::get_if<std::string>(&entry.value)) plan_.name = *text;
        else wrong(entry, "must be a text");
      } else if (entry.path == "seed") {
        const auto* seed = std::get_if<std::int64_t>(&entry.value);
        if (seed && *seed >= 0) plan_.seed = *seed;
        else wrong(entry, "must be an integer from 0 on");
      } else {
        common_.entries.push_back(entry);
      }
    }
    common_.file = document_.file;
  }

  void read_setting(const Entry& entry) {
    if (const auto* row = find_setting(comparison_settings_table(), entry.path)) {
      assign(*row, plan_.settings, entry, mistakes_);
      return;
    }
    std::vector<std::string> known;
    for (const auto& row : comparison_settings_table()) known.push_back(row.setting.path);
    wrong(entry, known_names(entry.path, known));
  }

  void make_arms() {
    const auto names = names_under(document_, kArms);
    const auto known = [&](const std::string& name, const std::string& key) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        mistakes_.push_back(
            {document_.file.string(), kCompare + key, name, "no such arm: " + known_names(name, names)});
    };
    auto chosen = plan_.settings.arms.empty() ? names : plan_.settings.arms;
    for (const auto& name : chosen) known(name, "arms");
    if (!plan_.settings.reference.empty()) {
      known(plan_.settings.reference, "reference");
      if (std::find(chosen.begin(), chosen.end(), plan_.settings.reference) == chosen.end())
        mistakes_.push_back({document_.file.string(), kCompare + "reference", plan_.settings.reference,
                             "must be one of the arms that take part"});
    }
    if (std::set<std::string>(chosen.begin(), chosen.end()).size() != chosen.size())
      mistakes_.push_back({document_.file.string(), kCompare + "arms", "", "names an arm twice"});
    if (chosen.size() < 2)
      mistakes_.push_back({document_.file.string(), "arms", "",
                           "a comparison needs at least two arms, as [arms.ga] how = \"ga\" and [arms.gradient] how = "
                           "\"gradient\""});
    stop_at_mistakes();
    for (const auto& name : chosen) {
      if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
          std::string::npos) {
        mistakes_.push_back({document_.file.string(), kArms + name, "", "the name may hold letters, digits, _ and -"});
        continue;
      }
      if (auto arm = ArmBuilder(name, common_, own_.at(name), plan_.settings.finer_steps, mistakes_).build())
        plan_.arms.push_back(std::move(*arm));
    }
  }

  /// The whole file of the arm, checked as that of an ordinary run; common mistakes are told once.
  void load_arm(ArmPlan& arm) {
    try {
      set_budget(plan_, arm, shape_of_);
      arm.experiment = experiment_of(plan_, arm, 0);
    } catch (const SettingsError& error) {
      for (auto mistake : error.diagnostics()) {
        const auto same = [&](const Diagnostic& d) {
          return d.where == mistake.where && d.key == mistake.key && d.rule == mistake.rule;
        };
        if (std::any_of(told_.begin(), told_.end(), same)) continue;
        told_.push_back(mistake);
        mistake.rule += fmt::format(" (arm {})", arm.name);
        mistakes_.push_back(std::move(mistake));
      }
    }
  }

  std::string resolved() const {
    std::string toml = fmt::format("name = {}\nseed = {}\n", to_toml(Value(plan_.name)), plan_.seed);
    if (const auto& plugins = loaded_plugins(); !plugins.empty())
      toml += fmt::format("plugins = {}\n", to_toml(Value(std::vector<Scalar>(plugins.begin(), plugins.end()))));
    for (const auto& row : comparison_settings_table())
      toml += fmt::format("{} = {}\n", row.setting.path, to_toml(row.get(plan_.settings)));
    for (const auto& entry : document_.entries) {
      if (entry.path != "name" && entry.path != "seed" && entry.path != "plugins" && !entry.path.starts_with(kCompare))
        toml += fmt::format("{} = {}\n", entry.path, to_toml(entry.value));
    }
    return toml;
  }

  const Document document_;
  const ShapeOf& shape_of_;
  std::vector<Diagnostic> mistakes_, told_;
  Document common_;
  std::map<std::string, std::vector<Entry>> own_;
  ComparisonPlan plan_;
};

}  // namespace

ComparisonPlan load_comparison(const ComparisonSource& source, const ShapeOf& shape_of) {
  return Loader(source, shape_of).load();
}

Experiment experiment_of(const ComparisonPlan& plan, const ArmPlan& arm, std::int64_t repeat) {
  auto document = arm.document;
  replace_entry(document, {"name", fmt::format("{}-{}-{}", plan.name, arm.name, repeat + 1), "compare"});
  // The same for all arms: pairs share what chance they can share.
  replace_entry(document, {"seed", repeat_seed(static_cast<std::uint64_t>(plan.seed), "repeat", repeat), "compare"});
  replace_entry(document,
                {"final.seed", repeat_seed(static_cast<std::uint64_t>(plan.seed), "final", repeat), "compare"});
  ExperimentSource source;
  source.document = std::move(document);
  return load_experiment(source);
}

}  // namespace evobrnn
