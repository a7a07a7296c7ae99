// SPDX-License-Identifier: Apache-2.0
// Draws an examination from its JSON.
const accuracy = data.score === "accuracy";
const scaled = (score) => (accuracy ? 100 * score : score);
const scoreName = accuracy ? "test accuracy, %" : "test score";
const groups = data.groups.map((group, i) => ({ ...group, colour: colour(i) }));
const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), low = sorted[Math.floor((sorted.length - 1) / 2)], high = sorted[Math.floor(sorted.length / 2)];
  return low === high ? low : (low + high) / 2;
};
const numbers = (group, name) => group.networks.map((network) => network.numbers[name]).filter((x) => x !== null && x !== undefined);
const decays = (group, name) => group.networks.flatMap((network) => network.decays.filter((decay) => decay.of === name));

function halfLife(group, name) {
  const all = decays(group, name);
  if (all.length === 0) return "–";
  if (all.every((decay) => decay.stable)) return "kept to the end";
  const steps = all.map((decay) => (decay.half_life === null ? Infinity : decay.half_life));
  const text = (x) => (Number.isFinite(x) ? short(x) : "none");
  const range = all.length > 1 ? [Math.min(...steps), Math.max(...steps)] : all[0].half_life_interval.map((x) => (x === null ? Infinity : x));
  return `${text(median(steps))} [${range.map(text).join(", ")}]`;
}

function overview() {
  page.append(table(["network", "model", "parameters", "n", scoreName, "half-life of accuracy", "half-life of the rates' trace", "of the synapses' trace", "decoded after the delay, %", "stable points"],
    groups.map((group) => [group.name, group.model, group.parameters, group.networks.length, short(scaled(mean(numbers(group, "score")))), halfLife(group, "blank_delay"),
      halfLife(group, "trace"), halfLife(group, "trace_synapses"), short(100 * mean(numbers(group, "decoding.last"))), short(mean(numbers(group, "fixed_points.stable")))])));
  page.append(element("p", { class: "soft" }, "Half-lives in blank steps: of one network with its 95 % bootstrap interval, of several the median and the range."));
}

const curveTexts = [
  ["blank_delay", "Blank steps between the last input and the read-out", "blank steps"],
  ["delay", "Delays other than the one it was trained with", "delay, steps"],
  ["reset", "The state is reset after a share of the sequence", "share before the reset"],
  ["input_fraction", "Only the first part is fed, then zeros", "share that is fed"],
  ["crop", "Cut off after the first steps, and read out there", "steps kept"],
  ["gap", "Blank steps between one input and the next", "blank steps"],
  ["input_noise", "Noise on every input value", "standard deviation of the noise"],
];

function curves() {
  section("How long it remembers", "Scores on the test set as its sequences are changed; bands: 95 % intervals, over replicates by Student's t, of one network over samples.");
  const place = grid();
  for (const [name, caption, x] of curveTexts) {
    const series = groups.filter((group) => group.curves[name]).map((group) => ({ name: group.name, colour: group.colour,
      points: group.curves[name].map(([at, ...scores]) => [at, ...scores.slice(0, 3).map(scaled)]) }));
    if (series.length === 0) continue;
    const far = name.includes("delay");
    if (far) series.forEach((one) => { one.points = one.points.map(([at, ...rest]) => [at + 1, ...rest]); });
    lines(place, name, `${caption}.`, series, far ? `${x} + 1` : x, scoreName, { logarithmic: far });
  }
  for (const [name, what] of [["trace", "rates r"], ["trace_synapses", "synapses u·x"]]) {
    const series = groups.filter((group) => group.curves[name]).map((group) => ({ name: group.name, colour: group.colour, points: group.curves[name].map(([at, ...y]) => [at + 1, ...y]) }));
    if (series.length) lines(place, name, `How far the ${what} differ between samples, in blank steps after the input.`, series, "blank steps + 1", "standard deviation", { logarithmic: true });
  }
  if (data.input_sizes) {
    const rows = data.input_sizes.rows.map((row, i) => [data.input_sizes.labels[i], ...row]);
    const sizes = [...new Set(rows.map((row) => row[1]))].sort((a, b) => a - b);
    lines(place, "input_size", "Trained anew on chunks of so many values a step: mean, and range over seeds.", groups.map((group) => ({ name: group.name, colour: group.colour,
      points: sizes.map((size) => {
        const scores = rows.filter((row) => row[0] === group.name && row[1] === size && row[4] !== null).map((row) => scaled(row[4]));
        return [size, mean(scores), Math.min(...scores), Math.max(...scores)];
      }).filter((point) => point[1] !== null) })), "values a step", scoreName, { logarithmic: true });
  }
}

function decoding() {
  const told = groups.filter((group) => group.figures.decoding);
  if (told.length === 0) return;
  section("What a linear classifier reads", "The remembered item, told from the rates and from the synapses u·x at each step; dashed: chance.");
  const place = grid();
  lines(place, "decoding", told[0].figures.decoding.title + " (of the first group's).", told.map((group) => ({ name: group.name, colour: group.colour,
    points: group.curves.decoding.map(([at, ...y]) => [at, ...y.slice(0, 3).map((v) => 100 * v)]) })).concat([{ name: "chance", colour: style("--soft"), dash: [4, 4],
    points: told[0].figures.decoding.rows.map((row) => [row[0], 100 * row[3]]) }]), "step", "told right, %", { logarithmic: true });
  const plastic = told.filter((group) => group.figures.decoding.rows.some((row) => row[2] !== null));
  if (plastic.length) lines(place, "decoding-synapses", "From the synapses u·x, of the first network of each group.", plastic.map((group) => ({ name: group.name, colour: group.colour,
    points: group.figures.decoding.rows.map((row) => [row[0], 100 * row[2]]) })), "step", "told right, %", { logarithmic: true });
}

const by = (rows, column) => {
  const parts = new Map();
  for (const row of rows) parts.set(row[column], [...(parts.get(row[column]) || []), row]);
  return [...parts];
};

function details(group) {
  const figures = group.figures, several = group.networks.length > 1;
  section(`${group.name}: ${group.model}`, several ? `The first of ${group.networks.length} networks.` : "");
  page.append(element("ul", {}, ...group.networks[0].findings.map((finding) => element("li", finding.startsWith("Warning") ? { class: "warning" } : {}, finding))));
  const place = grid(), file = (name) => `${group.name}-${name}`;
  const draw = {
    trajectories: (figure) => figure.columns.slice(2).forEach((variable, i) => lines(place, file(`trajectory-${variable}`), `${variable === "x_s" ? "x" : variable} of some units through one test sample.`,
      by(figure.rows, 0).map(([unit, rows]) => ({ name: `unit ${unit}`, points: rows.map((row) => [row[1], row[2 + i]]) })), "step", variable === "x_s" ? "x" : variable)),
    rates_histogram: (figure) => histogram(place, file("rates"), figure.title + ".", figure.rows, "r"),
    z_histogram: (figure) => histogram(place, file("z"), figure.title + ".", figure.rows, "z"),
    units: (figure) => {
      const at = (name) => figure.columns.indexOf(name);
      const kinds = [["excitatory", 1], ["inhibitory", 0]].map(([name, kind]) => [name, figure.rows.filter((row) => row[1] === kind)]).filter(([, rows]) => rows.length);
      points(place, file("time-constants"), "Time constant −1/ln(1 − z) of each unit against its mean rate.", kinds.map(([name, rows]) => ({ name, points: rows.filter((row) => row[at("time constant, steps")] !== null).map((row) => [row[at("mean rate")], row[at("time constant, steps")]]) })), "mean rate", "time constant, steps");
      points(place, file("balance"), "Mean excitatory against inhibitory drive of each unit.", kinds.map(([name, rows]) => ({ name, points: rows.map((row) => [row[at("excitation")], row[at("inhibition")]]) })), "excitation", "inhibition");
    },
    drift: (figure) => lines(place, file("drift"), figure.title + ".", [{ name: group.name, points: figure.rows }], "blank steps", "speed", { logarithmic: true }),
    components: (figure) => bars(place, file("components"), figure.title + ".", figure.rows.map((row) => [`${row[0]}`, 100 * row[1]]), "share, %"),
    paths: (figure) => {
      const series = by(figure.rows, 0).map(([item, rows], i) => ({ name: `item ${item}`, colour: colour(i), line: true, radius: 0, points: rows.map((row) => [row[2], row[3]]) }));
      const still = (figures.fixed_points ? figures.fixed_points.rows : []).map((row) => ({ at: [row[6], row[7]], stable: row[2] === 1 && row[3] < 1 }));
      if (still.some((point) => point.stable)) series.push({ name: "stable points", colour: style("--ink"), radius: 6, points: still.filter((point) => point.stable).map((point) => point.at) });
      if (still.some((point) => !point.stable)) series.push({ name: "other fixed or slow points", colour: "#999999", radius: 4, points: still.filter((point) => !point.stable).map((point) => point.at) });
      points(place, file("paths"), "Mean path of each item along two principal components, with the fixed and slow points found on blank input.", series, "component 1", "component 2", { height: 340 });
    },
    eigenvalues: (figure) => eigenvalues("eigenvalues", "Eigenvalues of the Jacobian at the fixed and slow points; the circle is where modes neither grow nor fade.",
      by(figure.rows, 0).slice(0, 6).map(([point, rows]) => ({ name: `point ${point}`, points: rows.map((row) => [row[1], row[2]]) }))),
    spectrum: (figure) => eigenvalues("spectrum", "Eigenvalues of the recurrent weights W; the circle has radius 1.", [{ name: "W", points: figure.rows }]),
    lesions: (figure) => bars(place, file("lesions"), figure.title + ".", figure.rows.map((row, i) => [figure.labels[i], scaled(row[0])]), scoreName),
    training: (figure) => {
      const column = (name) => figure.rows.map((row) => [row[0], row[figure.columns.indexOf(name)]]);
      const chart = (name, names, y, options) => lines(place, file(name), `Over training: ${names.join(", ")}.`, names.map((one) => ({ name: one, points: column(one) })), "training step", y, options);
      chart("weights", ["mean |W|", "spectral radius"], "W");
      chart("units-over-training", ["mean rate", "dead units", "saturated units"], "share, or rate");
      chart("drives", ["recurrent drive", "input drive"], "root mean square");
      chart("gradient", ["gradient norm"], "norm", { logarithmic: false });
      const learnt = figure.columns.slice(10).filter((name) => figure.rows.some((row) => row[figure.columns.indexOf(name)] !== figure.rows[0][figure.columns.indexOf(name)]));
      if (learnt.length) chart("hyperparameters", learnt, "value");
    },
    training_paths: (figure) => {
      const snapshots = by(figure.rows, 0), shown = snapshots.filter((_, i) => i % Math.ceil(snapshots.length / 6) === 0 || i === snapshots.length - 1);
      lines(place, file("paths-over-training"), `Rate of ${figure.columns[2]} through one test sample, over training.`, shown.map(([step, rows]) => ({ name: `step ${step}`, points: rows.map((row) => [row[1], row[2]]) })), "step", "r");
    },
  };
  const eigenvalues = (name, caption, series) => {
    const circle = [...Array(73).keys()].map((i) => [Math.cos((i * Math.PI) / 36), Math.sin((i * Math.PI) / 36)]);
    points(place, file(name), caption, [...series.map((one, i) => ({ ...one, colour: colour(i), radius: 2.5 })), { name: "circle", colour: style("--soft"), line: true, radius: 0, points: circle }], "real", "imaginary", { height: 340 });
  };
  for (const [name, show] of Object.entries(draw)) {
    if (figures[name] && figures[name].rows.length) show(figures[name]);
  }
}

page.append(element("h1", {}, `Working memory: ${data.task}`), element("p", { class: "soft" },
  `${data.suite} suite, ${groups.reduce((sum, group) => sum + group.networks.length, 0)} networks in ${groups.length} group${groups.length === 1 ? "" : "s"}.`));
overview();
curves();
decoding();
groups.forEach(details);
