// SPDX-License-Identifier: Apache-2.0
// Draws a comparison from its JSON.
const accuracy = data.score === "accuracy";
const unit = accuracy ? "test accuracy, %" : "test score";
const scaled = (score) => (accuracy ? 100 * score : score);
const fixed = (x, digits = 2) => (known(x) ? scaled(x).toFixed(accuracy ? digits : 4) : "–");
const margin = accuracy ? `${short(100 * data.margin)} points` : short(data.margin);
const interval = (pair) => (pair ? `[${fixed(pair[0])},\u00a0${fixed(pair[1])}]` : "–");
const percent = `${+(100 * (1 - data.alpha)).toPrecision(4)} %`;
const arms = data.arms.map((arm, i) => ({ ...arm, ...look(i) }));
const title = (pair) => `${pair.first} − ${pair.second}`;
/// One a repetition of the comparison, in order.
const repetitions = (arm) => Array.from({ length: data.repeats }, (_, i) => arm.repeats.find((r) => r.repeat === i + 1));
const mostSlopes = 12;

function scores() {
  strips(page, "scores", `Test score of every repetition (points; grey lines join the repetitions that share a seed), mean and its ${percent} bootstrap interval (black).`, unit,
    arms.map((arm) => ({ name: arm.name, colour: arm.colour, values: repetitions(arm).map((r) => (known(r?.test) ? scaled(r.test) : null)),
      middle: arm.test && scaled(arm.test.mean), range: arm.mean_interval && arm.mean_interval.map(scaled) })), { joined: true });
  page.append(summary(["arm", "repetitions with a score", "median", "mean", `${percent} interval of the mean`, "interquartile mean"],
    arms.map((arm) => [arm.name, `${arm.test ? arm.test.n : 0} of ${arm.repeats.length}`, fixed(arm.test?.median), fixed(arm.test?.mean), interval(arm.mean_interval),
      fixed(arm.test?.interquartile_mean)])));
  page.append(element("ul", { class: "soft" }, ...arms.map((arm) => element("li", {}, `${arm.name} (${arm.how}): ${arm.doc}`))));
}

/// What each arm spent, on its search and on its final trainings.
function compute() {
  page.append(element("h2", {}, "Compute"));
  const each = (arm, part, key) => arm[part][key] / Math.max(1, arm.repeats.length);
  const all = (arm, key) => each(arm, "search", key) + each(arm, "final", key);
  const share = (arm) => (all(arm, "flops") > 0 ? `${((100 * each(arm, "final", "flops")) / all(arm, "flops")).toFixed(1)} %` : "–");
  const part = (name, key, hue) => ({ label: name, data: arms.map((arm) => each(arm, key, "flops")), backgroundColor: hue });
  const names = arms.map((arm) => wrapped(arm.name, labelWidth(page)));
  chart(page, "compute", "Operations of a repetition, on average: those of the search and those of its final trainings.", 60 + 34 * arms.length,
    { type: "bar", indexAxis: "y", legend: true, data: { labels: names, datasets: [part("search", "search", colours[0]), part("final trainings", "final", colours[1])] },
      scales: { x: { stacked: true, text: "training FLOPs", ticks: { callback: (value) => Number(value).toExponential(1) } }, y: { stacked: true, ticks: { autoSkip: false } } } },
    ["arm", "search", "final trainings"], arms.map((arm) => [arm.name, short(each(arm, "search", "flops")), short(each(arm, "final", "flops"))]));
  page.append(summary(["arm", "trainings of the search", "final trainings", "FLOPs of the search", "FLOPs of the final trainings", "share of the final trainings", "CPU time, s"],
    arms.map((arm) => [arm.name, each(arm, "search", "trainings").toFixed(0), each(arm, "final", "trainings").toFixed(0), each(arm, "search", "flops").toExponential(2),
      each(arm, "final", "flops").toExponential(2), share(arm), all(arm, "cpu_seconds").toFixed(1)])));
}

/// One line a repetition from the one arm to the other.
function slopes() {
  const told = data.pairs.filter((pair) => pair.pairs > 0), place = grid();
  told.slice(0, mostSlopes).forEach((pair) => {
    const [first, second] = [pair.first, pair.second].map((name) => arms.find((arm) => arm.name === name));
    const both = first.repeats.map((r) => [r.test, second.repeats.find((other) => other.repeat === r.repeat)?.test]).filter(([a, b]) => known(a) && known(b));
    const hue = ([a, b]) => (a > b ? first.colour : b > a ? second.colour : style("--soft"));
    const drawn = chart(place, `pairs-${pair.first}-${pair.second}`, `${title(pair)}: each line a repetition, in the colour of the arm that was better.`, 240,
      { type: "line", data: { labels: [pair.first, pair.second].map((name) => wrapped(name, labelWidth(place))),
        datasets: both.map((ends) => ({ role: "pair", data: ends.map(scaled), borderColor: hue(ends), backgroundColor: hue(ends), borderWidth: 1.2, pointRadius: 3 })) },
        scales: { x: { offset: true, grid: { display: false } }, y: { text: unit } } },
      ["repetition", pair.first, pair.second], both.map((ends, i) => [i + 1, ...ends.map((x) => fixed(x))]));
    drawn.pairs = both.length;
  });
  if (told.length > mostSlopes) page.append(element("p", { class: "soft" }, `Drawn: the first ${mostSlopes} of ${told.length} pairs of arms; the chart and the table above have all.`));
}

function effects() {
  page.append(element("h2", {}, "Differences"));
  const rows = data.pairs.filter((pair) => known(pair.shift)).map((pair, i) => ({ name: title(pair), colour: colour(i),
    values: pair.differences.map(scaled), middle: scaled(pair.shift), range: pair.shift_interval && pair.shift_interval.map(scaled) }));
  if (rows.length) {
    const wide = scaled(data.margin), reach = 1.1 * Math.max(...rows.flatMap((row) => [...row.values, ...(row.range || [])]).map(Math.abs), wide);
    strips(page, "effects", `Difference of each pair of repetitions (points); black: the Hodges–Lehmann shift with its exact interval; grey band: the margin of ± ${margin}, within which arms count as equal. To the right of 0 the first arm is better.`,
      accuracy ? "difference, points" : "difference", rows, { axis: { min: -reach, max: reach }, band: [-wide, wide] });
  }
  page.append(summary(["arms", "pairs", "verdict", "shift", "interval", "p", "p (Holm)", "p of the permutation test", "p of equivalence (Holm)", "A12", "share of pairs that the first wins", "correlation of the pairs", "detectable shift (80 % power)"],
    data.pairs.map((p) => [title(p), p.pairs, p.verdict, fixed(p.shift), interval(p.shift_interval), plain(p.p_signed_rank), plain(p.p_holm), plain(p.p_permutation),
      plain(p.p_equivalence_holm), plain(p.a12, 2), plain(p.probability_of_improvement, 2), plain(p.correlation, 2), fixed(p.detectable_shift)])));
  data.pairs.filter((pair) => pair.note).forEach((pair) => page.append(element("p", { class: "soft" }, `${title(pair)}: ${pair.note}`)));
  slopes();
}

function curves() {
  const told = arms.filter((arm) => arm.curve.flops.length);
  if (told.length === 0) return;
  page.append(element("h2", {}, "Progress"));
  const searched = told.filter((arm) => arm.search.flops > 0 && arm.final.flops > 0).map((arm) => ({ at: arm.search.flops / Math.max(1, arm.repeats.length), text: `${brief(arm.name, 24)}: search ends` }));
  lines(page, "curves", "Best validation score so far against the compute spent: median over repetitions, band: quartiles, thin: each repetition. Upright: where a search ends, on average, and its final training begins.",
    told.map((arm) => ({ name: arm.name, colour: arm.colour, dash: arm.dash, plain: true, points: arm.curve.flops.map((x, j) => [x, scaled(arm.curve.median[j]), scaled(arm.curve.low[j]), scaled(arm.curve.high[j])]),
      singles: arm.repeats.map((r) => r.progress.flops.map((x, j) => [x, scaled(r.progress.best_validation[j])])).filter((single) => single.length) })),
    "training FLOPs", accuracy ? "best validation accuracy, %" : "best validation score",
    { height: 360, stepped: true, marks: searched, x: { ticks: { callback: (value) => Number(value).toExponential(1) } } });
  page.append(summary(["arm", "mean best validation", "reached the target", "FLOPs of the target (median)"],
    told.map((arm) => [arm.name, fixed(arm.mean_best_validation), `${arm.reached_target} of ${arm.repeats.length}`, known(arm.flops_of_target) ? arm.flops_of_target.toExponential(2) : "not reached by half"])));
}

/// Where champions lie in what was searched.
function hyperparameters() {
  const bounds = (arm, path) => arm.genes.find((gene) => gene.path === path);
  const start = (r, path) => (r.champion && Object.hasOwn(r.champion, path) ? r.champion[path] : null);
  const paths = [...new Set(arms.flatMap((arm) => arm.repeats.flatMap((r) => [...Object.keys(r.trained), ...Object.keys(r.champion || {})])))];
  if (paths.length === 0) return;
  page.append(element("h2", {}, "What the hyperparameters became"), element("p", { class: "soft" },
    "Champions of the repetitions; grey boxes: the range that was searched. Where champions press against an end of their range, it was too narrow."));
  const place = grid();
  for (const path of paths) {
    const rows = arms.flatMap((arm) => {
      const gene = bounds(arm, path), chosen = arm.repeats.map((r) => start(r, path)).filter((x) => typeof x === "number");
      const trained = arm.repeats.filter((r) => Object.hasOwn(r.trained, path)).map((r) => r.trained[path].end);
      const row = (name, values, box) => ({ name, colour: arm.colour, values, bounds: box, middle: median(values) });
      return [...(chosen.length ? [row(`${arm.name}${trained.length ? ": start" : ""}`, chosen, known(gene?.low) ? [gene.low, gene.high] : null)] : []),
        ...(trained.length ? [row(`${arm.name}: trained`, trained, null)] : [])];
    });
    const values = rows.flatMap((row) => [...row.values, ...(row.bounds || [])]), low = Math.min(...values), high = Math.max(...values);
    const log = low > 0 && (arms.some((arm) => bounds(arm, path)?.scale === "log") || high / low > 20);
    const room = log ? [low / (high / low) ** 0.05, high * (high / low) ** 0.05] : [low - 0.05 * (high - low), high + 0.05 * (high - low)];
    if (rows.length) strips(place, path, `${path} of the champions, and their median.`, path, rows, { axis: { type: log ? "logarithmic" : "linear", ...(high > low ? { min: room[0], max: room[1] } : {}) } });
    else place.append(choices(path, start));
  }
}

/// How often each value of a category was chosen.
function choices(path, start) {
  const chosen = (arm) => arm.repeats.map((r) => start(r, path)).filter(known).map(String);
  const values = [...new Set(arms.flatMap((arm) => [...(arm.genes.find((gene) => gene.path === path)?.values || []).map(String), ...chosen(arm)]))];
  return element("div", { class: "chart" }, element("p", { class: "soft" }, `${path}: how often each value was chosen`),
    summary([path, ...values], arms.filter((arm) => chosen(arm).length).map((arm) => [arm.name, ...values.map((value) => chosen(arm).filter((one) => one === value).length)])));
}

function importance() {
  const told = arms.filter((arm) => arm.importance);
  if (told.length === 0) return;
  page.append(element("h2", {}, "What the score depended on"),
    element("p", { class: "soft" }, "Shares of the variance of the validation score over each arm's search, with their standard error: functional ANOVA of a random forest (Hutter et al., 2014). The less of the variance the forest predicts out of bag, the less they say."));
  const place = grid();
  told.forEach((arm) => {
    const shares = [...arm.importance.shares].sort((a, b) => b.share - a.share).slice(0, 8);
    bars(place, `importance-${arm.name}`, `${arm.name}: the forest predicts ${Math.max(0, 100 * arm.importance.forest_r2).toFixed(0)} % of the variance.`,
      shares.map((s) => ({ name: s.genes.join(" × "), value: 100 * s.share, low: Math.max(0, 100 * (s.share - s.standard_error)), high: 100 * (s.share + s.standard_error) })), "share of the variance, %", { colour: arm.colour });
  });
}

function steps() {
  const checked = arms.filter((arm) => arm.steps.length);
  if (checked.length === 0) return;
  page.append(element("h2", {}, "Does it depend on the time step?"),
    summary(["arm", "as trained", ...checked[0].steps.map((s) => `dt/${s.divisor}`), "verdict"],
      checked.map((arm) => [arm.name, fixed(arm.test?.median),
        ...arm.steps.map((s) => `${s.median_change > 0 ? "+" : ""}${fixed(s.median_change)} (p = ${plain(s.p_holm)})`),
        arm.steps.some((s) => s.depends) ? "depends on the step" : "no dependence shown"])),
    element("p", { class: "soft" }, "Final networks tested again with a fraction of their time step and every input repeated as often: median change of the test score, signed-rank test."));
}

page.append(element("h1", {}, data.question || data.name), element("p", { class: "soft" },
  `${data.name}: ${arms.length} arms, ${data.repeats} independent repetitions of each, paired by their seeds. Selection by validation, champions trained on fresh seeds and tested once.`));
data.conclusion.forEach((sentence, i) => page.append(element("p", i === 0 ? { class: "lead" } : {}, sentence)));
data.warnings.forEach((warning) => page.append(element("p", { class: "warning" }, warning)));
page.append(element("h2", {}, "Scores"));
scores();
effects();
compute();
curves();
hyperparameters();
importance();
steps();
