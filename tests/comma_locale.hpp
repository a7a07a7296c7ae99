// SPDX-License-Identifier: Apache-2.0
/// A process in which numbers are written with a comma, as with LC_NUMERIC=de_DE: the C library's locale, made here so
/// that none must be installed, and the C++ library's.
#pragma once

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <locale>
#include <string>

#include "tests/scratch_folder.hpp"

namespace evobrnn::testing_support {

class CommaLocale {
 public:
  CommaLocale() : before_(std::setlocale(LC_NUMERIC, nullptr)), cpp_before_(std::locale()) {
    const auto source = folder_.write("comma.source",
                                      "escape_char /\ncomment_char %\nLC_NUMERIC\ndecimal_point \",\"\n"
                                      "thousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n");
    // It warns of every other category, which are left as they are in C.
    const auto make = "localedef -c --no-archive -i '" + source.string() + "' '" + (folder_ / "comma").string() +
                      "' > '" + (folder_ / "log").string() + "' 2>&1";
    [[maybe_unused]] const int status = std::system(make.c_str());
    setenv("LOCPATH", folder_.path().c_str(), 1);
    EXPECT_NE(std::setlocale(LC_NUMERIC, "comma"), nullptr) << "localedef makes no locale here";
    EXPECT_EQ(std::strtod("1,5", nullptr), 1.5) << "the locale is not in force";
    std::locale::global(std::locale(std::locale(), new Commas));
    std::setlocale(LC_NUMERIC, "comma");  // the line above may have set it anew
  }
  ~CommaLocale() {
    std::locale::global(cpp_before_);
    std::setlocale(LC_NUMERIC, before_.c_str());
    unsetenv("LOCPATH");
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;

 private:
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  const ScratchFolder folder_;
  const std::string before_;
  const std::locale cpp_before_;
};

}  // namespace evobrnn::testing_support
