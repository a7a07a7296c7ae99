// SPDX-License-Identifier: Apache-2.0
/// A plugin whose model, task and strategy fail in the way and place that their settings name: exceptions of every
/// type, counts that are none.
#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/models/model.hpp"
#include "core/plugin.hpp"
#include "core/tasks/task.hpp"
#include "evolve/strategies/strategy.hpp"

namespace {

using namespace evobrnn;

struct Failure {};

[[noreturn]] void fail(const std::string& how) {
  if (how == "int") throw 7;
  if (how == "text") throw std::string("text of the plugin");
  if (how == "chars") throw "characters of the plugin";
  if (how == "own") throw Failure();
  if (how == "memory") throw std::bad_alloc();
  throw std::runtime_error("exception of the plugin");
}

/// "make_int" fails by an int in make.
void fail_in(const std::string& place, const std::string& how) {
  if (how.starts_with(place + "_")) fail(how.substr(place.size() + 1));
}

class Misbehaving final : public Model {
 public:
  explicit Misbehaving(const ModelContext& context)
      : Model(context), how_(own_setting<std::string>(context.settings, "model.fails")) {
    fail_in("make", how_);
  }
  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    fail_in("unroll", how_);
    const auto drive = input_drive(x, noise);
    return [=, this](const State& before, std::int64_t t) {
      if (t == 2) fail_in("step", how_);
      const auto r = activation(drive[t] + at::mm(before.r, W.t()));
      return State{r, {}, {}, {}};
    };
  }

 private:
  const std::string how_;
};

ProductCount products(const ModelSettings& settings, std::int64_t n_in) {
  const auto how = own_setting<std::string>(settings, "model.fails");
  fail_in("products", how);
  const auto n = static_cast<double>(settings.n);
  if (how == "count_is_nan") return {std::numeric_limits<double>::quiet_NaN(), n};
  if (how == "count_is_negative") return {-n * n, n};
  if (how == "count_is_infinite") return {n * n, std::numeric_limits<double>::infinity()};
  return {n * n, n * static_cast<double>(n_in)};
}

Setting choice(const std::string& path, std::vector<std::string> choices) {
  Setting setting;
  setting.path = path;
  setting.kind = SettingKind::text;
  setting.fallback = std::string("never");
  setting.choices = std::move(choices);
  setting.doc = "Where and how it fails.";
  return setting;
}

ModelEntry model() {
  ModelEntry entry;
  entry.about.name = "misbehaving";
  entry.about.equation = "r ← φ(W r + P x + b)";
  entry.about.doc = "Fails as it is told.";
  entry.about.settings = {"model.activation", "model.dale"};
  entry.about.own = {
      choice("model.fails", {"never", "make_int", "make_text", "make_chars", "make_own", "make_exception",
                             "make_memory", "make_nothing", "unroll_int", "step_text", "step_exception", "products_int",
                             "products_exception", "count_is_nan", "count_is_negative", "count_is_infinite"})};
  entry.make = [](const ModelContext& context) -> std::unique_ptr<Model> {
    if (own_setting<std::string>(context.settings, "model.fails") == "make_nothing") return nullptr;
    return std::make_unique<Misbehaving>(context);
  };
  entry.products = products;
  return entry;
}

/// Whether one number is above one half.
class Above final : public Task {
 public:
  explicit Above(const TaskSettings& settings) : how_(own_setting<std::string>(settings, "task.fails")) {
    fail_in("make", how_);
    shape_.steps = 4;
    shape_.n_in = 1;
    shape_.n_out = 2;
    shape_.train = shape_.validation = shape_.test = 20;
    shape_.sequence = "T = 4 steps of 1 value";
  }
  TaskShape shape() const override { return shape_; }
  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    fail_in("fill", how_);
    const auto count = static_cast<std::int64_t>(indices.size());
    batch = Batch();
    batch.x = at::zeros({4, count, 1}, dtype);
    batch.y = at::zeros({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
      std::mt19937_64 random(100 * static_cast<std::uint64_t>(indices[static_cast<std::size_t>(i)]) +
                             static_cast<std::uint64_t>(part));
      batch.x[0][i] = static_cast<double>(random() % 100) / 100;
      batch.y[i] = batch.x[0][i].item<double>() > 0.5 ? 1 : 0;
    }
  }

 private:
  const std::string how_;
  TaskShape shape_;
};

TaskEntry task() {
  TaskEntry entry;
  entry.about.name = "above";
  entry.about.equation = "y = 1 where x > 1/2";
  entry.about.doc = "Fails as it is told.";
  entry.about.own = {choice("task.fails", {"never", "make_int", "fill_chars"})};
  entry.make = [](const TaskSettings& settings, DataStore&) { return std::make_shared<Above>(settings); };
  return entry;
}

void add() {
  add_model(model());
  add_task(task());
  StrategyEntry strategy;
  strategy.name = "throwing";
  strategy.doc = "Fails before it proposes anything.";
  strategy.run = [](const StrategyContext&) { fail("int"); };
  add_strategy(strategy);
}

}  // namespace

EVOBRNN_PLUGIN(add)
