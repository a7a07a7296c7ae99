// SPDX-License-Identifier: Apache-2.0
/// pagmo2's own algorithms as strategies. Each is evolved one generation at a time with its memory on.
#pragma once

#include "evolve/strategies/strategy.hpp"

namespace evobrnn {

void run_gaco(const StrategyContext& context);     ///< batches, mixed integers
void run_pso_gen(const StrategyContext& context);  ///< batches, relaxed integers
void run_cmaes(const StrategyContext& context);    ///< one trial at a time, relaxed integers
void run_de1220(const StrategyContext& context);   ///< one trial at a time, relaxed integers

}  // namespace evobrnn
