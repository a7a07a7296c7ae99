// SPDX-License-Identifier: Apache-2.0
/// What is read and written is the same in a process whose numbers have commas.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/data/ts.hpp"
#include "core/io/safetensors.hpp"
#include "core/read_number.hpp"
#include "core/settings/document.hpp"
#include "core/trial.hpp"
#include "tests/comma_locale.hpp"

namespace evobrnn {
namespace {

/// The same text by `made` here and where numbers have commas.
void expect_same(const std::function<std::string()>& made) {
  const auto here = made();
  const testing_support::CommaLocale comma;
  EXPECT_EQ(made(), here);
  EXPECT_FALSE(here.empty());
}

TEST(Locale, SettingsAreReadAndWrittenAlike) {
  const testing_support::ScratchFolder folder;
  const auto file = folder.write("x.toml", "[model]\ndt = 0.25\nA = 1.5e-3\nn = 12345\n");
  expect_same([&] {
    auto document = read_document(file);
    override_entry(document, "train.lr=0.0625");
    std::string text;
    for (const auto& entry : document.entries) text += entry.path + "=" + to_toml(entry.value) + "\n";
    return text;
  });
}

TEST(Locale, TrialsAndResultsAreReadAndWrittenAlike) {
  TrialSpec spec;
  spec.settings.model.dt = 0.3;
  auto result = scored(0.875, {{"test_loss", 1234.5}});
  result.curve.push_back({1000, 2000, 0.5, 0.25, 0.125});
  expect_same([&] {
    return to_json(trial_spec_from_json(to_json(spec))) + to_json(trial_result_from_json(to_json(result))) +
           score_text(ScoreKind::mse, -0.125);
  });
}

TEST(Locale, DataAreReadAlike) {
  expect_same([] {
    const auto ts = parse_ts("@classLabel true a b\n@DIMENSIONS 1\n@data\n1.5,2:a\n-3.25e-1,4000:b\n", "x.ts");
    std::string text;
    for (const auto& one : ts.cases) {
      for (const auto value : one.values) text += to_toml(Value(value)) + " ";
    }
    return text + write_safetensors({{"x", at::tensor({0.5})}});
  });
}

TEST(Locale, ANumberIsWholeOrNone) {
  EXPECT_EQ(read_number<double>("1.5"), 1.5);
  EXPECT_EQ(read_number<double>("+1.5e1"), 15);
  EXPECT_EQ(read_number<double>("1e-400"), 0) << "as strtod()";
  EXPECT_EQ(read_number<double>("0.000001e-999999999999999999999"), 0);
  EXPECT_EQ(read_number<double>("-12e-400"), 0);
  EXPECT_FALSE(read_number<double>("1e400"));
  EXPECT_FALSE(read_number<double>("0.001e999"));
  EXPECT_FALSE(read_number<double>("1,5"));
  EXPECT_FALSE(read_number<double>(""));
  EXPECT_FALSE(read_number<double>("+"));
  EXPECT_FALSE(read_number<double>("+-1"));
  EXPECT_FALSE(read_number<double>("1 "));
  EXPECT_FALSE(read_number<double>("0x10"));
  EXPECT_EQ(read_number<std::int64_t>("-12"), -12);
  EXPECT_FALSE(read_number<std::int64_t>("9223372036854775808"));
  EXPECT_FALSE(read_number<std::int64_t>("1.0"));
}

}  // namespace
}  // namespace evobrnn
