// SPDX-License-Identifier: Apache-2.0
/// Generators of a trial: one a purpose, each with a seed of its own, so that purposes do not share draws.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace [[gnu::visibility("default")]] evobrnn {

/// The seed of one purpose: the finaliser of splitmix64 (Steele, Lea & Flood, 2014).
std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t purpose);

/// A generator on the CPU.
at::Generator make_generator(std::uint64_t seed);

/// Standard normal numbers, in float32 precision in any dtype: many times as fast as at::randn. Takes one number of the
/// generator, which is on the CPU.
at::Tensor normal(at::IntArrayRef shape, at::Generator generator, at::TensorOptions options);

}  // namespace evobrnn
