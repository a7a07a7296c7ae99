// SPDX-License-Identifier: Apache-2.0
/// What the conformance kit is made of: checks of one property each, which name what they found wrong. Free of any test
/// framework, so that a suite of any kind can run them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {
/// The conformance kit.
namespace conformance {

/// Where a property does not hold.
struct Finding {
  std::string property;  ///< that of the check
  std::string variant;   ///< that of the check
  std::string where;     ///< what was looked at: "gradient of W[2, 0]", "row 3", "2 workers"
  std::string expected;  ///< what must be there
  std::string seen;      ///< what is there
};

/// "GradientsEqualCentralDifferences, mine_dale: gradient of W[2, 0]: expected 0.25, seen 0".
std::string to_text(const Finding& finding);

/// One finding, wherever it was made.
struct FindingGroup {
  Finding first;                      ///< as it was found first, with its variant
  std::size_t count = 0;              ///< how often it was found
  std::vector<std::string> variants;  ///< those it was found in, each once, in order
};

/// Each finding once: the same property, place and, where it is no number, the same that was seen.
std::vector<FindingGroup> grouped(const std::vector<Finding>& findings);

/// The group's first finding, how often it was made, and in which variants.
std::string to_text(const FindingGroup& group);

/// Collects what one check finds wrong: the first few, for one mistake shows in many places.
class Findings {
 public:
  /// Adds a finding unless it `holds`, which it returns.
  bool expect(bool holds, const std::string& where, const std::string& expected, const std::string& seen);
  /// Adds a finding unless both are equal, which it returns.
  bool expect_equal(const std::string& where, double seen, double expected);
  /// Adds a finding unless they differ by at most `tolerance`, absolute, which it returns.
  bool expect_near(const std::string& where, double seen, double expected, double tolerance);

  /// Nothing was found so far.
  bool empty() const { return list_.empty(); }
  /// No more will be kept.
  bool full() const { return list_.size() >= kMost; }
  /// What was found, without names of property and variant.
  const std::vector<Finding>& list() const { return list_; }

 private:
  static constexpr std::size_t kMost = 3;
  std::vector<Finding> list_;
};

/// A number to all its digits.
std::string number_text(double number);

/// One property of one variant, to be looked at by itself.
struct Check {
  std::string property;                        ///< a sentence in one word: "BatchRowsAreIndependent"
  std::string variant;                         ///< the settings under which it is looked at: "mine_dale_sparse"
  std::function<std::vector<Finding>()> look;  ///< what findings_of() calls
};

/// What a check finds wrong; nothing where the property holds. An exception that the checked code throws is a finding
/// too.
std::vector<Finding> findings_of(const Check& check);
/// The same of all, in order.
std::vector<Finding> findings_of(const std::vector<Check>& checks);

/// "batch rows are independent".
std::string in_words(const std::string& property);

}  // namespace conformance
}  // namespace evobrnn
