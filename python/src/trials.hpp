// SPDX-License-Identifier: Apache-2.0
/// Trials, results and progress of a search as Python sees them.
#pragma once

#include <pybind11/pybind11.h>

#include <filesystem>

#include "evolve/observer.hpp"

namespace evobrnn::python {

/// The columns of `evobrnn export`, and the learning curve; genome (as JSON text) and metrics are not spread.
/// The score is the number that the user knows.
pybind11::dict to_dict(const LedgerTrial& trial, const ScoreMeaning& meaning);

/// The same of every trial of a ledger, read beside whoever writes it.
pybind11::list trials_of(const std::filesystem::path& ledger);

pybind11::dict to_dict(const SearchProgress& progress);

}  // namespace evobrnn::python
