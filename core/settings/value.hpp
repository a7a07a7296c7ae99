// SPDX-License-Identifier: Apache-2.0
/// The values a setting can take, and their exact text.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {

/// One plain value of a settings file or of a gene.
using Scalar = std::variant<bool, std::int64_t, double, std::string>;

/// A scalar or a flat list of scalars: all that a settings file can hold.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<Scalar>>;

/// Shortest text that reads back as the same value; text values unquoted. Lists as "[a, b]".
std::string to_text(const Scalar& value);
/// Lists as "[a, b]"; everything else as its scalar.
std::string to_text(const Value& value);

/// The value as TOML writes it: text quoted and escaped, reals always with a point or an exponent.
std::string to_toml(const Value& value);

/// The value for a message: text as it is, but in quotes where it would be taken for a number, a boolean or nothing.
std::string as_given(const Value& value);

/// The same value in the wider type.
Value to_value(const Scalar& scalar);
/// Precondition: the value is no list.
Scalar to_scalar(const Value& value);

/// The number in an integer or a real. Precondition: the scalar holds one of the two.
double to_number(const Scalar& scalar);

}  // namespace evobrnn
