// SPDX-License-Identifier: Apache-2.0
#include "evolve/generation_book.hpp"

#include <limits>
#include <optional>

namespace evobrnn {
namespace {

constexpr double kNotFinished = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void GenerationBook::read() {
  const Use counts(connection_.statement("SELECT generation, count(*) FROM proposals GROUP BY generation"));
  while (counts->executeStep()) proposals_known_[counts->getColumn(0)] = counts->getColumn(1).getInt64();
  const Use ends(connection_.statement("SELECT generation FROM generations WHERE finished IS NOT NULL"));
  while (ends->executeStep()) finished_.insert(ends->getColumn(0).getInt64());
}

void GenerationBook::note(std::int64_t generation, std::int64_t first, const std::vector<std::int64_t>& ids,
                          double now) {
  notes_.started.try_emplace(generation, now);
  auto& known = proposals_known_[generation];
  const auto end = first + static_cast<std::int64_t>(ids.size());
  for (; known < end; ++known)
    notes_.proposals.push_back({generation, known, ids.at(static_cast<std::size_t>(known - first))});
}

bool GenerationBook::is_finished(std::int64_t generation) const {
  return notes_.proposals.empty() && finished_.count(generation) > 0;
}

void GenerationBook::write_notes() {
  for (const auto& [generation, started] : notes_.started) {
    const Use insert(connection_.statement("INSERT OR IGNORE INTO generations (generation, started) VALUES (?, ?)"));
    insert->bind(1, generation);
    insert->bind(2, started);
    if (insert->exec() > 0) seal_.of(kGenerationsTable).add(generation_checksum(generation, started, kNotFinished));
  }
  for (const auto& proposal : notes_.proposals) {
    const Use insert(connection_.statement("INSERT INTO proposals (generation, position, trial) VALUES (?, ?, ?)"));
    insert->bind(1, proposal.generation);
    insert->bind(2, proposal.position);
    insert->bind(3, proposal.trial);
    insert->exec();
    seal_.of(kProposalsTable).add(proposal_checksum(proposal.generation, proposal.position, proposal.trial));
  }
}

void GenerationBook::finish(std::int64_t generation, double now) {
  const Use query(connection_.statement("SELECT started FROM generations WHERE generation = ? AND finished IS NULL"));
  query->bind(1, generation);
  if (query->executeStep()) {
    const auto started = query->getColumn(0).getDouble();
    const Use update(connection_.statement("UPDATE generations SET finished = ? WHERE generation = ?"));
    update->bind(1, now);
    update->bind(2, generation);
    update->exec();
    auto& sum = seal_.of(kGenerationsTable);
    sum.remove(generation_checksum(generation, started, kNotFinished));
    sum.add(generation_checksum(generation, started, now));
  }
  finished_.insert(generation);
}

void GenerationBook::forget(std::int64_t generation) {
  for (const auto* table : {kGenerationsTable, kProposalsTable}) {
    const Use remove(connection_.statement(std::string("DELETE FROM ") + table + " WHERE generation = ?"));
    remove->bind(1, generation);
    remove->exec();
    seal_.count_again(connection_.database(), table);
  }
  proposals_known_.erase(generation);
  finished_.erase(generation);
}

std::vector<LedgerGeneration> GenerationBook::generations() const {
  std::vector<LedgerGeneration> list;
  const Use rows(connection_.statement(
      "SELECT generation, started, finished FROM generations ORDER BY generation < 0, generation"));
  while (rows->executeStep()) {
    const auto finished = rows->getColumn(2);
    list.push_back({rows->getColumn(0).getInt64(),
                    {},
                    rows->getColumn(1).getDouble(),
                    finished.isNull() ? std::nullopt : std::optional(finished.getDouble())});
  }
  const Use proposals(connection_.statement("SELECT trial FROM proposals WHERE generation = ? ORDER BY position"));
  for (auto& generation : list) {
    proposals->reset();
    proposals->bind(1, generation.generation);
    while (proposals->executeStep()) generation.proposals.push_back(proposals->getColumn(0).getInt64());
  }
  return list;
}

}  // namespace evobrnn
