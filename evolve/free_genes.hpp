// SPDX-License-Identifier: Apache-2.0
/// Genes that write to no setting, for objectives that have none: any name, and a kind of their own.
#pragma once

#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

/// A setting for each gene of the document, so that genes are read and checked against them: integer where low and high
/// are integers and `kind` does not say "real", else real, and with `values` of their type. The entries of `kind` are
/// taken out of the document. Appends every mistake.
std::vector<Setting> settings_of_genes(Document& document, std::vector<Diagnostic>& diagnostics);

}  // namespace evobrnn
