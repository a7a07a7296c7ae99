// SPDX-License-Identifier: Apache-2.0
/// Settings of the task: images, own data, manipulations of sequences, working memory.
#include "core/settings/rows.hpp"

namespace evobrnn {
namespace {

void add_manipulations(TrialTable& t) {
  add(t,
      one_of(describe("task.manipulate",
                      "When the manipulations of sequences below act: always, in training only, or in testing "
                      "(validation and test) only."),
             {"always", "train", "test"}),
      FIELD(task.manipulate));
  add(t,
      in_range(describe("task.input_noise",
                        "Standard deviation of noise added to every input value, the same for a sample each time it is "
                        "shown (model.input_noise is drawn anew)."),
               0, 100),
      FIELD(task.input_noise));
  add(t,
      with_unit(
          in_range(describe("task.crop_start", "Steps cut off at the beginning of every sequence."), 0, kLargestCount),
          "steps"),
      FIELD(task.crop_start));
  add(t,
      with_unit(in_range(describe("task.crop", "Steps that are kept from there on; 0: all."), 0, kLargestCount),
                "steps"),
      FIELD(task.crop));
  add(t, in_range(describe("task.input_fraction", "Only this first fraction of each sequence is fed."), 0, 1),
      FIELD(task.input_fraction));
  add(t, one_of(describe("task.after_input", "What is fed after it."), {"zeros", "noise"}), FIELD(task.after_input));
  add(t,
      where(in_range(describe("task.after_input_sd", "Standard deviation of that noise."), 0, 100), "task.after_input",
            {"noise"}),
      FIELD(task.after_input_sd));
  add(t,
      with_unit(in_range(describe("task.gap", "Blank steps (zeros) between one input and the next."), 0, 100000),
                "steps"),
      FIELD(task.gap));
  add(t,
      with_unit(in_range(describe("task.blank_delay",
                                  "Blank steps (zeros) between the last input and the read-out; for tasks with one "
                                  "target a sequence."),
                         0, 1e6),
                "steps"),
      FIELD(task.blank_delay));
  add(t,
      in_range(describe("task.reset_at",
                        "The network's state is reset after this fraction of each sequence; 0: never. 1: nothing is "
                        "left to read."),
               0, 1),
      FIELD(task.reset_at));
}

/// Settings of the tasks of working memory. `published` ones stand in the tasks' own entries.
void add_memory(TrialTable& t) {
  const auto time = [](const std::string& path, const std::string& doc) {
    return with_unit(in_range(describe(path, doc + " −1: as published for the task."), kPublished, 1e7), "ms");
  };
  add(t,
      with_unit(above(describe("task.dt_ms",
                               "Time of one step; periods are rounded to whole steps (Yang et al., 2019, use 20)."),
                      0, 10000),
                "ms"),
      FIELD(task.dt_ms));
  add(t, time("task.fixation_ms", "Fixation before the first stimulus."), FIELD(task.fixation_ms));
  add(t, time("task.sample_ms", "The stimulus that is to be remembered, or integrated."), FIELD(task.sample_ms));
  add(t, time("task.delay_ms", "The delay after it."), FIELD(task.delay_ms));
  add(t, time("task.test_ms", "The stimulus that is compared with it."), FIELD(task.test_ms));
  add(t, time("task.response_ms", "The time to answer."), FIELD(task.response_ms));
  add(t,
      with_unit(in_range(describe("task.grace_ms",
                                  "Begin of the answer that counts neither in loss nor in score (Masse et al., 2019, "
                                  "use 50)."),
                         0, 1e6),
                "ms"),
      FIELD(task.grace_ms));
  add(t,
      in_range(describe("task.directions", "Directions or places on the circle, at least 2. −1: as published."),
               kPublished, 1000),
      FIELD(task.directions));
  add(t, in_range(describe("task.input_units", "Input units on the ring (Masse et al., 2019, use 24)."), 1, 10000),
      FIELD(task.input_units));
  add(t, above(describe("task.tuning_height", "Largest input of a tuned unit (Masse et al., 2019, use 4)."), 0, 1000),
      FIELD(task.tuning_height));
  add(t, above(describe("task.tuning_width", "κ of the von Mises tuning (Masse et al., 2019, use 2)."), 0, 1000),
      FIELD(task.tuning_width));
  add(t, in_range(describe("task.tests", "Tests at most (Masse et al., 2019, use 3)."), 1, 100), FIELD(task.tests));
  add(t,
      in_range(describe("task.repeat_probability",
                        "How often a distractor is the one before it again (Masse et al., 2019, use 0.5)."),
               0, 1),
      FIELD(task.repeat_probability));
  add(t,
      in_range(describe("task.evidence_noise",
                        "Noise of the evidence, drawn for each sample: a step's standard deviation is this over "
                        "√(dt_ms); 0.14 ≈ √(2 · 100 ms) · 0.01, as Song, Yang & Wang (2016)."),
               0, 100),
      FIELD(task.evidence_noise));
  add(t,
      with_unit(in_range(describe("task.steps",
                                  "Length: of the sequence (flip_flop, adding), of the delay (copy_memory). −1: as "
                                  "published for the task."),
                         kPublished, 1e6),
                "steps"),
      FIELD(task.steps));
  add(t, in_range(describe("task.bits", "Channels (Sussillo & Barak, 2013, use 3)."), 1, 1000), FIELD(task.bits));
  add(t,
      in_range(describe("task.pulse_probability",
                        "How often a channel has a pulse in a step (Golub & Sussillo, 2018, use 0.5)."),
               0, 1),
      FIELD(task.pulse_probability));
  add(t, in_range(describe("task.alphabet", "Different symbols (Arjovsky et al., 2016, use 8)."), 1, 10000),
      FIELD(task.alphabet));
  add(t, in_range(describe("task.recall", "Symbols to remember (Arjovsky et al., 2016, use 10)."), 1, 10000),
      FIELD(task.recall));
}

}  // namespace

void add_task_settings(TrialTable& t) {
  add(t,
      one_of(describe("task.name", "What the network learns; `evobrnn list tasks` describes them."),
             names(task_catalogue())),
      FIELD(task.name));
  add(t,
      one_of(describe("task.layout",
                      "How an image becomes a sequence: a row a step (the colours of a pixel together), a chunk of "
                      "`task.chunk` values a step, one pixel a step, or a row of one colour plane a step, plane after "
                      "plane."),
             {"rows", "chunks", "pixels", "planes"}),
      FIELD(task.layout));
  add(t,
      where(in_range(describe("task.chunk", "Values a step; the last chunk is filled with zeros."), 1, kLargestCount),
            "task.layout", {"chunks"}),
      FIELD(task.chunk));
  add(t,
      where(in_range(describe("task.stride",
                              "Values from the start of a chunk to the start of the next; below task.chunk they "
                              "overlap. 0: task.chunk."),
                     0, kLargestCount),
            "task.layout", {"chunks"}),
      FIELD(task.stride));
  add(t,
      one_of(
          describe("task.order",
                   "Order of the pixels: raster, row by row; snake, every second row backwards; permuted, one random "
                   "order for all images (Le, Jaitly & Hinton, 2015)."),
          {"raster", "snake", "permuted"}),
      FIELD(task.order));
  add(t,
      where(in_range(describe("task.permutation_seed", "Draws the order; the same for every trial of a run."), 0,
                     kLargestCount),
            "task.order", {"permuted"}),
      FIELD(task.permutation_seed));
  add(t,
      in_range(
          describe(
              "task.train_samples",
              "Training samples that are used; 0: all but the validation part (digits: 6000, tasks of working memory: "
              "10000)."),
          0, kLargestCount),
      FIELD(task.train_samples));
  add(t,
      in_range(
          describe("task.validation_samples", "Samples held out of the training set; their score selects candidates."),
          1, kLargestCount),
      FIELD(task.validation_samples));
  add(t,
      in_range(
          describe("task.test_samples",
                   "Test samples that are used, drawn by task.data_seed; 0: all (digits and tasks of working memory: "
                   "2000; sequences without a test file: a fifth)."),
          0, kLargestCount),
      FIELD(task.test_samples));
  add(t,
      in_range(
          describe(
              "task.data_seed",
              "Draws the parts of the data: which samples are validated on, trained on and tested on; and the samples "
              "of tasks that are generated. The same for every trial of a run."),
          0, kLargestCount),
      FIELD(task.data_seed));
  add(t,
      with_unit(in_range(describe("task.shift", "Largest random shift of a digit, in each direction."), 0, 10),
                "pixels"),
      FIELD(task.shift));
  add(t,
      with_unit(in_range(describe("task.rotation", "Largest random rotation of a digit, either way."), 0, 180),
                "degrees"),
      FIELD(task.rotation));
  add(t,
      in_range(describe("task.noise", "Standard deviation of the noise on every pixel, whose range is 0 to 1."), 0, 1),
      FIELD(task.noise));
  add(t, describe("task.train_images", "IDX file of training images, absolute or in the data folder; .gz is read too."),
      FIELD(task.train_images));
  add(t, describe("task.train_labels", "IDX file of training labels."), FIELD(task.train_labels));
  add(t, describe("task.test_images", "IDX file of test images."), FIELD(task.test_images));
  add(t, describe("task.test_labels", "IDX file of test labels."), FIELD(task.test_labels));
  add(t,
      describe("task.file",
               "Sequences: a file with x, y, lengths and mask (safetensors, .npz, .npy, .csv), or a .ts file; absolute "
               "or in "
               "the data folder."),
      FIELD(task.file));
  add(t, describe("task.test_file", "The test part, in a file of its own; empty: it is drawn from task.file."),
      FIELD(task.test_file));
  add_manipulations(t);
  add_memory(t);
}

}  // namespace evobrnn
