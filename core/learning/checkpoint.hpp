// SPDX-License-Identifier: Apache-2.0
/// Checkpoints of one trial: from the hooks of the trial to the state of its training and back.
///
/// The bytes: "evobrnn checkpoint 1\n", the SHA-256 of the rest as 64 hexadecimal digits, "\n", and CBOR of
/// {"trial": the specification as JSON text, "build": what results depend on besides, "state": the training's own}.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/trial.hpp"

namespace evobrnn {

class Checkpoints {
 public:
  /// The hooks outlive it.
  Checkpoints(const TrialSpec& spec, const TrialHooks& hooks);

  /// The state to go on from. Nothing where none was given, or where it is damaged or that of another trial or build.
  std::optional<nlohmann::json> given() const;
  /// Tells that the training went on from the given state, after so many steps.
  void resumed(std::int64_t step) const;

  bool due() const { return hooks_.checkpoint && hooks_.checkpoint_due && hooks_.checkpoint_due(); }
  bool wanted() const { return static_cast<bool>(hooks_.checkpoint); }
  void save(nlohmann::json state) const;

 private:
  const std::string spec_;
  const TrialHooks& hooks_;
};

}  // namespace evobrnn
