// SPDX-License-Identifier: Apache-2.0
// Draws a comparison from its JSON.
const accuracy = data.score === "accuracy";
const unit = accuracy ? "test accuracy, %" : "test score";
const scaled = (score) => (accuracy ? 100 * score : score);
const fixed = (x, digits = 2) => (x === null || x === undefined ? "–" : scaled(x).toFixed(accuracy ? digits : 4));
const interval = (pair) => (pair ? `[${fixed(pair[0])}, ${fixed(pair[1])}]` : "–");

/// Places in [-0.3, 0.3] that spread points of one row apart, the same at every opening.
const spread = (i, n) => (n < 2 ? 0 : 0.6 * (((i * 7) % n) / (n - 1) - 0.5));

/// One row of points an arm, with the mean and its interval.
function strips(parent, name, caption, label, rows, axis = {}) {
  const points = rows.flatMap((row, at) => row.values.map((x, i) => ({ x, y: at + spread(i, row.values.length), colour: row.colour })));
  const bars = { id: "bars", afterDatasetsDraw(drawn) {
    const { ctx, scales: { x, y } } = drawn;
    ctx.save();
    ctx.lineWidth = 2;
    rows.forEach((row, at) => {
      if (row.middle === null || row.middle === undefined) return;
      ctx.strokeStyle = style("--ink");
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(row.middle), y.getPixelForValue(at - 0.35));
      ctx.lineTo(x.getPixelForValue(row.middle), y.getPixelForValue(at + 0.35));
      if (row.range) {
        ctx.moveTo(x.getPixelForValue(row.range[0]), y.getPixelForValue(at));
        ctx.lineTo(x.getPixelForValue(row.range[1]), y.getPixelForValue(at));
      }
      ctx.stroke();
    });
    ctx.restore();
  } };
  chart(parent, name, caption, 60 + 44 * rows.length, { type: "scatter", plugins: [bars],
    data: { datasets: [{ data: points, pointRadius: 4, backgroundColor: points.map((p) => p.colour + "aa"), borderColor: points.map((p) => p.colour) }] },
    tooltip: { callbacks: { label: (item) => `${rows[Math.round(item.parsed.y)].name}: ${short(item.parsed.x)}` } },
    scales: { x: { text: label, ...axis },
      y: { min: -0.6, max: rows.length - 0.4, reverse: true, grid: { display: false },
        afterBuildTicks: (scale) => { scale.ticks = rows.map((_, value) => ({ value })); },
        ticks: { callback: (value) => (rows[value] ? rows[value].name : "") } } } },
    ["", "values"], rows.map((row) => [row.name, row.values.map(short).join("  ")]));
}

function scores() {
  strips(page, "scores", "Test score of every repetition (points), mean and its bootstrap interval (black).", unit,
    data.arms.map((arm, i) => ({ name: arm.name, colour: colours[i % colours.length],
      values: arm.repeats.filter((r) => r.test !== null).map((r) => scaled(r.test)),
      middle: arm.test && scaled(arm.test.mean), range: arm.mean_interval && arm.mean_interval.map(scaled) })));
}

function effects() {
  const rows = data.pairs.filter((pair) => pair.shift !== null).map((pair) => ({
    name: `${pair.first} − ${pair.second}`, colour: pair.verdict === "better" || pair.verdict === "worse" ? "#d55e00" : "#0072b2",
    values: [scaled(pair.shift)], middle: scaled(pair.shift), range: pair.shift_interval && pair.shift_interval.map(scaled) }));
  if (rows.length === 0) return;
  const reach = Math.max(...rows.flatMap((row) => [...row.values, ...(row.range || [])]).map(Math.abs), accuracy ? 100 * data.margin : data.margin) * 1.1;
  strips(page, "effects", "Differences of the pairs: Hodges–Lehmann shift with its exact interval; orange: a difference after Holm's correction. To the right of 0 the first arm is better.",
    accuracy ? "difference, points" : "difference", rows, { min: -reach, max: reach });
}

function curves() {
  const datasets = [];
  data.arms.forEach((arm, i) => {
    const colour = colours[i % colours.length];
    const line = (ys) => arm.curve.flops.map((x, j) => ({ x, y: scaled(ys[j]) }));
    if (arm.curve.flops.length === 0) return;
    datasets.push({ label: `_low ${arm.name}`, data: line(arm.curve.low), borderWidth: 0, pointRadius: 0 });
    datasets.push({ label: `_high ${arm.name}`, data: line(arm.curve.high), borderWidth: 0, pointRadius: 0, fill: "-1", backgroundColor: colour + "22" });
    datasets.push({ label: arm.name, data: line(arm.curve.median), borderColor: colour, backgroundColor: colour, borderWidth: 2, pointRadius: 0, stepped: true });
  });
  if (datasets.length === 0) return;
  chart(page, "curves", "Best validation score so far against the compute spent: median and quartiles over repetitions; the last rise of an arm is its final training.", 360,
    { type: "line", legend: true, data: { datasets },
      scales: { x: { type: "linear", text: "training FLOPs", ticks: { callback: (value) => Number(value).toExponential(1) } },
        y: { text: accuracy ? "best validation accuracy, %" : "best validation score" } } },
    ["arm", "mean best validation", "reached the target", "FLOPs of the target (median)"],
    data.arms.map((arm) => [arm.name, fixed(arm.mean_best_validation), `${arm.reached_target} of ${arm.repeats.length}`,
      arm.flops_of_target === null ? "not reached by half" : arm.flops_of_target.toExponential(2)]));
}

function hyperparameters() {
  const paths = [...new Set(data.arms.flatMap((arm) => arm.repeats.flatMap((r) => [...Object.keys(r.trained), ...Object.keys(r.champion || {})])))];
  const numeric = paths.filter((path) => data.arms.some((arm) => arm.repeats.some((r) => typeof (r.champion || {})[path] === "number" || r.trained[path])));
  if (numeric.length === 0) return;
  page.append(element("h2", {}, "What the hyperparameters became"));
  const grid = element("div", { class: "grid" });
  page.append(grid);
  for (const path of numeric) {
    const rows = [];
    data.arms.forEach((arm, i) => {
      const colour = colours[i % colours.length];
      const chosen = arm.repeats.map((r) => (r.champion || {})[path]).filter((x) => typeof x === "number");
      const trained = arm.repeats.filter((r) => r.trained[path]).map((r) => r.trained[path].end);
      if (chosen.length) rows.push({ name: `${arm.name}${trained.length ? ": start" : ""}`, colour, values: chosen });
      if (trained.length) rows.push({ name: `${arm.name}: trained`, colour, values: trained });
    });
    const values = rows.flatMap((row) => row.values);
    const log = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 20;
    strips(grid, path, `${path} of the champions`, path, rows, log ? { type: "logarithmic" } : {});
  }
}

function importance() {
  const told = data.arms.filter((arm) => arm.importance);
  if (told.length === 0) return;
  page.append(element("h2", {}, "What the score depended on"),
    element("p", { class: "soft" }, "Shares of the variance of the validation score over each arm's search: functional ANOVA of a random forest (Hutter et al., 2014), ± its standard error over the trees. The less of the variance the forest foresees out of bag, the less they say."));
  const grid = element("div", { class: "grid" });
  page.append(grid);
  told.forEach((arm) => {
    const shares = [...arm.importance.shares].sort((a, b) => b.share - a.share).slice(0, 8);
    const names = shares.map((s) => s.genes.join(" × "));
    chart(grid, `importance-${arm.name}`, `${arm.name}: the forest foresees ${Math.max(0, 100 * arm.importance.forest_r2).toFixed(0)} % of the variance`, 60 + 32 * shares.length,
      { type: "bar", indexAxis: "y", data: { labels: names, datasets: [{ data: shares.map((s) => 100 * s.share), backgroundColor: colours[data.arms.indexOf(arm) % colours.length] }] },
        scales: { x: { text: "share of the variance, %" }, y: {} } },
      ["", "share, %", "standard error"], shares.map((s, i) => [names[i], (100 * s.share).toFixed(1), (100 * s.standard_error).toFixed(1)]));
  });
}

function steps() {
  const checked = data.arms.filter((arm) => arm.steps.length);
  if (checked.length === 0) return;
  page.append(element("h2", {}, "Does it depend on the time step?"),
    table(["arm", "as trained", ...checked[0].steps.map((s) => `dt/${s.divisor}`), "verdict"],
      checked.map((arm) => [arm.name, fixed(arm.test && arm.test.median),
        ...arm.steps.map((s) => `${s.median_change > 0 ? "+" : ""}${fixed(s.median_change)} (p = ${plain(s.p_holm)})`),
        arm.steps.some((s) => s.depends) ? "depends on the step" : "no dependence shown"])),
    element("p", { class: "soft" }, "Final networks tested again with a fraction of their time step and every input repeated as often: median change of the test score, signed-rank test."));
}

page.append(element("h1", {}, data.question || data.name), element("p", { class: "soft" },
  `${data.name}: ${data.arms.length} arms, ${data.repeats} independent repetitions of each, paired by their seeds. Selection by validation, champions trained on fresh seeds and tested once.`));
data.conclusion.forEach((sentence, i) => page.append(element("p", i === 0 ? { class: "lead" } : {}, sentence)));
data.warnings.forEach((warning) => page.append(element("p", { class: "warning" }, warning)));
page.append(element("h2", {}, "Scores"));
scores();
page.append(table(["arm", "n", "median", "mean", `${100 * (1 - data.alpha)} % interval`, "IQM", "trainings", "FLOPs", "CPU s"],
  data.arms.map((arm) => {
    const each = (key) => (arm.search[key] + arm.final[key]) / arm.repeats.length;
    return [arm.name, arm.test ? arm.test.n : 0, fixed(arm.test && arm.test.median), fixed(arm.test && arm.test.mean), interval(arm.mean_interval),
      fixed(arm.test && arm.test.interquartile_mean), each("trainings").toFixed(0), each("flops").toExponential(2), each("cpu_seconds").toFixed(1)];
  })));
page.append(element("ul", { class: "soft" }, ...data.arms.map((arm) => element("li", {}, `${arm.name} (${arm.how}): ${arm.doc}`))));
page.append(element("h2", {}, "Differences"));
effects();
page.append(table(["pair", "n", "shift", "interval", "p", "p (Holm)", "permutation", "equivalence", "A12", "could see", "verdict"],
  data.pairs.map((p) => [`${p.first} − ${p.second}`, p.pairs, fixed(p.shift), interval(p.shift_interval), plain(p.p_signed_rank), plain(p.p_holm),
    plain(p.p_permutation), plain(p.p_equivalence_holm), plain(p.a12, 2), fixed(p.detectable_shift), p.verdict])));
page.append(element("h2", {}, "Progress"));
curves();
hyperparameters();
importance();
steps();
