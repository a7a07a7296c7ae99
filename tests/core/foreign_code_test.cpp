// SPDX-License-Identifier: Apache-2.0
#include "core/foreign_code.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

struct Odd {};

/// What thrown_text() says while `thrown` is handled.
template <class Thrown>
std::string text_of(Thrown thrown) {
  try {
    throw thrown;
  } catch (...) {
    return thrown_text();
  }
}

TEST(ForeignCode, WhateverIsThrownHasAText) {
  EXPECT_EQ(text_of(std::runtime_error("an exception")), "an exception");
  EXPECT_EQ(text_of(std::string("text")), "text");
  EXPECT_EQ(text_of("characters"), "characters");
  EXPECT_EQ(text_of(7), "the number 7");
  EXPECT_EQ(text_of(Odd()), "an exception of type evobrnn::(anonymous namespace)::Odd");
}

TEST(ForeignCode, LibTorchsStackIsLeftOut) {
  try {
    at::mm(at::zeros({2, 3}), at::zeros({2, 3}));
    FAIL();
  } catch (...) {
    EXPECT_EQ(thrown_text(), "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
  }
}

TEST(ForeignCode, IsNamedWhereItThrows) {
  set_plugin_being_loaded("/libmine.so");
  note_registration("model", "mine_of_a_test");
  set_plugin_being_loaded("");
  note_registration("model", "ours_of_a_test");
  EXPECT_EQ(plugin_origin("model", "mine_of_a_test"), "model mine_of_a_test of plugin /libmine.so");
  EXPECT_EQ(plugin_origin("model", "ours_of_a_test"), "");
  const std::string origin = "model mine of plugin /libmine.so";
  const auto told = [&](auto thrown) -> std::string {
    try {
      call_foreign(origin, [&] { call_foreign(origin, [&] { throw thrown; }); });
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(told(7), "model mine of plugin /libmine.so: the number 7") << "once, however often it comes through";
  EXPECT_EQ(told(std::logic_error("no")), "model mine of plugin /libmine.so: no");
}

TEST(ForeignCode, TypesThatSayWhatToDoStayThose) {
  const auto call = [](auto thrown) { call_foreign("model mine of plugin /libmine.so", [&] { throw thrown; }); };
  EXPECT_THROW(call(std::bad_alloc()), std::bad_alloc);
  EXPECT_THROW(call(SettingsError({{"", "model.n", "3", "is too small"}})), SettingsError);
  EXPECT_THROW(call(DataError("x.idx: missing")), DataError);
  EXPECT_THROW(call_foreign("", [] { throw 7; }), int) << "ours is thrown as it is";
}

}  // namespace
}  // namespace evobrnn
