// SPDX-License-Identifier: Apache-2.0
#include "python/src/space.hpp"

#include <pybind11/stl.h>

#include "evolve/experiment.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn::python {
namespace py = pybind11;
namespace {

GeneKind kind_of(const std::string& name) {
  if (name == "real") return GeneKind::real;
  if (name == "integer") return GeneKind::integer;
  return GeneKind::categorical;
}

std::string name_of(SettingKind kind) {
  switch (kind) {
    case SettingKind::boolean:
      return "bool";
    case SettingKind::integer:
      return "int";
    case SettingKind::real:
      return "float";
    case SettingKind::text:
      return "str";
    case SettingKind::text_list:
      break;
  }
  return "list[str]";
}

Gene make_gene(const py::dict& given) {
  Gene gene;
  gene.path = given["name"].cast<std::string>();
  gene.kind = kind_of(given["kind"].cast<std::string>());
  if (gene.kind == GeneKind::categorical) {
    gene.values = given["values"].cast<std::vector<Scalar>>();
  } else {
    if (gene.kind == GeneKind::integer) {  // ends that a double does not hold are told there
      const auto whole = integer_gene(gene.path, given["low"].cast<std::int64_t>(), given["high"].cast<std::int64_t>());
      gene.low = whole.low;
      gene.high = whole.high;
    } else {
      gene.low = given["low"].cast<double>();
      gene.high = given["high"].cast<double>();
    }
    gene.scale = given["log"].cast<bool>() ? GeneScale::log : GeneScale::linear;
  }
  for (const auto& [path, values] : given["when"].cast<py::dict>()) {
    gene.conditions.push_back({path.cast<std::string>(), values.cast<std::vector<Scalar>>()});
  }
  return gene;
}

}  // namespace

SearchSpace make_space(const py::list& genes) {
  std::vector<Gene> made;
  for (const auto& gene : genes) made.push_back(make_gene(gene.cast<py::dict>()));
  return SearchSpace(std::move(made));
}

SearchSettings read_settings(const std::vector<GivenSetting>& given) {
  Document document;
  for (const auto& [path, value, where] : given) document.entries.push_back({path, value, where});
  std::vector<Diagnostic> mistakes;
  auto file = read_search_file(document, {}, mistakes);
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  return file.settings;
}

py::list describe_settings() {
  py::list rows;
  for (const auto& [setting, get, set] : search_settings_table()) {
    py::dict row;
    row["path"] = setting.path;
    row["kind"] = name_of(setting.kind);
    row["default"] = py::cast(setting.fallback);
    row["rule"] = rule_text(setting);
    row["unit"] = setting.unit;
    row["doc"] = setting.doc;
    rows.append(row);
  }
  return rows;
}

py::list describe_strategies() {
  py::list rows;
  for (const auto& entry : strategies()) {
    py::dict row;
    row["name"] = entry.name;
    row["doc"] = entry.doc;
    rows.append(row);
  }
  return rows;
}

}  // namespace evobrnn::python
