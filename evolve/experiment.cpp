// SPDX-License-Identifier: Apache-2.0
#include "evolve/experiment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "evolve/command_settings.hpp"
#include "evolve/strategies/designs.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

constexpr double kLargestGrid = 1e6;
const std::string kGenes = "genes.";

std::string section_of(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

const Setting* find(const std::vector<Setting>& settings, const std::string& path) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.path == path; });
  return found == settings.end() ? nullptr : &*found;
}

/// The rule that an unknown key breaks: the known keys of its section, or the known sections, and what was probably
/// meant.
std::string unknown_key(const std::string& path, const std::vector<std::string>& known) {
  std::vector<std::string> here;
  std::set<std::string> sections;
  for (const auto& name : known) {
    if (section_of(name) == section_of(path))
      here.push_back(name.substr(section_of(name).empty() ? 0 : section_of(name).size() + 1));
    sections.insert(section_of(name).empty() ? "top level" : section_of(name));
  }
  const auto meant = nearest_name(path, known);
  const auto place = section_of(path).empty() ? "at top level" : "in [" + section_of(path) + "]";
  return (here.empty() ? fmt::format("no such section; known: {}, genes", fmt::join(sections, ", "))
                       : fmt::format("no such setting; known {}: {}", place, fmt::join(here, ", "))) +
         (meant.empty() ? "" : "; did you mean " + meant + "?");
}

/// What a file says of one gene.
struct GeneText {
  std::string path, where;
  std::map<std::string, Entry> attributes;  ///< low, high, scale, values
  std::vector<GeneCondition> when;
};

/// Reads one gene against the setting that it writes to.
class GeneReader {
 public:
  GeneReader(const GeneText& text, const Setting& setting, std::vector<Diagnostic>& diagnostics)
      : text_(text), setting_(setting), diagnostics_(diagnostics) {}

  std::optional<Gene> read() {
    gene_.path = text_.path;
    gene_.conditions = text_.when;
    const auto before = diagnostics_.size();
    if (setting_.kind == SettingKind::text_list) wrong("a list cannot be searched");
    else if (attribute("values")) read_values();
    else if (setting_.kind == SettingKind::real || setting_.kind == SettingKind::integer) read_range();
    else wrong("needs values, as { values = [...] }: it must be " + rule_text(setting_));
    return diagnostics_.size() == before ? std::optional(gene_) : std::nullopt;
  }

 private:
  const Entry* attribute(const std::string& name) const {
    const auto found = text_.attributes.find(name);
    return found == text_.attributes.end() ? nullptr : &found->second;
  }

  void wrong(const std::string& rule) { diagnostics_.push_back({text_.where, kGenes + text_.path, "", rule}); }
  void wrong(const Entry& entry, const std::string& rule) {
    diagnostics_.push_back({entry.where, entry.path, as_given(entry.value), rule});
  }

  /// The value in the setting's own type and range, or a mistake.
  std::optional<Value> legal(const Entry& entry, const Value& value) {
    const auto converted = convert(setting_, value);
    const auto broken = converted ? broken_rule(setting_, *converted) : std::optional("must be " + rule_text(setting_));
    if (broken) wrong(entry, *broken + ", as " + setting_.path + " itself");
    return broken ? std::nullopt : converted;
  }

  void read_values() {
    for (const auto* name : {"low", "high", "scale"}) {
      if (const auto* entry = attribute(name)) wrong(*entry, "does not go with values");
    }
    const auto& entry = *attribute("values");
    const auto* list = std::get_if<std::vector<Scalar>>(&entry.value);
    if (!list || list->size() < 2) return wrong(entry, "must be a list of at least two values");
    gene_.kind = GeneKind::categorical;
    for (const auto& value : *list) {
      const auto converted = legal(entry, to_value(value));
      if (!converted) continue;
      auto scalar = to_scalar(*converted);
      if (std::any_of(gene_.values.begin(), gene_.values.end(), [&](const Scalar& v) { return same_value(v, scalar); }))
        wrong(entry, "names " + to_text(scalar) + " twice");
      gene_.values.push_back(std::move(scalar));
    }
  }

  void read_range() {
    const auto *low = attribute("low"), *high = attribute("high");
    if (!low || !high) return wrong("needs low and high, or values");
    gene_.kind = setting_.kind == SettingKind::integer ? GeneKind::integer : GeneKind::real;
    const auto number = [](const Value& v) {
      return std::holds_alternative<std::int64_t>(v) ? static_cast<double>(std::get<std::int64_t>(v))
                                                     : std::get<double>(v);
    };
    const auto legal_low = legal(*low, low->value), legal_high = legal(*high, high->value);
    if (!legal_low || !legal_high) return;
    gene_.low = number(*legal_low);
    gene_.high = number(*legal_high);
    const auto before = diagnostics_.size();
    for (const auto* bound : {low, high}) {
      const auto* integer = std::get_if<std::int64_t>(&bound->value);
      if (gene_.kind == GeneKind::integer && integer && (*integer > kLargestInteger || *integer < -kLargestInteger))
        wrong(*bound, "must be from -2^53 to 2^53 where it is searched");
    }
    if (gene_.low >= gene_.high) wrong(*high, "must be above low = " + to_text(low->value));
    if (const auto* scale = attribute("scale")) {
      if (scale->value == Value("log")) gene_.scale = GeneScale::log;
      else if (scale->value != Value("linear")) wrong(*scale, "must be \"linear\" or \"log\"");
    }
    if (gene_.scale == GeneScale::log && gene_.low <= 0) wrong(*low, "must be above 0 on a logarithmic scale");
    if (diagnostics_.size() > before) return;
    if (const auto broken = broken_rule(gene_)) wrong(*broken);
  }

  const GeneText& text_;
  const Setting& setting_;
  std::vector<Diagnostic>& diagnostics_;
  Gene gene_;
};

/// Splits "model.dt.low" into the setting's path and the rest; the whole as path where no setting fits.
std::pair<std::string, std::string> split_gene(const std::string& path, const std::vector<Setting>& settings) {
  for (const auto& setting : settings) {
    if (path == setting.path) return {path, ""};
    if (path.starts_with(setting.path + ".")) return {setting.path, path.substr(setting.path.size() + 1)};
  }
  const auto when = path.find(".when.");
  if (when != std::string::npos) return {path.substr(0, when), path.substr(when + 1)};
  const auto last = path.substr(path.rfind('.') + 1);
  const bool attribute = last == "low" || last == "high" || last == "scale" || last == "values";
  return attribute ? std::pair{section_of(path), last} : std::pair{path, std::string()};
}

std::vector<GeneText> collect_genes(const std::vector<Entry>& entries, const std::vector<Setting>& settings,
                                    std::vector<Diagnostic>& diagnostics) {
  std::vector<GeneText> genes;
  for (const auto& entry : entries) {
    const auto [path, attribute] = split_gene(entry.path.substr(kGenes.size()), settings);
    auto gene = std::find_if(genes.begin(), genes.end(), [&path = path](const GeneText& g) { return g.path == path; });
    if (gene == genes.end()) gene = genes.insert(genes.end(), {path, entry.where, {}, {}});
    const std::set<std::string> plain = {"low", "high", "scale", "values"};
    if (plain.count(attribute)) {
      gene->attributes[attribute] = entry;
    } else if (attribute.starts_with("when.")) {
      GeneCondition condition{attribute.substr(5), {}};
      if (const auto* list = std::get_if<std::vector<Scalar>>(&entry.value)) condition.values = *list;
      else condition.values = {to_scalar(entry.value)};
      if (condition.values.empty())
        diagnostics.push_back({entry.where, entry.path, "[]", "must be a value or a list of at least one"});
      gene->when.push_back(condition);
    } else if (find(settings, path)) {
      diagnostics.push_back({entry.where, entry.path, as_given(entry.value),
                             attribute.empty() ? "must be { low = …, high = … } or { values = [...] }"
                                               : known_names(attribute, {"low", "high", "scale", "values", "when"})});
    }
  }
  return genes;
}

}  // namespace

void check_strategy(const SearchSettings& s, const std::vector<Gene>& genes,
                    const std::function<void(const std::string& path, const std::string& rule)>& wrong) {
  const auto& strategy = find_strategy(s.strategy);
  if (s.population < strategy.smallest_population) {
    wrong("search.population",
          fmt::format("must be at least {} with the strategy {}", strategy.smallest_population, s.strategy));
  }
  if (s.strategy == "ga" && s.ga.elites >= s.population) {
    wrong("search.ga.elites", fmt::format("must be below search.population = {}", s.population));
  }
  if (s.strategy == "gaco" && s.gaco.kernel != 0 && (s.gaco.kernel < 2 || s.gaco.kernel > s.population)) {
    wrong("search.gaco.kernel", fmt::format("must be 0, or from 2 to search.population = {}", s.population));
  }
  if (s.strategy == "grid" && !genes.empty()) {
    if (const auto size = grid_size(genes, s.grid.points); size > kLargestGrid) {
      wrong("search.grid.points",
            fmt::format("makes {:.0f} candidates; at most {:.0f} are allowed", size, kLargestGrid));
    }
  }
  if (s.finals.flops > 0 && s.finals.baselines) wrong("final.flops", "needs final.baselines = false");
  if (s.finals.flops > 0 && s.finals.flops <= s.flops)
    wrong("final.flops", fmt::format("must be above search.flops = {:g}: it counts the search too", s.flops));
  if (s.name.empty() || s.name.front() == '.' || s.name.find_first_of("/\\\n") != std::string::npos) {
    wrong("name", "must be the name of a folder: not empty, no slash, no dot at the start");
  }
}

SearchFile read_search_file(const Document& document, const std::vector<Setting>& trial_settings,
                            std::vector<Diagnostic>& diagnostics) {
  SearchFile file;
  std::vector<Entry> gene_entries, search_entries;
  std::vector<std::string> known;
  for (const auto& row : search_settings_table()) known.push_back(row.setting.path);
  for (const auto& setting : trial_settings) known.push_back(setting.path);
  for (const auto& row : command_settings_table()) known.push_back(row.setting.path);
  for (const auto& entry : document.entries) {
    if (entry.path.starts_with(kGenes)) {
      gene_entries.push_back(entry);
    } else if (const auto* row = find_setting(search_settings_table(), entry.path)) {
      if (assign(*row, file.settings, entry, diagnostics)) search_entries.push_back(entry);
    } else if (find(trial_settings, entry.path)) {
      file.trial_entries.push_back(entry);
    } else {
      diagnostics.push_back({entry.where, entry.path, as_given(entry.value), unknown_key(entry.path, known)});
    }
  }

  std::vector<std::string> searchable;
  for (const auto& setting : trial_settings) searchable.push_back(setting.path);
  for (const auto& text : collect_genes(gene_entries, trial_settings, diagnostics)) {
    const auto* setting = find(trial_settings, text.path);
    if (!setting) {
      diagnostics.push_back({text.where, kGenes + text.path, "", unknown_key(text.path, searchable)});
    } else if (auto gene = GeneReader(text, *setting, diagnostics).read()) {
      file.genes.push_back(std::move(*gene));
      file.gene_entries.push_back({text.path, false, text.where});
    }
  }

  const auto text_of = [&file](const std::string& path) {
    return to_text(find_setting(search_settings_table(), path)->get(file.settings));
  };
  const auto place = [&](const std::string& path) {
    const auto given =
        std::find_if(search_entries.rbegin(), search_entries.rend(), [&](const Entry& e) { return e.path == path; });
    return given == search_entries.rend() ? document.file.string() : given->where;
  };
  for (const auto& entry : search_entries) {
    std::string why;
    if (!conditions_hold(find_setting(search_settings_table(), entry.path)->setting, text_of, &why)) {
      diagnostics.push_back({entry.where, entry.path, as_given(entry.value), why});
    }
  }
  check_strategy(file.settings, file.genes, [&](const std::string& path, const std::string& rule) {
    diagnostics.push_back({place(path), path, text_of(path), rule});
  });
  return file;
}

namespace {

/// "20 or 30", as a file writes them.
std::string values_text(const std::vector<Scalar>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " or ") + to_text(value);
  return text;
}

/// Resolves the conditions of one gene.
class ConditionResolver {
 public:
  ConditionResolver(const std::vector<Gene>& genes, const std::vector<Setting>& settings, const SettingValue& value_of,
                    std::function<void(const std::string& rule)> wrong)
      : genes_(genes), settings_(settings), value_of_(value_of), wrong_(std::move(wrong)) {}

  /// Of the setting that the gene writes to: some of its values may be none of those that are searched.
  void add_own(const Setting& setting, std::vector<GeneCondition>& kept) {
    for (const auto& [path, texts] : setting.conditions) add({path, {texts.begin(), texts.end()}}, false, kept);
  }
  /// Of the file: each of its values is meant.
  void add_given(const GeneCondition& condition, std::vector<GeneCondition>& kept) { add(condition, true, kept); }

 private:
  void add(const GeneCondition& condition, bool each, std::vector<GeneCondition>& kept) {
    const auto gene =
        std::find_if(genes_.begin(), genes_.end(), [&](const Gene& g) { return g.path == condition.path; });
    if (gene != genes_.end()) return add_searched(condition, *gene, each, kept);
    const auto* setting = find(settings_, condition.path);
    if (!setting) {
      std::vector<std::string> known;
      for (const auto& one : settings_) known.push_back(one.path);
      return wrong_(fmt::format("when: {}: {}", condition.path, unknown_key(condition.path, known)));
    }
    const auto value = value_of_(condition.path);
    const bool holds = value && !std::holds_alternative<std::vector<Scalar>>(*value) &&
                       std::any_of(condition.values.begin(), condition.values.end(), [&](const Scalar& needed) {
                         const auto meant = in_kind(setting->kind, needed);
                         return meant && same_value(*meant, to_scalar(*value));
                       });
    if (!holds)
      wrong_(fmt::format("is only read where {} = {}; here it is {}", condition.path, values_text(condition.values),
                         value ? to_text(*value) : "not read"));
  }

  void add_searched(const GeneCondition& condition, const Gene& gene, bool each, std::vector<GeneCondition>& kept) {
    GeneCondition possible{condition.path, {}};
    for (const auto& value : condition.values) {
      const auto meant = condition_value(gene, value);
      if (meant) possible.values.push_back(*meant);
      else if (each && gene.kind == GeneKind::real)
        return wrong_(
            fmt::format("when: {} = {} would as good as never hold: {} is {}; list what it can be as values, or "
                        "make it an integer",
                        gene.path, to_toml(to_value(value)), gene.path, range_text(gene)));
      else if (each)
        return wrong_(fmt::format("when: {} = {} can never hold: {} is {}", gene.path, to_toml(to_value(value)),
                                  gene.path, range_text(gene)));
    }
    if (possible.values.empty())
      return wrong_(fmt::format("is only read where {} = {}, and that is {}", gene.path, values_text(condition.values),
                                range_text(gene)));
    kept.push_back(std::move(possible));
  }

  const std::vector<Gene>& genes_;
  const std::vector<Setting>& settings_;
  const SettingValue& value_of_;
  const std::function<void(const std::string& rule)> wrong_;
};

}  // namespace

void resolve_conditions(SearchFile& file, const std::vector<Setting>& trial_settings, const SettingValue& value_of,
                        std::vector<Diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < file.genes.size(); ++i) {
    auto& gene = file.genes[i];
    ConditionResolver resolver(file.genes, trial_settings, value_of, [&](const std::string& rule) {
      diagnostics.push_back({file.gene_entries[i].where, kGenes + gene.path, "", rule});
    });
    std::vector<GeneCondition> kept;
    resolver.add_own(*find(trial_settings, gene.path), kept);
    for (const auto& condition : gene.conditions) resolver.add_given(condition, kept);
    gene.conditions = std::move(kept);
  }
}

}  // namespace evobrnn
