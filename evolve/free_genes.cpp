// SPDX-License-Identifier: Apache-2.0
#include "evolve/free_genes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace evobrnn {
namespace {

const std::string kGenes = "genes.", kKind = "kind";
const std::vector<std::string> kAttributes = {"low", "high", "scale", "values", kKind, "when"};

/// What a document says of one gene.
struct GeneText {
  std::string path;
  std::map<std::string, Entry> attributes;
};

/// "optimizer.lr.low" → optimizer.lr, low; an empty attribute where the gene is given none.
std::pair<std::string, std::string> split(const std::string& path) {
  if (const auto when = path.find(".when."); when != std::string::npos) return {path.substr(0, when), "when"};
  const auto dot = path.rfind('.');
  const auto last = dot == std::string::npos ? std::string() : path.substr(dot + 1);
  const bool attribute = std::find(kAttributes.begin(), kAttributes.end(), last) != kAttributes.end();
  return attribute ? std::pair{path.substr(0, dot), last} : std::pair{path, std::string()};
}

bool is_name(const std::string& path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return std::all_of(path.begin(), path.end(), plain) && !path.starts_with(".") && !path.ends_with(".") &&
         path.find("..") == std::string::npos;
}

/// The one kind that all values have; integers go with reals.
std::optional<SettingKind> kind_of(const Value& values) {
  const auto* list = std::get_if<std::vector<Scalar>>(&values);
  if (!list || list->empty()) return SettingKind::text;  // which the reader of genes tells
  const auto all = [list](auto is) { return std::all_of(list->begin(), list->end(), is); };
  const auto integer = [](const Scalar& s) { return std::holds_alternative<std::int64_t>(s); };
  if (all(integer)) return SettingKind::integer;
  if (all([&](const Scalar& s) { return integer(s) || std::holds_alternative<double>(s); })) return SettingKind::real;
  if (all([](const Scalar& s) { return std::holds_alternative<bool>(s); })) return SettingKind::boolean;
  if (all([](const Scalar& s) { return std::holds_alternative<std::string>(s); })) return SettingKind::text;
  return std::nullopt;
}

/// The gene that an entry is about.
std::string gene_of(const Entry& entry) { return split(entry.path.substr(kGenes.size())).first; }

std::vector<GeneText> collect(const Document& document) {
  std::vector<GeneText> genes;
  for (const auto& entry : document.entries) {
    if (!entry.path.starts_with(kGenes)) continue;
    const auto [path, attribute] = split(entry.path.substr(kGenes.size()));
    if (attribute.empty()) continue;
    auto gene = std::find_if(genes.begin(), genes.end(), [&path = path](const GeneText& g) { return g.path == path; });
    if (gene == genes.end()) gene = genes.insert(genes.end(), {path, {}});
    gene->attributes[attribute] = entry;
  }
  return genes;
}

/// Entries that are about no gene, and genes whose names cannot be. Returns those paths.
std::set<std::string> wrong_names(const Document& document, const std::vector<GeneText>& genes,
                                  std::vector<Diagnostic>& diagnostics) {
  std::set<std::string> wrong;
  const auto tell = [&](const std::string& path, const Entry& entry, const std::string& rule) {
    if (wrong.insert(path).second) diagnostics.push_back({entry.where, kGenes + path, "", rule});
  };
  for (const auto& entry : document.entries) {
    if (!entry.path.starts_with(kGenes)) continue;
    const auto path = gene_of(entry);
    const bool known = std::any_of(genes.begin(), genes.end(), [&](const GeneText& g) { return g.path == path; });
    const auto parent =
        std::find_if(genes.begin(), genes.end(), [&](const GeneText& g) { return path.starts_with(g.path + "."); });
    if (!is_name(path))
      tell(path, entry, "a gene's name has letters, digits, _ and - alone, in parts with a dot between them");
    else if (known && parent != genes.end())
      tell(path, entry, "its name continues that of another gene, " + parent->path);
    else if (parent != genes.end())
      tell(path, entry, "is no attribute of a gene; " + known_names(path.substr(parent->path.size() + 1), kAttributes));
    else if (!known) tell(path, entry, "must be { low = …, high = … } or { values = [...] }");
  }
  return wrong;
}

SettingKind kind_of(const GeneText& gene, std::vector<Diagnostic>& diagnostics) {
  const auto attribute = [&gene](const std::string& name) {
    const auto found = gene.attributes.find(name);
    return found == gene.attributes.end() ? nullptr : &found->second;
  };
  const auto* kind = attribute(kKind);
  const auto wrong = [&](const Entry& entry, const std::string& rule) {
    diagnostics.push_back({entry.where, entry.path, as_given(entry.value), rule});
  };
  if (const auto* values = attribute("values")) {
    if (kind) wrong(*kind, "does not go with values");
    const auto common = kind_of(values->value);
    if (!common) wrong(*values, "must be of one type: numbers, texts, or true and false");
    return common.value_or(SettingKind::text);
  }
  if (kind) {
    if (kind->value == Value("integer")) return SettingKind::integer;
    if (kind->value != Value("real")) wrong(*kind, "must be \"integer\" or \"real\"");
    return SettingKind::real;
  }
  const auto integer = [&](const char* name) {
    const auto* entry = attribute(name);
    return entry && std::holds_alternative<std::int64_t>(entry->value);
  };
  return integer("low") && integer("high") ? SettingKind::integer : SettingKind::real;
}

}  // namespace

std::vector<Setting> settings_of_genes(Document& document, std::vector<Diagnostic>& diagnostics) {
  std::vector<Setting> settings;
  const auto genes = collect(document);
  auto wrong = wrong_names(document, genes, diagnostics);
  for (const auto& gene : genes) {
    const auto before = diagnostics.size();
    Setting setting;
    setting.path = gene.path;
    setting.kind = kind_of(gene, diagnostics);
    if (diagnostics.size() > before) wrong.insert(gene.path);
    if (!wrong.count(gene.path)) settings.push_back(std::move(setting));
  }
  // What was told is not told again by whoever reads the rest.
  std::erase_if(document.entries, [&wrong](const Entry& entry) {
    if (!entry.path.starts_with(kGenes)) return false;
    return split(entry.path.substr(kGenes.size())).second == kKind || wrong.count(gene_of(entry)) > 0;
  });
  return settings;
}

}  // namespace evobrnn
