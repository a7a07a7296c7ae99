// SPDX-License-Identifier: Apache-2.0
/// One worked case of the golden file, in a file of its own.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace evobrnn::testing_support {

/// Writes the case `name` after `change` was made to it, and returns the file.
inline std::string golden_case_file(const std::string& name, const std::function<void(nlohmann::json&)>& change = {}) {
  std::ifstream stream(EVOBRNN_GOLDEN);
  auto root = nlohmann::json::parse(stream);
  auto cases = nlohmann::json::array();
  for (auto& test : root["cases"]) {
    if (test["name"].get<std::string>().rfind(name + "/", 0) == 0) cases.push_back(test);
  }
  if (change) change(cases.at(0));
  root["cases"] = cases;
  const auto file = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  std::ofstream(file) << root;
  return file;
}

}  // namespace evobrnn::testing_support
