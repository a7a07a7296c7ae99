// SPDX-License-Identifier: Apache-2.0
#include "core/tasks/digits.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace evobrnn {
namespace {

constexpr std::int64_t kSize = 28, kClasses = 10;
constexpr std::int64_t kTrainSamples = 6000, kTestSamples = 2000;  // where the settings say 0
constexpr std::uint64_t kTrainStream = 0, kTestStream = 1;

struct Point {
  double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

/// Part of an ellipse, angles in degrees, clockwise from the right, as the y axis points down.
Stroke arc(double cx, double cy, double rx, double ry, double from, double to) {
  constexpr int kPieces = 10;
  Stroke stroke;
  for (int i = 0; i <= kPieces; ++i) {
    const double angle = std::lerp(from, to, static_cast<double>(i) / kPieces) * std::numbers::pi / 180;
    stroke.push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
  }
  return stroke;
}

/// The digits in the unit square, y down, about 0.5 wide and 0.8 high.
const std::array<std::vector<Stroke>, kClasses>& shapes() {
  static const std::array<std::vector<Stroke>, kClasses> digits = {{
      {arc(0.5, 0.5, 0.24, 0.38, 0, 360)},
      {{{0.38, 0.28}, {0.52, 0.12}, {0.52, 0.88}}},
      {arc(0.5, 0.33, 0.22, 0.21, -170, 30), {{0.69, 0.44}, {0.28, 0.88}, {0.74, 0.88}}},
      {arc(0.48, 0.31, 0.21, 0.19, -150, 90), arc(0.48, 0.69, 0.24, 0.19, -90, 150)},
      {{{0.6, 0.12}, {0.26, 0.62}, {0.76, 0.62}}, {{0.62, 0.4}, {0.62, 0.88}}},
      {{{0.7, 0.12}, {0.34, 0.12}, {0.31, 0.47}}, arc(0.48, 0.64, 0.23, 0.24, -130, 140)},
      {{{0.62, 0.12}, {0.36, 0.42}, {0.29, 0.62}}, arc(0.5, 0.67, 0.21, 0.21, 0, 360)},
      {{{0.27, 0.12}, {0.73, 0.12}, {0.42, 0.88}}},
      {arc(0.5, 0.31, 0.19, 0.19, 0, 360), arc(0.5, 0.69, 0.23, 0.19, 0, 360)},
      {arc(0.5, 0.33, 0.21, 0.21, 0, 360), {{0.71, 0.36}, {0.66, 0.62}, {0.44, 0.88}}},
  }};
  return digits;
}

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Draws one digit; all randomness of a sample comes from `random`.
class Pen {
 public:
  Pen(const TaskSettings& settings, std::mt19937_64& random) : settings_(settings), random_(random) {}

  void draw(const std::vector<Stroke>& digit, std::uint8_t* pixels) {
    const auto strokes = placed(digit);
    const double radius = uniform(0.7, 1.6);  // half the line's width, in pixels
    std::normal_distribution<> noise(0, 1);
    for (std::int64_t row = 0; row < kSize; ++row) {
      for (std::int64_t column = 0; column < kSize; ++column) {
        const Point p{static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5};
        double nearest = kSize;
        for (const auto& stroke : strokes) {
          for (std::size_t i = 1; i < stroke.size(); ++i)
            nearest = std::min(nearest, distance_to_segment(p, stroke[i - 1], stroke[i]));
        }
        const double ink = std::clamp(radius + 0.5 - nearest, 0.0, 1.0) + settings_.noise * noise(random_);
        pixels[row * kSize + column] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(ink, 0.0, 1.0)));
      }
    }
  }

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }

  /// The strokes in pixels: every corner moved a little, then scaled, slanted, rotated and shifted.
  std::vector<Stroke> placed(std::vector<Stroke> strokes) {
    const double angle = uniform(-1, 1) * settings_.rotation * std::numbers::pi / 180;
    const double width = uniform(0.75, 1.1) * kSize, height = uniform(0.75, 1.1) * kSize, slant = uniform(-0.25, 0.25);
    const double shift_x = uniform(-1, 1) * settings_.shift, shift_y = uniform(-1, 1) * settings_.shift;
    // A smooth bend of the whole digit, the same for all strokes, so that they stay joined.
    const double bend_x = uniform(-0.06, 0.06), bend_y = uniform(-0.06, 0.06), phase_x = uniform(0, 6.28),
                 phase_y = uniform(0, 6.28);
    for (auto& stroke : strokes) {
      for (auto& point : stroke) {
        const double bx = point.x - 0.5 + bend_x * std::sin(6 * point.y + phase_x),
                     by = point.y - 0.5 + bend_y * std::sin(6 * point.x + phase_y);
        const double x = width * (bx - slant * by), y = height * by;
        point = {kSize / 2.0 + shift_x + x * std::cos(angle) - y * std::sin(angle),
                 kSize / 2.0 + shift_y + x * std::sin(angle) + y * std::cos(angle)};
      }
    }
    return strokes;
  }

  const TaskSettings& settings_;
  std::mt19937_64& random_;
};

}  // namespace

ImageSet draw_digits(const TaskSettings& settings, std::uint64_t seed, std::uint64_t stream, std::int64_t samples) {
  ImageSet set{at::empty({samples, kSize * kSize}, at::kByte), at::empty({samples}, at::kLong), kSize, kSize, 1};
  auto* pixels = set.pixels.data_ptr<std::uint8_t>();
  auto* labels = set.labels.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < samples; ++i) {
    std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                           static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(i)};
    std::mt19937_64 random(sequence);
    labels[i] = static_cast<std::int64_t>(random() % kClasses);
    Pen(settings, random).draw(shapes()[static_cast<std::size_t>(labels[i])], pixels + i * kSize * kSize);
  }
  return set;
}

std::shared_ptr<const Task> make_digits(const TaskSettings& settings, DataStore&) {
  const auto seed = static_cast<std::uint64_t>(settings.data_seed);
  const auto train =
      (settings.train_samples > 0 ? settings.train_samples : kTrainSamples) + settings.validation_samples;
  const auto test = settings.test_samples > 0 ? settings.test_samples : kTestSamples;
  return make_image_task(draw_digits(settings, seed, kTrainStream, train),
                         draw_digits(settings, seed, kTestStream, test), kClasses, settings);
}

}  // namespace evobrnn
