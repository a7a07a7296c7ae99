// SPDX-License-Identifier: Apache-2.0
/// What SQLite's error codes mean for a run, in plain English.
#pragma once

#include <SQLiteCpp/Exception.h>

#include <string>

namespace evobrnn {

/// The cause and what to do about it, with SQLite's own words behind it.
std::string failure_text(const SQLite::Exception& error);

/// Whether only this row was refused, as one whose id is known, and the transaction still stands.
bool refuses_one_row(const SQLite::Exception& error);

}  // namespace evobrnn
