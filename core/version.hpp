// SPDX-License-Identifier: Apache-2.0
/// The version of evobrnn, by semantic versioning (semver.org): what is documented keeps working within a major
/// version, or, before 1.0, within a minor one. CMake reads it from here.
#pragma once

/// "MAJOR.MINOR.PATCH"
#define EVOBRNN_VERSION "0.1.0"
