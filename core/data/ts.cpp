// SPDX-License-Identifier: Apache-2.0
#include "core/data/ts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/data/foreign_format.hpp"
#include "core/data/gzip.hpp"
#include "core/read_number.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

constexpr const char* kSpace = " \t\r\f\v";

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(kSpace);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string lower(std::string text) {
  for (auto& c : text) {  // not tolower(), which follows the locale
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string::size_type begin = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// Words between blanks; those in double quotes whole, without them. Nothing where a quote is not closed.
std::optional<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    if (text.empty()) return words;
    const bool quoted = text.front() == '"';
    if (quoted) text.remove_prefix(1);
    const auto end = quoted ? text.find('"') : std::min(text.find_first_of(kSpace), text.size());
    if (end == std::string_view::npos) return std::nullopt;
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end + (quoted ? 1 : 0));
  }
}

std::string without_quotes(const std::string& text) {
  const bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

class Reader {
 public:
  Reader(const std::string& bytes, std::string name) : name_(std::move(name)), rest_(without_byte_order_mark(bytes)) {}

  TsFile read() {
    bool in_data = false;
    while (!rest_.empty()) {
      const auto line = trimmed(next_line());
      if (line.empty() || line.front() == '#' || line.front() == '%') continue;
      if (in_data) {
        read_case(line);
      } else if (line.front() == '@') {
        in_data = read_header(line);
      } else {
        wrong(fmt::format("\"{}\" stands before @data, and is no @ line of a header", line.substr(0, 40)));
      }
    }
    if (!in_data) wrong("has no @data: cut short, or no .ts file");
    if (file_.cases.empty()) wrong("has no cases after @data");
    return std::move(file_);
  }

 private:
  /// Lines end with LF, CR LF or CR.
  std::string next_line() {
    const auto end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    const std::string line(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (!rest_.empty()) rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
    ++line_;
    return line;
  }

  [[noreturn]] void wrong(const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", name_, line_, what));
  }

  bool flag(const std::string& key, const std::string& text) const {
    const auto value = lower(text);
    if (value != "true" && value != "false") wrong(fmt::format("@{} must be true or false, not \"{}\"", key, text));
    return value == "true";
  }

  std::int64_t count(const std::string& key, const std::string& text) const {
    const auto number = read_number<std::int64_t>(text);
    if (!number || *number < 1) wrong(fmt::format("@{} must be a whole number from 1, not \"{}\"", key, text));
    return *number;
  }

  /// Returns whether the data begin.
  bool read_header(const std::string& line) {
    const auto words = words_of(std::string_view(line).substr(1));
    if (!words) wrong("a quote is not closed");
    const auto key = words->empty() ? "" : lower(words->front());
    const auto value = words->size() > 1 ? (*words)[1] : "";
    if (key == "data") {
      check_header();
      return true;
    }
    if (key == "problemname") return false;
    if (key == "timestamps") {
      if (flag(key, value)) wrong("series with time stamps are not read; resample them to equal steps");
    } else if (key == "missing") {
      flag(key, value);  // what is missing shows in the values
    } else if (key == "univariate") {
      univariate_ = flag(key, value);
    } else if (key == "dimensions" || key == "dimension") {
      file_.dimensions = count(key, value);
    } else if (key == "equallength") {
      equal_length_ = flag(key, value);
    } else if (key == "serieslength") {
      series_length_ = count(key, value);
    } else if (key == "classlabel") {
      if (!flag(key, value)) wrong("@classLabel false: only problems of classification are read");
      file_.labels.assign(words->begin() + 2, words->end());
    } else if (key == "targetlabel") {
      wrong("@targetLabel: problems of regression are not read; write them as safetensors");
    } else {
      wrong(
          fmt::format("unknown @{}; known: problemName, timeStamps, missing, univariate, dimensions, equalLength, "
                      "seriesLength, classLabel, data",
                      key));
    }
    return false;
  }

  void check_header() {
    if (file_.labels.empty()) wrong("@classLabel true and its labels must come before @data");
    for (std::size_t i = 0; i < file_.labels.size(); ++i) {
      if (!label_places_.try_emplace(file_.labels[i], static_cast<std::int64_t>(i)).second)
        wrong(fmt::format("@classLabel names {} twice", file_.labels[i]));
    }
    if (univariate_ && *univariate_ && file_.dimensions > 1)
      wrong(fmt::format("@univariate true contradicts @dimensions {}", file_.dimensions));
    if (univariate_ && *univariate_) file_.dimensions = 1;
  }

  double number(const std::string& text, std::size_t dimension, std::size_t step) const {
    const auto place = fmt::format("dimension {}, step {}", dimension + 1, step + 1);
    if (text.empty() || text == "?" || lower(text) == "nan")
      wrong(fmt::format("{}: a missing value; fill gaps before training", place));
    if (text.front() == '(') wrong(fmt::format("{}: a time stamp, though @timeStamps is not true", place));
    const auto value = read_number<double>(text);
    if (!value || !std::isfinite(*value))
      wrong(fmt::format("{}: \"{}\" is no finite number", place, text.substr(0, 40)));
    return *value;
  }

  void read_case(const std::string& line) {
    auto series = split(line, ':');
    const auto label = without_quotes(trimmed(series.back()));
    series.pop_back();
    if (series.empty()) wrong("a case without a class label: it must end with a colon and the label");
    const auto known = label_places_.find(label);
    if (known == label_places_.end())
      wrong(fmt::format("the label \"{}\" is none of @classLabel", label.substr(0, 40)));
    if (file_.dimensions == 0) file_.dimensions = static_cast<std::int64_t>(series.size());
    if (static_cast<std::int64_t>(series.size()) != file_.dimensions)
      wrong(fmt::format("has {} dimensions, and {} were announced", series.size(), file_.dimensions));

    TsCase one;
    one.label = known->second;
    one.steps = steps_of(series);
    one.values.resize(static_cast<std::size_t>(one.steps) * series.size());
    for (std::size_t d = 0; d < series.size(); ++d) {
      const auto values = split(series[d], ',');
      for (std::size_t t = 0; t < values.size(); ++t)
        one.values[t * series.size() + d] = number(trimmed(values[t]), d, t);
    }
    check_length(one.steps);
    file_.cases.push_back(std::move(one));
  }

  /// Those that all dimensions have, looked at before there is room for them: one long dimension and many short ones
  /// would need room for far more values than the line holds.
  std::int64_t steps_of(const std::vector<std::string>& series) const {
    const auto steps = [](const std::string& text) { return 1 + std::count(text.begin(), text.end(), ','); };
    const auto first = steps(series.front());
    for (std::size_t d = 1; d < series.size(); ++d) {
      if (const auto others = steps(series[d]); others != first)
        wrong(fmt::format("dimension {} has {} steps, and dimension 1 has {}", d + 1, others, first));
    }
    return first;
  }

  void check_length(std::int64_t steps) {
    // Some published files give a series length beside unequal lengths: it binds only where all are equal.
    if (equal_length_ && !*equal_length_) return;
    if (series_length_ && steps != *series_length_)
      wrong(fmt::format("has {} steps, and @seriesLength says {}", steps, *series_length_));
    if (equal_length_ && !file_.cases.empty() && steps != file_.cases.front().steps)
      wrong(fmt::format("has {} steps, the first case has {}, and @equalLength says true", steps,
                        file_.cases.front().steps));
  }

  const std::string name_;
  std::string_view rest_;
  std::int64_t line_ = 0;
  TsFile file_;
  std::map<std::string, std::int64_t> label_places_;
  std::optional<bool> univariate_, equal_length_;
  std::optional<std::int64_t> series_length_;
};

}  // namespace

TsFile parse_ts(const std::string& bytes, const std::string& name) { return Reader(bytes, name).read(); }
TsFile read_ts(const std::filesystem::path& file) { return parse_ts(read_maybe_gzip(file), file.string()); }

}  // namespace evobrnn
