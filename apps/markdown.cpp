// SPDX-License-Identifier: Apache-2.0
#include "apps/markdown.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/all_settings.hpp"
#include "core/catalogue.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

const char* const kModels = R"(# Models

Made from the program's registry by `evobrnn list models --markdown`; a test fails when this page is stale.

| symbol | shape | meaning |
|---|---|---|
| `x` | [steps, batch, n_in] | input, time-major |
| `r` | [batch, n] | firing rate, the state that is carried; 0 before the first step |
| `W`, `P` | [n, n], [n, n_in] | recurrent and input weights; row i postsynaptic, column j presynaptic |
| `b`, `g` | [n] | bias of the candidate rate, and of the gate |
| `z` | [batch, n] | gate: the share of the rate that one step replaces |
| `A` | as `model.a_kind` says | conductance scale |
| `u`, `x_s` | [batch, n] | utilisation and resources of short-term plasticity |
| `σ`, `φ`, `∘`, `⊙` | | logistic sigmoid; the activation; element-wise products |

What gradients train and must stay in a range is stored raw: dt = σ(d), A = 10 σ(a), z_h = σ(c_h), z_u = σ(c_u), z_x = σ(c_x), U = σ(c_U).
What the search or the settings set is held fixed and is no parameter. The read-out is V r + v of the units that `model.readout` names.
Weights are saved as safetensors under these names, the read-out as `readout_weight` and `readout_bias`. A model that does not run on the fast kernels runs on the
reference path: `core.path`.
)";

const char* const kTasks = R"(# Tasks

Made from the program's registry by `evobrnn list tasks --markdown`; a test fails when this page is stale. How to bring your own data: `docs/DATA.md`.

Tasks of working memory are drawn from `task.data_seed`, sample by sample, with a target after every step. Their timings are in ms and become
round(ms / `task.dt_ms`) steps. Unless a task says otherwise, fixation and delay count in the loss with the answer "hold", and the score is taken in the answer's
window alone.
)";

const char* const kSettings = R"(# Settings

Made from the program's registry by `evobrnn list settings --markdown`; a test fails when this page is stale. A settings file is TOML: `dt` under `[model]` is `model.dt`.
`evobrnn check FILE` tells every mistake of a file, and with `--resolved` the value of every setting that applies; `--set model.n=80` overrides one.
`docs/MODELS.md` and `docs/TASKS.md` list the settings of each model and task with the defaults that stand for it alone.

`[genes]` says what is searched: each gene is named after a setting. `model.dt = { low = 0.05, high = 0.9 }` searches a number in that range,
`{ low = 0.001, high = 0.1, scale = "log" }` its logarithm, `{ values = ["adam", "sgd"] }` a choice.
)";

/// A cell of a table: one line, no bar that would end it.
std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

enum class Conditions { all, but_names };

/// `but_names`: the row stands in the section of one model or task, which says so.
std::string row(const Setting& setting, const std::string& fallback, Conditions conditions = Conditions::but_names) {
  auto rule = rule_text(setting);
  if (!setting.unit.empty()) rule += ", in " + setting.unit;
  auto doc = setting.doc;
  for (const auto& [path, values] : setting.conditions) {
    if (conditions == Conditions::but_names && path.ends_with(".name")) continue;
    doc += fmt::format(" Only where `{}` is {}.", path, fmt::join(values, " or "));
  }
  return fmt::format("| `{}` | `{}` | {} | {} |\n", setting.path, fallback, cell(rule), cell(doc));
}

const char* const kHeader = "\n| setting | default | range | meaning |\n|---|---|---|---|\n";

std::string section(const CatalogueEntry& entry, const std::vector<Setting>& settings) {
  auto text = fmt::format("\n## {}\n", entry.name);
  if (!entry.equation.empty()) text += "```\n" + entry.equation + "\n```\n";
  text += entry.doc + (entry.source.empty() ? "" : " Source: " + entry.source + ".");
  if (entry.kernel) text += " Runs on the fast kernels.";
  text += "\n";
  std::string rows;
  for (const auto& path : settings_of(entry)) {
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.path == path; });
    rows += row(*found, default_text(entry, *found));
  }
  return rows.empty() ? text : text + kHeader + rows;
}

/// A section an entry, then the settings under `prefix` that all entries read.
std::string page(std::string text, const std::vector<CatalogueEntry>& entries, const std::string& prefix,
                 const std::string& all) {
  const auto settings = descriptions(trial_settings_table());
  for (const auto& entry : entries) text += section(entry, settings);
  text += fmt::format("\n## {}\n", all) + kHeader;
  for (const auto& setting : settings) {
    const bool own =
        std::any_of(entries.begin(), entries.end(), [&](const CatalogueEntry& e) { return reads(e, setting.path); });
    if (setting.path.starts_with(prefix) && !own) text += row(setting, to_toml(setting.fallback));
  }
  return text;
}

}  // namespace

std::string models_markdown() { return page(kModels, model_catalogue(), "model.", "Settings of every model"); }

std::string settings_markdown() {
  const std::vector<std::pair<std::string, std::string>> sections = {
      {"", "The run itself"},
      {"model", "The network"},
      {"task", "What it learns"},
      {"train", "Its training by gradients"},
      {"core", "How it is computed"},
      {"search", "The search"},
      {"final", "The final trainings and tests"},
      {"run", "Workers, memory and limits"},
      {"failures", "What follows when a trial goes wrong"},
      {"evaluator", "A command in place of networks (docs/COMMANDS.md)"},
      {"compare", "A comparison (docs/COMPARISONS.md)"}};
  std::string text = kSettings;
  const auto settings = all_settings();
  for (const auto& [section, title] : sections) {
    text += fmt::format("\n## {}{}\n", section.empty() ? "" : "`[" + section + "]` ", title) + kHeader;
    for (const auto& setting : settings) {
      const auto dot = setting.path.find('.');
      if ((dot == std::string::npos ? "" : setting.path.substr(0, dot)) == section)
        text += row(setting, to_toml(setting.fallback), Conditions::all);
    }
  }
  return text;
}

std::string tasks_markdown() { return page(kTasks, task_catalogue(), "task.", "Settings of every task"); }

}  // namespace evobrnn
