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
constexpr double kLargestInteger = 1LL << 53;  // genes are doubles on their way through a strategy
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
  std::vector<SettingCondition> when;
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
    diagnostics_.push_back({entry.where, entry.path, to_text(entry.value), rule});
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
      if (std::find(gene_.values.begin(), gene_.values.end(), scalar) != gene_.values.end())
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
    for (const auto& [bound, value] : {std::pair(low, gene_.low), {high, gene_.high}}) {
      if (gene_.kind == GeneKind::integer && std::abs(value) > kLargestInteger)
        wrong(*bound, "must be from -2^53 to 2^53 where it is searched");
    }
    if (gene_.low >= gene_.high) wrong(*high, "must be above low = " + to_text(low->value));
    const auto* scale = attribute("scale");
    if (!scale) return;
    if (scale->value == Value("log")) gene_.scale = GeneScale::log;
    else if (scale->value != Value("linear")) wrong(*scale, "must be \"linear\" or \"log\"");
    if (gene_.scale == GeneScale::log && gene_.low <= 0) wrong(*low, "must be above 0 on a logarithmic scale");
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
      SettingCondition condition{attribute.substr(5), {}};
      if (const auto* list = std::get_if<std::vector<Scalar>>(&entry.value)) {
        for (const auto& value : *list) condition.values.push_back(to_text(value));
      } else {
        condition.values.push_back(to_text(entry.value));
      }
      gene->when.push_back(condition);
    } else if (find(settings, path)) {
      diagnostics.push_back({entry.where, entry.path, to_text(entry.value),
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
      diagnostics.push_back({entry.where, entry.path, to_text(entry.value), unknown_key(entry.path, known)});
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
      diagnostics.push_back({entry.where, entry.path, to_text(entry.value), why});
    }
  }
  check_strategy(file.settings, file.genes, [&](const std::string& path, const std::string& rule) {
    diagnostics.push_back({place(path), path, text_of(path), rule});
  });
  return file;
}

void resolve_conditions(SearchFile& file, const std::vector<Setting>& trial_settings,
                        const std::function<std::string(const std::string&)>& text_of,
                        std::vector<Diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < file.genes.size(); ++i) {
    auto& gene = file.genes[i];
    auto conditions = find(trial_settings, gene.path)->conditions;
    conditions.insert(conditions.end(), gene.conditions.begin(), gene.conditions.end());
    gene.conditions.clear();
    const auto wrong = [&](const std::string& rule) {
      diagnostics.push_back({file.gene_entries[i].where, kGenes + gene.path, "", rule});
    };
    for (const auto& condition : conditions) {
      const auto other =
          std::find_if(file.genes.begin(), file.genes.end(), [&](const Gene& g) { return g.path == condition.path; });
      if (other != file.genes.end()) {
        gene.conditions.push_back(condition);
      } else if (!find(trial_settings, condition.path)) {
        std::vector<std::string> known;
        for (const auto& setting : trial_settings) known.push_back(setting.path);
        wrong("when: " + unknown_key(condition.path, known));
      } else if (const auto text = text_of(condition.path);
                 std::find(condition.values.begin(), condition.values.end(), text) == condition.values.end()) {
        wrong(fmt::format("is only read where {} = {}; here it is {}", condition.path,
                          fmt::join(condition.values, " or "), text));
      }
    }
  }
}

}  // namespace evobrnn
