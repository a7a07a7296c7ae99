// SPDX-License-Identifier: Apache-2.0
// Draws a search from its JSON.
const accuracy = data.score === "accuracy";
const scaled = (score) => (score === null ? null : accuracy ? 100 * score : data.minimised ? -score : score);
const unit = accuracy ? "validation accuracy, %" : `validation score${data.minimised ? ", smaller is better" : ""}`;
const testUnit = accuracy ? "test accuracy, %" : "test score";
const t = data.trials, count = t.id.length;
const all = [...Array(count).keys()], ok = all.filter((i) => t.score[i] !== null);
const byScore = [...ok].sort((a, b) => t.score[b] - t.score[a]);
const best = data.champion ? t.id.indexOf(data.champion.id) : -1;
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
/// The best of many, and others evenly spread.
const thinned = (limit) => (ok.length <= limit ? ok : [...new Set([...byScore.slice(0, limit / 4), ...ok.filter((_, i) => i % Math.ceil(ok.length / (0.75 * limit)) === 0)])]);
const geneValue = (gene, value) => (value === null ? "–" : gene.kind === "category" ? gene.values[value] : short(value));

const roles = { champion: "champion", generation0: "best of generation 0", default: "default settings" };
const percentSign = accuracy ? " %" : "";
/// The final tests: [{ name, tests (scaled, null where a training failed), middle, range }, …].
const finals = Object.entries(data.finals).map(([role, rows], i) => {
  const tests = rows.map((row) => scaled(row.test)), good = tests.filter(known), told = data.final_tests?.[role];
  return { role, name: roles[role] || role, colour: colour(i), values: tests, good, middle: mean(good), range: told?.interval ? told.interval.map(scaled) : null };
});
const trainings = (n) => `${n} training${n === 1 ? "" : "s"}`;

/// The test of trainings on fresh seeds is what the run found; the search's own score chose the champion among many and
/// is too good.
function head() {
  page.append(element("h1", {}, data.name), element("p", { class: "soft" },
    `${data.task}, strategy ${data.strategy}: ${data.done} of at most ${data.expected} trials, ${data.done - data.ok} of them failed. ` +
    (data.complete ? "The run is complete." : data.running ? `It is running${data.remaining_seconds ? `, about ${Math.ceil(data.remaining_seconds / 60)} min left` : ""}.` : "It was stopped, and can go on.")));
  const champion = finals.find((row) => row.role === "champion" && row.good.length);
  if (champion) {
    const within = champion.range ? `, 95 % interval [${champion.range.map(short).join(", ")}]` : "";
    page.append(element("p", { class: "lead" }, `Champion, tested: ${testUnit.replace(", %", "")} ${short(champion.middle)}${percentSign} (mean of ${trainings(champion.good.length)} on fresh seeds${within}).`));
    tested();
  } else if (data.champion) page.append(element("p", { class: "lead" }, "No final test is finished: no score here is of the test set."));
  if (!data.champion) return;
  page.append(element("p", {}, `The champion is trial ${data.champion.id} of generation ${data.champion.generation}. It was chosen for its ${unit.replace(", %", "")} of ${short(scaled(data.champion.score))}${percentSign}, the best of ${ok.length} trials: as the best of many, that score is too good, and says how the search chose, not how well the network does.`));
  page.append(summary(["gene", "champion", "range that was searched"], data.genes.map((gene, i) => [gene.path, geneValue(gene, t.genes[i][best] ?? null),
    gene.kind === "category" ? gene.values.join(", ") : `${short(gene.low)} to ${short(gene.high)}${gene.log ? ", logarithmic" : ""}`])));
}

function tested() {
  strips(page, "finals", "Test score of each training on a fresh seed (points), mean and its 95 % interval (black).", testUnit, finals.filter((row) => row.good.length));
  page.append(summary(["tested on fresh seeds", "trainings", `${testUnit}: mean`, "95 % interval", "lowest", "highest"], finals.map((row) => {
    const counted = row.good.length === row.values.length ? row.good.length : `${row.good.length} of ${row.values.length}`;
    return [row.name, counted, ...(row.good.length ? [short(row.middle), row.range ? `[${row.range.map(short).join(",\u00a0")}]` : "–", short(Math.min(...row.good)), short(Math.max(...row.good))] : ["failed", "–", "–", "–"])];
  })));
}

function generations() {
  if (ok.length === 0) return;
  section("Progress of the search", "Scores on the validation part, by which the search chooses.");
  const parts = new Map();
  for (const i of ok) parts.set(t.generation[i], [...(parts.get(t.generation[i]) || []), scaled(t.score[i])]);
  const better = data.minimised ? Math.min : Math.max;
  let top = data.minimised ? Infinity : -Infinity;
  const rows = [...parts].sort((a, b) => a[0] - b[0]).map(([generation, scores]) => {
    const sorted = scores.sort((a, b) => a - b);
    const generationBest = better(sorted[0], sorted[sorted.length - 1]);
    top = better(top, generationBest);
    return { generation, best: generationBest, middle: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), top };
  });
  lines(page, "generations", "Best so far, best and median of each generation; band: its quartiles.", [
    { name: "best so far", points: rows.map((r) => [r.generation, r.top]), width: 2 },
    { name: "best of the generation", points: rows.map((r) => [r.generation, r.best]), width: 1, dash: [4, 3], plain: true },
    { name: "median", points: rows.map((r) => [r.generation, r.middle, r.low, r.high]) }], "generation", unit, { height: 320, x: { ticks: { precision: 0 } } });
}

function genes() {
  if (ok.length === 0 || data.genes.length === 0) return;
  const shown = thinned(2400);
  section("Genes", shown.length < ok.length ? `Drawn: the best ${600} of ${ok.length} trials and others evenly spread.` : "");
  const place = grid();
  data.genes.forEach((gene, g) => {
    const at = (i) => [t.genes[g][i] + (gene.kind === "category" ? 0.5 * (((i * 7) % 11) / 11 - 0.5) : 0), scaled(t.score[i])];
    const series = [{ name: "trials", radius: 2, points: shown.filter((i) => t.genes[g][i] !== null).map(at) }];
    if (best >= 0 && t.genes[g][best] !== null) series.push({ name: "champion", radius: 6, points: [at(best)] });
    points(place, `gene-${gene.path}`, `${gene.path} against the score.`, series, gene.path, unit, gene.kind === "category"
      ? { x: { min: -0.5, max: gene.values.length - 0.5, afterBuildTicks: (scale) => { scale.ticks = gene.values.map((_, value) => ({ value })); },
        ticks: { callback: (value) => wrapped(brief(String(gene.values[value]), 24), 12) } } }
      : { x: { type: gene.log ? "logarithmic" : "linear", min: gene.low, max: gene.high, text: `${gene.path}, searched from ${short(gene.low)} to ${short(gene.high)}` } });
  });
}

/// Every genome a line over the genes, each gene at its place in its range.
function parallel() {
  if (ok.length < 2 || data.genes.length < 2) return;
  const place = (gene, value) => gene.kind === "category" ? (gene.values.length > 1 ? value / (gene.values.length - 1) : 0.5)
    : gene.high === gene.low ? 0.5 : gene.log ? Math.log(value / gene.low) / Math.log(gene.high / gene.low) : (value - gene.low) / (gene.high - gene.low);
  const top = byScore.slice(0, 20), others = thinned(200).filter((i) => !top.includes(i)).slice(0, 180);
  const line = (i, hue, width) => ({ label: `trial ${t.id[i]}`, data: data.genes.map((gene, g) => (t.genes[g][i] === null ? null : place(gene, t.genes[g][i]))),
    borderColor: hue, borderWidth: width, pointRadius: 0, spanGaps: true });
  chart(page, "genomes", `Genomes: the 20 best trials (orange, the champion black) over ${others.length} others (blue). Each gene from its lowest to its highest value.`, 340,
    { type: "line", data: { labels: data.genes.map((gene) => wrapped(gene.path.replace("model.", ""), 14)), datasets: [...(best >= 0 ? [line(best, style("--ink"), 3)] : []),
      ...top.map((i) => line(i, "#d55e00aa", 1.5)), ...others.map((i) => line(i, "#0072b222", 1))] },
      scales: { x: { offset: true }, y: { min: 0, max: 1, text: "place in the range" } } },
    ["trial", unit, ...data.genes.map((gene) => gene.path)], top.map((i) => [t.id[i], short(scaled(t.score[i])), ...data.genes.map((gene, g) => geneValue(gene, t.genes[g][i]))]));
}

function importance() {
  if (!data.importance) return;
  section("What the score depends on", `Functional ANOVA of a random forest over ${data.importance.trials} trials: shares of the variance of the score over the whole space. The forest predicts ${Math.max(0, 100 * data.importance.explained).toFixed(0)} % of the variance out of bag; the less it predicts, the less they say.`);
  const shares = [...data.importance.shares].sort((a, b) => b.share - a.share).slice(0, 10);
  bars(page, "importance", "Share of the variance, ± its standard error.", shares.map((s) => ({ name: s.genes, value: 100 * s.share,
    low: Math.max(0, 100 * (s.share - s.error)), high: 100 * (s.share + s.error) })), "share of the variance, %");
}

function learning() {
  if (data.curves.length === 0 || data.curves.every((curve) => curve.samples.length < 2)) return;
  section("Learning curves", data.curves.length === 1 ? "Of the best trial." : `Of the ${data.curves.length} best trials; orange: the best.`);
  const place = grid(), draw = (name, key, y, of) => lines(place, name, `${y} over training.`, data.curves.map((curve, i) => ({
    name: `trial ${curve.id}`, colour: i === 0 ? "#d55e00" : "#0072b2", width: i === 0 ? 2.5 : 0.7, dash: [], plain: true,
    points: curve.samples.map((s, k) => [s, of(curve[key][k])]) })), "samples", y, { legend: false });
  draw("learning-score", "validation_score", unit, scaled);
  draw("learning-loss", "train_loss", "training loss", (x) => x);
}

function lineage() {
  if (!data.lineage || data.lineage.length < 2) return;
  const at = new Map(data.lineage.map(([id, generation, score]) => [id, [generation, scaled(score)]]));
  const edges = data.lineage.flatMap(([id, , , parents]) => parents.filter((parent) => at.has(parent)).map((parent) => [at.get(parent), at.get(id)]));
  if (edges.length === 0) return;
  section("Where the champion came from");
  chart(page, "lineage", `The champion's ${data.lineage.length - 1} ancestors: parents and children joined by lines.`, 320, { type: "scatter", data: { datasets: [
    { label: "trials", data: [...at.values()].map(([x, y]) => ({ x, y })), pointRadius: 3, backgroundColor: colours[0] },
    { label: "champion", data: [data.lineage.find((row) => row[0] === data.champion.id)].map((row) => ({ x: row[1], y: scaled(row[2]) })), pointRadius: 7, backgroundColor: colours[1] },
    ...edges.slice(-1500).map(([a, b]) => ({ ...flag("edge"), data: [{ x: a[0], y: a[1] }, { x: b[0], y: b[1] }], showLine: true, borderColor: "#0072b255", borderWidth: 1 }))] }, legend: true,
    scales: { x: { text: "generation", ticks: { precision: 0 } }, y: { text: unit } } }, ["trial", "generation", unit, "parents"],
    data.lineage.slice(-200).map(([id, generation, score, parents]) => [id, generation, short(scaled(score)), parents.join(", ")]));
}

function failures() {
  if (data.failures.length === 0) return;
  section("Failures");
  page.append(summary(["how", "trials", "first trial", "cause"], data.failures.map((f) => [f.status, f.count, f.trial, f.cause])));
}

function timeline() {
  const timed = all.filter((i) => t.seconds[i] !== null);
  if (timed.length === 0) return;
  const last = timed.slice(-1500), workers = [...new Set(last.map((i) => t.worker[i]))].sort();
  section("What the workers did", timed.length > last.length ? `The last ${last.length} of ${timed.length} trials.` : "");
  chart(page, "workers", "Each bar a training; orange: it failed.", 80 + 34 * workers.length, { type: "bar", indexAxis: "y", data: { labels: workers, datasets: [
    { label: "trained", grouped: false, data: last.map((i) => ({ x: [t.start[i], t.start[i] + t.seconds[i]], y: t.worker[i] })), backgroundColor: last.map((i) => (t.score[i] === null ? "#d55e00" : "#0072b2")),
      borderColor: style("--paper"), borderWidth: { left: 1 }, barThickness: 18 }] },
    scales: { x: { type: "linear", text: "seconds since the first trial", min: Math.min(...last.map((i) => t.start[i])) }, y: { type: "category", labels: workers } } },
    ["worker", "trials", "seconds of training"], workers.map((worker) => {
      const own = last.filter((i) => t.worker[i] === worker);
      return [worker, own.length, short(own.reduce((sum, i) => sum + t.seconds[i], 0))];
    }));
}

/// What `evobrnn examine RUN` left; its own page has the rest.
function examination() {
  if (!data.examination) return;
  const group = data.examination.groups[0], far = (name) => ["blank_delay", "delay", "trace"].includes(name);
  section("What the champion remembers", `Of the ${data.examination.suite} examination of ${group.networks.length} network${group.networks.length === 1 ? "" : "s"}; its own page, examination-${data.examination.suite}/examination.html, has the rest.`);
  page.append(element("ul", {}, ...group.networks[0].findings.map((finding) => element("li", {}, finding))));
  const place = grid();
  const draw = (name, x, at) => {
    if (!group.curves[name]) return;
    const y = (value) => (known(value) && name !== "trace" ? scaled(value) : value);
    const shift = ([x0, ...ys]) => [x0 + (far(name) ? 1 : 0), ...ys.slice(0, 3).map(y)];
    lines(place, `memory-${name}`, `${x}.`, [{ name: "champion", points: group.curves[name].map(shift), singles: (group.singles?.[name] || []).map((one) => one.points.map(shift)) }],
      at, name === "trace" ? "spread of the rates" : testUnit, { logarithmic: far(name) });
  };
  draw("blank_delay", "Score after blank steps", "blank steps + 1");
  draw("delay", "Score at other delays", "delay, steps + 1");
  draw("trace", "How far the rates differ between samples, in blank steps after the input", "blank steps + 1");
  draw("reset", "Score when the state is reset after a share of the sequence", "share");
  draw("input_fraction", "Score when only the first share is fed", "share");
}

function origin() {
  section("Settings and provenance");
  page.append(element("details", {}, element("summary", {}, "Settings"), element("pre", { class: "scroll", tabindex: "0" }, data.settings)),
    element("details", {}, element("summary", {}, "Provenance"), element("pre", { class: "scroll", tabindex: "0" }, JSON.stringify(data.provenance, null, 2))));
}

/// Served, the page is newer with the run: it is loaded again, at most every five seconds.
function follow() {
  if (!location.protocol.startsWith("http")) return;
  const opened = Date.now(), changes = new EventSource("events");
  changes.onmessage = () => {
    changes.close();
    setTimeout(() => location.reload(), Math.max(0, 5000 - (Date.now() - opened)));
  };
}

head();
generations();
parallel();
genes();
importance();
learning();
lineage();
failures();
timeline();
examination();
origin();
follow();
