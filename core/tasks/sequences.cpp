// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/sequences.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/data/data_store.hpp"
#include "core/data/sequence_file.hpp"
#include "core/data/sequence_inputs.hpp"
#include "core/random.hpp"
#include "core/tasks/data_task.hpp"
#include "core/tasks/parts.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostClasses = 100000;
constexpr std::int64_t kTestShare = 5;  // one of so many samples, where neither file nor number is given
constexpr std::uint64_t kTestPart = 2;  // purpose of a derived seed

/// A checked file. What a file does not have is undefined.
struct SequenceSet {
  at::Tensor x;                     ///< [samples, steps, features], zero beyond the lengths
  at::Tensor y;                     ///< as in Batch, samples first
  at::Tensor mask;                  ///< [samples, steps] float64, zero beyond the lengths; with one y a step
  at::Tensor lengths;               ///< [samples] int64
  std::int64_t classes = 0;         ///< 0: y holds values
  std::vector<std::string> labels;  ///< names of the classes, where the file has them
  bool announced = false;           ///< the file lists its classes, whether they occur or not

  std::int64_t samples() const { return x.size(0); }
  bool every_step() const { return classes > 0 ? y.dim() == 2 : y.dim() == 3; }
  std::int64_t outputs() const { return classes > 0 ? classes : y.size(-1); }
};

bool whole(const at::Tensor& tensor) { return at::isIntegralType(tensor.scalar_type(), true); }

bool is_npy_name(const std::string& file) { return file.ends_with(".npy") || file.ends_with(".npy.gz"); }

/// Turns the tensors of a file into a checked set.
class Checker {
 public:
  explicit Checker(std::string file) : file_(std::move(file)) {}

  SequenceSet check(const std::vector<NamedTensor>& tensors) {
    SequenceSet set;
    for (const auto& [name, tensor] : tensors) {
      if (name == "x") set.x = tensor;
      else if (name == "y") set.y = tensor;
      else if (name == "lengths") set.lengths = tensor;
      else if (name == "mask") set.mask = tensor;
      else wrong(fmt::format("holds \"{}\"; known: x, y, lengths, mask", name));
    }
    check_x(set);
    check_y(set);
    check_mask(set);
    return set;
  }

 private:
  [[noreturn]] void wrong(const std::string& what) const { throw DataError(file_ + ": " + what); }

  void check_x(SequenceSet& set) const {
    if (!set.x.defined()) wrong("has no x [samples, steps, features]");
    if (!set.y.defined()) {
      const auto others = companions(fs::path(file_).filename().string());
      if (is_npy_name(file_))
        wrong(others.empty() ? "holds one array, and no y: store x and y as one .npz, or as x.npy and y.npy"
                             : "has no y: " + others.front() + " is not beside it");
      wrong("has no y");
    }
    const auto inputs = check_inputs(file_, set.x, set.lengths);
    set.x = inputs.x;
    set.lengths = inputs.lengths;
  }

  void check_y(SequenceSet& set) const {
    const auto samples = set.samples(), steps = set.x.size(1);
    if (set.y.dim() == 0 || set.y.size(0) != samples)
      wrong(fmt::format("y is {}, and x has {} samples", shape_text(set.y), samples));
    if (!whole(set.y)) return check_real_y(set);
    if (set.y.dim() > 2 || (set.y.dim() == 2 && set.y.size(1) != steps))
      wrong(fmt::format("y is {}, and classes must be [samples] or [samples, steps] = [{}, {}]", shape_text(set.y),
                        samples, steps));
    set.y = set.y.to(at::kLong);
    if (set.y.dim() == 2 && set.lengths.defined()) set.y = set.y * inside(set.lengths, steps).to(at::kLong);
    const auto bad = set.y.lt(0).logical_or(set.y.ge(kMostClasses)).reshape({-1}).nonzero();
    if (bad.size(0) > 0) {
      wrong(fmt::format("y holds {}: classes go from 0 to at most {}",
                        set.y.reshape({-1})[bad[0][0]].item<std::int64_t>(), kMostClasses - 1));
    }
    set.classes = std::max<std::int64_t>(2, set.y.max().item<std::int64_t>() + 1);
  }

  void check_real_y(SequenceSet& set) const {
    const auto steps = set.x.size(1);
    if (set.y.dim() == 1) set.y = set.y.unsqueeze(1);
    if (set.y.dim() > 3 || set.y.numel() == 0 || (set.y.dim() == 3 && set.y.size(1) != set.x.size(1)))
      wrong(fmt::format("y is {}, and values must be [samples], [samples, outputs] or [samples, steps, outputs]",
                        shape_text(set.y)));
    set.y = set.y.to(at::kDouble);
    if (set.y.dim() == 3 && set.lengths.defined())
      set.y = at::where(inside(set.lengths, steps).unsqueeze(2), set.y, at::zeros({}, set.y.options()));
    if (!set.y.isfinite().all().item<bool>()) wrong("y holds NaN or an infinite value");
  }

  void check_mask(SequenceSet& set) const {
    const auto samples = set.samples(), steps = set.x.size(1);
    if (set.mask.defined()) {
      if (!set.every_step()) wrong("mask is for a y with a target at every step, and this y has one a sequence");
      if (set.mask.dim() != 2 || set.mask.size(0) != samples || set.mask.size(1) != steps)
        wrong(fmt::format("mask is {}, and must be [samples, steps] = [{}, {}]", shape_text(set.mask), samples, steps));
      set.mask = set.mask.to(at::kDouble);
    } else if (set.every_step()) {
      set.mask = at::ones({samples, steps}, at::kDouble);
    } else {
      return;
    }
    if (set.lengths.defined()) set.mask = at::where(inside(set.lengths, steps), set.mask, at::zeros({}, at::kDouble));
    if (!set.mask.isfinite().all().item<bool>() || set.mask.lt(0).any().item<bool>())
      wrong("mask holds a negative or infinite value, or NaN");
    const auto empty = set.mask.sum(1).eq(0).nonzero();
    if (empty.size(0) > 0) wrong(fmt::format("mask leaves no step of sample {}", empty[0][0].item<std::int64_t>()));
  }

  const std::string file_;
};

SequenceSet read_set(const fs::path& file) {
  const auto read = read_sequence_file(file);
  auto set = Checker(file.string()).check(read.tensors);
  if (read.labels.empty()) return set;
  set.classes = std::max<std::int64_t>(2, static_cast<std::int64_t>(read.labels.size()));
  set.labels = read.labels;
  set.announced = read.announced;
  return set;
}

/// The set with its classes numbered as in `labels`, which has all of its own.
SequenceSet renumbered(SequenceSet set, const std::vector<std::string>& labels) {
  std::vector<std::int64_t> places;
  for (const auto& label : set.labels)
    places.push_back(std::lower_bound(labels.begin(), labels.end(), label) - labels.begin());
  set.y = at::tensor(places, at::kLong).index_select(0, set.y.reshape({-1})).view_as(set.y);
  set.labels = labels;
  set.classes = std::max<std::int64_t>(2, static_cast<std::int64_t>(labels.size()));
  return set;
}

/// Names that were gathered from the data may be fewer in one of the files: both get those of both.
void share_labels(SequenceSet& train, SequenceSet& test) {
  if (train.labels.empty() || test.labels.empty() || train.announced || test.announced) return;
  std::vector<std::string> all;
  std::set_union(train.labels.begin(), train.labels.end(), test.labels.begin(), test.labels.end(),
                 std::back_inserter(all));
  train = renumbered(train, all);
  test = renumbered(test, all);
}

/// The chosen samples.
SequenceSet select(const SequenceSet& from, const at::Tensor& samples) {
  auto chosen = from;
  const auto pick = [&samples](const at::Tensor& t) { return t.defined() ? t.index_select(0, samples) : t; };
  chosen.x = pick(from.x);
  chosen.y = pick(from.y);
  chosen.mask = pick(from.mask);
  chosen.lengths = pick(from.lengths);
  return chosen;
}

/// "a target", or of several values how many: [samples, outputs] is easily taken for one value at every step.
std::string target_text(const SequenceSet& set) {
  return set.classes > 0 || set.outputs() == 1 ? "a target" : fmt::format("a target of {} values", set.outputs());
}

class Sequences final : public DataTask {
 public:
  Sequences(const SequenceSet& set, const SequenceSet* tests, const TaskSettings& settings) {
    at::Tensor own_tests, rest = at::arange(set.samples(), at::kLong);
    if (!tests) {
      const auto wanted = settings.test_samples > 0 ? settings.test_samples : set.samples() / kTestShare;
      if (wanted < 1 || wanted >= set.samples())
        throw DataError(fmt::format("{} has {} samples: too few to draw {} test samples from them", settings.file,
                                    set.samples(), wanted));
      const auto order = at::randperm(
          set.samples(), make_generator(derived_seed(static_cast<std::uint64_t>(settings.data_seed), kTestPart)),
          at::TensorOptions().dtype(at::kLong));
      own_tests = order.narrow(0, 0, wanted);
      rest = order.narrow(0, wanted, set.samples() - wanted);
    }
    const auto parts = draw_parts(rest.size(0), tests ? tests->samples() : own_tests.size(0), settings);
    train_ = select(set, rest.index_select(0, parts.train));
    validation_ = select(set, rest.index_select(0, parts.validation));
    test_ = tests ? select(*tests, parts.test) : select(set, own_tests.index_select(0, parts.test));

    shape_.steps = set.x.size(1);
    shape_.n_in = set.x.size(2);
    shape_.n_out = set.classes > 0 && tests ? std::max(set.outputs(), tests->outputs()) : set.outputs();
    shape_.train = train_.samples();
    shape_.validation = validation_.samples();
    shape_.test = test_.samples();
    facts_ = {tests ? tests->samples() : own_tests.size(0), set.labels};
    shape_.score = set.classes > 0 ? ScoreKind::accuracy : ScoreKind::mse;
    shape_.every_step = set.every_step();
    shape_.lengths = set.lengths.defined() || (tests && tests->lengths.defined());
    shape_.sequence = fmt::format("T = {}{} steps of {} value{}, {} {}", set.lengths.defined() ? "at most " : "",
                                  shape_.steps, shape_.n_in, shape_.n_in == 1 ? "" : "s", target_text(set),
                                  shape_.every_step ? "at every step" : "a sequence");
  }

  TaskShape shape() const override { return shape_; }
  DataFacts facts() const override { return facts_; }

  void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const override {
    const auto& all = part == Part::train ? train_ : part == Part::validation ? validation_ : test_;
    const auto set = select(all, at::from_blob(const_cast<std::int64_t*>(indices.data()),
                                               {static_cast<std::int64_t>(indices.size())}, at::kLong));
    const auto time_major = [](const at::Tensor& t) { return t.transpose(0, 1).contiguous(); };
    batch = {};
    batch.x = time_major(set.x).to(dtype);
    batch.y = set.every_step() ? time_major(set.y) : set.y;
    if (set.classes == 0) batch.y = batch.y.to(dtype);
    if (set.mask.defined()) batch.mask = time_major(set.mask).to(dtype);
    batch.lengths = set.lengths;
  }

 private:
  TaskShape shape_;
  DataFacts facts_;
  SequenceSet train_, validation_, test_;
};

void check_fit(const SequenceSet& train, const SequenceSet& test, const TaskSettings& settings) {
  const auto wrong = [&](const std::string& what) {
    throw DataError(fmt::format("{} and {}: {}", settings.file, settings.test_file, what));
  };
  if (train.x.size(2) != test.x.size(2))
    wrong(fmt::format("x has {} features in one and {} in the other", train.x.size(2), test.x.size(2)));
  if ((train.classes > 0) != (test.classes > 0) || train.every_step() != test.every_step() ||
      (train.classes == 0 && train.outputs() != test.outputs()))
    wrong("their y are of different kinds");
  if (train.labels != test.labels) wrong("their class labels differ");
}

}  // namespace

std::shared_ptr<const Task> make_sequences(const TaskSettings& settings, DataStore& data) {
  const auto read = [&data](const std::string& name) {
    const auto file = data.find("", {name}, "--data DIR or EVOBRNN_DATA names the folder of relative names");
    for (const auto& other : companions(name)) {  // that the store knows of: they belong to the data of a run
      std::error_code ignored;
      if (fs::exists(file.parent_path() / fs::path(other).filename(), ignored)) data.find("", {other}, "");
    }
    return data.once<SequenceSet>("sequences\n" + file.string(),
                                  [&file] { return std::make_shared<const SequenceSet>(read_set(file)); });
  };
  auto set = *read(settings.file);
  if (settings.test_file.empty()) return std::make_shared<Sequences>(set, nullptr, settings);
  auto tests = *read(settings.test_file);
  share_labels(set, tests);
  check_fit(set, tests, settings);
  return std::make_shared<Sequences>(set, &tests, settings);
}

}  // namespace evobrnn
