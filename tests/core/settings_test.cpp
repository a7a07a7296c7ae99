// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <limits>

#include "core/settings/trial_settings.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

std::string write(const std::string& name, const std::string& text) {
  const auto file = testing::TempDir() + name;
  std::ofstream(file) << text;
  return file;
}

std::string error_of(const std::string& toml) {
  try {
    read_document(write("broken.toml", toml));
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "";
}

TEST(Document, EntriesKeepPathValueLineAndOrder) {
  const auto file = write("good.toml",
                          "name = \"x\"\n[train]\nlr = 0.1\nbatch = 3\n[genes]\nmodel.dt = { low = 0.1, when = { "
                          "\"model.a_kind\" = [\"ei\"] } }\n");
  const auto document = read_document(file);
  ASSERT_EQ(document.entries.size(), 5U);
  EXPECT_EQ(document.entries[1].path, "train.lr");
  EXPECT_EQ(document.entries[1].where, file + ":3");
  EXPECT_EQ(document.entries[2].value, Value(std::int64_t{3}));
  EXPECT_EQ(document.entries[3].path, "genes.model.dt.low");
  EXPECT_EQ(document.entries[4].path, "genes.model.dt.when.model.a_kind");
}

TEST(Document, MistakesNameTheLine) {
  EXPECT_THAT(error_of("a = 1\nb = = 2\n"), HasSubstr("broken.toml:2"));
  EXPECT_THAT(error_of("a = 1\na = 2\n"), HasSubstr("broken.toml:2"));
  EXPECT_THAT(error_of("a = 1979-05-27\n"), HasSubstr("plain value"));
  EXPECT_THAT(error_of("a = [[1]]\n"), HasSubstr("flat list"));
  EXPECT_THROW(read_document(testing::TempDir() + "absent.toml"), SettingsError);
  EXPECT_THROW(read_document(testing::TempDir()), SettingsError);
}

TEST(Document, AnOverrideReplacesTheEntry) {
  auto document = read_document(write("o.toml", "[model]\nn = 3\n"));
  override_entry(document, "model.n=5");
  override_entry(document, "task.name = mnist");
  override_entry(document, "model.trained=[\"dt\"]");
  ASSERT_EQ(document.entries.size(), 3U);
  EXPECT_EQ(document.entries[0].value, Value(std::int64_t{5}));
  EXPECT_EQ(document.entries[0].where, "--set");
  EXPECT_EQ(document.entries[1].value, Value("mnist"));
  EXPECT_THROW(override_entry(document, "model.n"), SettingsError);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// What walks over a tree makes a call a level, and a stack has no room for thousands.
TEST(Document, DepthIsBoundedHoweverItIsWritten) {
  const auto parts = "a key of more than 32 parts", levels = "more than 32 deep";
  const auto deep = repeated(".a", 20'000);
  for (const auto& [toml, rule] :
       std::vector<std::pair<std::string, std::string>>{{"\n[a" + deep + "]\n", parts},
                                                        {"\na" + deep + " = 1\n", parts},
                                                        {"\na" + repeated(" . a", 20'000) + " = 1\n", parts},
                                                        {"\n[\"#\"" + deep + "]\n", parts},
                                                        {"\n['#'" + deep + "]\n", parts},
                                                        {"\n\"=\"" + deep + " = 1\n", parts},
                                                        {"\n\"a\\\"#\"" + deep + " = 1\n", parts},
                                                        {"\n[a" + repeated(".\"b,#={[\"", 9000) + "]\n", parts},
                                                        {"\n[a" + repeated(".'b,#={['", 9000) + "]\n", parts},
                                                        {"x = \"\"\"\"# \"\" \"\"\"\"\"\n[a" + deep + "]\n", parts},
                                                        {"x = '''''# '''''\n[a" + deep + "]\n", parts},
                                                        {"x = \"\" # \"\n[a" + deep + "]\n", parts},
                                                        {"\nx = { a" + deep + " = 1 }\n", parts},
                                                        {"\nx = " + repeated("[", 20'000), levels},
                                                        {"\nx = " + repeated("{ a.b = ", 20'000), levels},
                                                        {"\nx = " + repeated("[{ 'a]' = ", 20'000), levels}}) {
    const auto told = error_of(toml);
    EXPECT_THAT(told, HasSubstr("broken.toml:2: has ")) << toml.substr(0, 60);
    EXPECT_THAT(told, HasSubstr(rule)) << toml.substr(0, 60);
    auto document = Document();
    if (toml.starts_with("\nx = ")) {
      EXPECT_THROW(override_entry(document, toml.substr(1)), SettingsError) << toml.substr(0, 60);
    }
  }
}

TEST(Document, TextsAndCommentsAreNoKeys) {
  const auto dots = repeated(".", 500) + repeated("[{", 500);
  for (const auto& text : {"x = \"" + dots + "\"\n", "x = '" + dots + "'\n", "x = \"\"\"\n\\\"" + dots + "\n\"\"\"\n",
                           "x = '''\n" + dots + "\n'''\n", "# " + dots + "\nx = 1 # " + dots + "\n",
                           "x = [\"" + dots + "\", # " + dots + "\n'" + dots + "']\n", "\"" + dots + "\" = 1\n"})
    EXPECT_EQ(error_of(text), "") << text.substr(0, 20);
  EXPECT_EQ(error_of("x = [" + repeated("0.5, ", 500) + "]\n"), "");
}

TEST(Document, AnOverrideIsText) {
  Document document;
  EXPECT_THROW(override_entry(document, "task.file=lat\xe4in"), SettingsError);
  EXPECT_NO_THROW(override_entry(document, "task.file=lat\xc3\xa4in"));
}

TEST(Setting, RangesAndTypesAreChecked) {
  TrialSettings settings;
  std::vector<Diagnostic> mistakes;
  const auto try_value = [&](const std::string& path, const Value& value) {
    mistakes.clear();
    assign(*find_setting(trial_settings_table(), path), settings, {path, value, "here"}, mistakes);
    return mistakes.empty() ? std::string() : to_text(mistakes.front());
  };
  EXPECT_EQ(try_value("model.dt", 1.0), "");
  EXPECT_EQ(try_value("model.dt", std::int64_t{1}), "");
  EXPECT_EQ(try_value("model.dt", 1.5), "here: model.dt = 1.5: must be a real number in (0, 1]");
  EXPECT_NE(try_value("model.dt", 0.0), "");
  EXPECT_NE(try_value("model.dt", std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_NE(try_value("train.lr", std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(try_value("model.n", 3.0), "");
  EXPECT_NE(try_value("model.n", true), "");
  EXPECT_THAT(try_value("model.activation", "sigmoyd"), HasSubstr("did you mean sigmoid?"));
  EXPECT_EQ(settings.model.dt, 1.0);
}

TEST(Setting, EveryDefaultKeepsItsOwnRule) {
  for (const auto& row : trial_settings_table()) {
    EXPECT_FALSE(row.setting.doc.empty()) << row.setting.path;
    const auto& setting = row.setting;
    if (setting.kind == SettingKind::text && setting.choices.empty()) continue;
    EXPECT_EQ(broken_rule(setting, setting.fallback), std::nullopt) << setting.path;
  }
}

TEST(Names, TheNearestIsSuggested) {
  EXPECT_EQ(nearest_name("model.at", {"model.dt", "model.n"}), "model.dt");
  EXPECT_EQ(nearest_name("train.dt", {"model.dt", "train.lr"}), "model.dt");
  EXPECT_EQ(nearest_name("quite.something", {"model.dt"}), "");
}

TEST(Value, RealsReadBackAsTheSameBits) {
  for (const double number : {0.1, 1.0 / 3, 1e-300, 123456789.0, -0.0, 5e-324}) {
    EXPECT_EQ(std::strtod(to_text(Value(number)).c_str(), nullptr), number);
    const auto document = read_document(write("v.toml", "x = " + to_toml(Value(number)) + "\n"));
    EXPECT_EQ(document.entries[0].value, Value(number));
  }
  const std::string odd = "a \"quoted\" \\ text\n\x01";
  EXPECT_EQ(read_document(write("t.toml", "x = " + to_toml(Value(odd)) + "\n")).entries[0].value, Value(odd));
}

TEST(Toml, WrittenSettingsReadBack) {
  TrialSettings settings;
  settings.model.a_kind = "constant";
  settings.model.A = 0.7;
  std::vector<std::pair<Setting, Value>> rows;
  for (const auto& row : trial_settings_table()) rows.emplace_back(row.setting, row.get(settings));
  TrialSettings read;
  std::vector<Diagnostic> mistakes;
  const auto document = read_document(write("w.toml", write_toml(rows)));
  for (const auto& entry : document.entries)
    assign(*find_setting(trial_settings_table(), entry.path), read, entry, mistakes);
  EXPECT_TRUE(mistakes.empty());
  for (const auto& row : trial_settings_table()) EXPECT_EQ(row.get(read), row.get(settings)) << row.setting.path;
  EXPECT_EQ(find_setting(trial_settings_table(), "model.A_E")->get(read), Value(TrialSettings{}.model.A_E));
}

}  // namespace
}  // namespace evobrnn
