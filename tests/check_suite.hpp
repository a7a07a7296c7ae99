// SPDX-License-Identifier: Apache-2.0
/// The checks of the conformance kit as tests of their own: SUITE.Property/variant.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/conformance_check.hpp"

namespace evobrnn::testing_support {

class CheckTest : public ::testing::Test {
 public:
  explicit CheckTest(conformance::Check check) : check_(std::move(check)) {}
  void TestBody() override {
    for (const auto& finding : conformance::findings_of(check_)) ADD_FAILURE() << to_text(finding);
  }

 private:
  const conformance::Check check_;
};

/// Call it before main, as `const bool kRegistered = register_checks(…);`.
inline bool register_checks(const std::string& suite, const std::vector<conformance::Check>& checks) {
  for (const auto& check : checks) {
    ::testing::RegisterTest(suite.c_str(), (check.property + "/" + check.variant).c_str(), nullptr, nullptr, __FILE__,
                            __LINE__, [check]() -> ::testing::Test* { return new CheckTest(check); });
  }
  return true;
}

}  // namespace evobrnn::testing_support
