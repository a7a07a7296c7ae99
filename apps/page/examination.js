// SPDX-License-Identifier: Apache-2.0
// Draws an examination from its JSON.
const accuracy = data.score === "accuracy";
const scaled = (score) => (accuracy && known(score) ? 100 * score : score);
const scoreName = accuracy ? "test accuracy, %" : "test score";
const groups = data.groups.map((group, i) => ({ ...group, ...look(i) }));
const several = groups.some((group) => group.networks.length > 1);
const networks = (n) => `${n} network${n === 1 ? "" : "s"}`;
/// A figure's column by its name, as numbers; nulls where it has none.
const column = (figure, name) => {
  const i = figure.columns.indexOf(name);
  return figure.rows.map((row) => (i < 0 ? null : row[i]));
};
const same = (values) => values.every((value) => value === values[0]);

/// What of a figure is marked, of all groups: [{ at, text }, …]; with the group's name where they differ.
function marksOf(name, texts) {
  return Object.entries(texts).flatMap(([mark, text]) => {
    const told = groups.map((group) => [group, group.figures[name]?.marks?.[mark]]).filter(([, at]) => known(at));
    if (told.length === 0) return [];
    return same(told.map(([, at]) => at)) ? [{ at: told[0][1], text }] : told.map(([group, at]) => ({ at, text: `${text}, ${brief(group.name, 20)}` }));
  });
}
/// Chance as a line across, where all groups have the same.
function levelFor(name, scale) {
  const told = groups.map((group) => group.figures[name]?.marks?.chance).filter(known);
  if (told.length === 0 || !same(told)) return undefined;
  return { y: scale(told[0]), text: "chance" };
}

/// A group's curve with those of its networks and what was fitted to each.
function seriesOf(group, name, scale) {
  const rows = (points) => points.map(([x, ...y]) => [x, ...y.slice(0, 3).map(scale)]);
  const fitted = group.networks.flatMap((network) => network.decays.filter((decay) => decay.of === name && decay.curve?.length));
  const fits = fitted.map((decay) => decay.curve), longest = group.curves[name].at(-1)[0];
  const halves = fitted.filter((decay) => known(decay.half_life)).map((decay) => [decay.first + decay.half_life, decay.chance + decay.start / 2]).filter(([x]) => x <= longest);
  return { name: group.name, colour: group.colour, dash: group.dash, marker: group.marker, points: rows(group.curves[name]),
    singles: (group.singles[name] || []).map((one) => rows(one.points)), fits: fits.map(rows), halves: rows(halves) };
}
/// What is wrong with a fit, once each.
function warnings(name) {
  const told = groups.flatMap((group) => group.networks.flatMap((network) => network.decays.filter((decay) => decay.of === name && decay.warning)
    .map((decay) => `${group.name}${group.networks.length > 1 ? ` ${network.number}` : ""}: ${decay.warning}`)));
  return told.length ? [element("details", { class: "warning" }, element("summary", {}, `${told.length === 1 ? "A warning" : `${told.length} warnings`} of the fit`),
    element("ul", {}, ...told.map((text) => element("li", {}, text))))] : [];
}

const curveTexts = [
  ["blank_delay", "Blank steps between the last input and the read-out", "blank steps", true],
  ["delay", "Delays other than the one it was trained with", "delay, steps", true],
  ["reset", "The state is reset after a share of the sequence", "share before the reset", false],
  ["input_fraction", "Only the first part is fed, then zeros", "share that is fed", false],
  ["crop", "Cut off after the first steps, and read out there", "steps kept", false],
  ["gap", "Blank steps between one input and the next", "blank steps", false],
  ["input_noise", "Noise on every input value", "standard deviation of the noise", false],
];
const timeMarks = { "end of input": "end of input", trained: "trained delay", "delay end": "end of the trained delay" };

/// One curve of every group that has it, with all that belongs to it.
function curve(place, name, caption, x, y, scale, far) {
  const series = groups.filter((group) => group.curves[name]).map((group) => seriesOf(group, name, scale));
  if (series.length === 0) return;
  const fitted = series.some((one) => one.fits.length) ? " Dotted: the fitted form of forgetting; crosses: its half-life." : "";
  lines(place, name, `${caption}.${fitted}`, series, x, y, { far, marks: marksOf(name, timeMarks), level: levelFor(name, scale) });
  place.lastElementChild.append(...warnings(name));
}

function curves() {
  section("How long it remembers", `Scores on the test set as its sequences are changed. ${several ? "Bands: 95 % intervals of the mean over networks (Student's t); thin lines: each network." : "Bands: 95 % intervals over test samples."}`);
  const place = grid();
  for (const [name, caption, x, far] of curveTexts) curve(place, name, caption, x, scoreName, scaled, far);
  curve(place, "trace", "How far the rates r differ between samples, in blank steps after the input", "blank steps", "standard deviation", (y) => y, true);
  curve(place, "trace_synapses", "How far the synapses u·x differ between samples, in blank steps after the input", "blank steps", "standard deviation", (y) => y, true);
  curve(place, "drift", "How fast the rates move in blank steps after the input, root mean square over units", "blank steps", "speed a step", (y) => y, true);
  inputSizes(place);
}

function inputSizes(place) {
  if (!data.input_sizes) return;
  const rows = data.input_sizes.rows.map((row, i) => [data.input_sizes.labels[i], ...row]);
  const sizes = [...new Set(rows.map((row) => row[1]))].sort((a, b) => a - b);
  lines(place, "input_size", "Trained anew on chunks of so many values a step: mean, and range over seeds.", groups.map((group) => ({ ...group, singles: [], points: sizes.map((size) => {
    const scores = rows.filter((row) => row[0] === group.name && row[1] === size && row[4] !== null).map((row) => scaled(row[4]));
    return [size, mean(scores), Math.min(...scores), Math.max(...scores)];
  }).filter((point) => point[1] !== null) })), "values a step", scoreName, { logarithmic: true });
}

function decoding() {
  const told = groups.filter((group) => group.figures.decoding);
  if (told.length === 0) return;
  section("What a linear classifier reads", "The remembered item, as a linear classifier tells it from the rates and from the synapses u·x at each step. Grey: chance, up to its 97.5 % quantile.");
  const place = grid(), percent = (share) => (known(share) ? 100 * share : share), figure = told[0].figures.decoding;
  const chance = column(figure, "chance").find(known), upper = column(figure, "chance, 97.5 %").find(known);
  const level = known(chance) ? { y: percent(chance), text: "chance", low: percent(chance), high: percent(upper ?? chance) } : undefined;
  const draw = (name, from) => {
    const series = told.filter((group) => group.curves[name]).map((group) => seriesOf(group, name, percent));
    if (series.length) lines(place, name, `Items told right from the ${from}. ${figure.title}${told.length > 1 ? " (of the first group's)" : ""}.`, series, "step", "told right, %",
      { far: true, level, marks: marksOf("decoding", timeMarks), y: { suggestedMax: 100 } });
  };
  draw("decoding", "rates");
  draw("decoding_synapses", "synapses u·x");
  group_bars(place, "memory_site", "memory_site", "Items told right at the end of the delay", "told right, %", percent);
  group_bars(place, "memory_shuffled", "memory_site", "What it costs when this part of the state is shuffled over trials at the end of the delay", accuracy ? "points of accuracy lost" : "score lost", scaled, { chance: false });
}

/// Bars of every group side by side: each group's own chart, with error bars.
function group_bars(place, name, from, caption, x, scale, options = {}) {
  for (const group of groups.filter((one) => one.bars[name])) {
    const rows = group.bars[name], replicated = group.networks.length > 1, marked = options.chance === false ? undefined : group.figures[from].marks?.chance;
    const errors = !rows.some((row) => known(row.low)) ? "" : replicated ? " Lines: 95 % intervals of the mean over networks; points: each network." : " Lines: 95 % intervals over test samples.";
    const chance = known(marked) ? " Dashed: chance." : "";
    bars(place, `${group.name}-${name}`, `${groups.length > 1 ? `${group.name}: ` : ""}${caption}.${errors}${chance}`, rows.map((row) => ({ name: row.label, value: scale(row.mean), low: scale(row.low), high: scale(row.high),
      values: replicated ? row.values.map(scale) : [] })), x, { colour: group.colour, level: chance ? { at: scale(marked), text: "" } : undefined, x: options.x });
  }
}

const details = (group) => {
  const figures = group.figures;
  section(`${group.name}: ${group.model}`, group.networks.length > 1 ? `Single states are those of the first of ${networks(group.networks.length)}.` : "");
  page.append(element("ul", {}, ...group.networks[0].findings.map((finding) => element("li", finding.startsWith("Warning") ? { class: "warning" } : {}, finding))));
  const place = grid(), file = (name) => `${group.name}-${name}`;
  const marks = (figure) => Object.entries(timeMarks).filter(([mark]) => known(figure.marks?.[mark])).map(([mark, text]) => ({ at: figure.marks[mark], text }));
  const eigenvalues = (name, caption, series) => {
    const circle = [...Array(73).keys()].map((i) => [Math.cos((i * Math.PI) / 36), Math.sin((i * Math.PI) / 36)]);
    points(place, file(name), caption, [...series.map((one) => ({ radius: 2.5, ...one })), { name: "circle of radius 1", colour: style("--soft"), dash: [], line: true, radius: 0, points: circle }],
      "real", "imaginary", { height: 340, equal: true });
  };
  const draw = {
    trajectories: (figure) => figure.columns.slice(2).forEach((variable) => {
      const named = variable === "x_s" ? "x" : variable, values = column(figure, variable);
      const rows = figure.rows.map((row, i) => [row[0], row[1], values[i]]);
      lines(place, file(`trajectory-${variable}`), `${named} of some units through one test sample, and through the delay after its input.`,
        by(rows, 0).map(([unit, own]) => ({ name: `unit ${unit}`, plain: true, points: own.map((row) => [row[1], row[2]]) })), "step", named, { marks: marks(figure) });
    }),
    rates_histogram: (figure) => histogram(place, file("rates"), figure.title + ".", figure.rows, "r"),
    z_histogram: (figure) => histogram(place, file("z"), figure.title + ".", figure.rows, "z"),
    units: (figure) => {
      const kinds = (x, y) => [["excitatory", 1, 0], ["inhibitory", 0, 1]].map(([name, kind, i]) => {
        const [is, xs, ys] = ["excitatory", x, y].map((one) => column(figure, one));
        return { name, marker: markers[2 * i], points: xs.map((at, row) => [at, ys[row], is[row]]).filter((p) => p[2] === kind && known(p[0]) && known(p[1])) };
      }).filter((one) => one.points.length);
      points(place, file("time-constants"), "Time constant −1/ln(1 − z) of each unit against its mean rate.", kinds("mean rate", "time constant, steps"), "mean rate", "time constant, steps");
      points(place, file("balance"), "Mean excitatory against inhibitory drive of each unit.", kinds("excitation", "inhibition"), "excitation", "inhibition");
    },
    components: (figure) => bars(place, file("components"), figure.title + ".", figure.rows.map((row) => ({ name: `${row[0]}`, value: 100 * row[1] })), "share, %"),
    paths: (figure) => {
      const [one, two] = ["component 1", "component 2"].map((name) => column(figure, name)), rows = figure.rows.map((row, i) => [row[0], row[1], one[i], two[i]]);
      const series = by(rows, 0).map(([item, own], i) => ({ ...look(i), name: `item ${item}`, line: true, radius: 0, points: own.map((row) => [row[2], row[3]]) }));
      const end = figure.marks?.["end of input"];
      if (known(end)) series.push({ name: "end of the input", colour: style("--ink"), marker: "star", radius: 4, points: by(rows, 0).map(([, own]) => own.find((row) => row[1] >= end) || own[own.length - 1]).map((row) => [row[2], row[3]]) });
      const still = figures.fixed_points, of = (name) => column(still, name);
      if (still && still.rows.length) {
        const [x, y, fixed, modulus] = ["component 1", "component 2", "fixed", "largest modulus"].map(of), places = x.map((at, i) => ({ at: [at, y[i]], stable: fixed[i] === 1 && modulus[i] < 1 }));
        const kind = (name, stable, marker, radius) => {
          const chosen = places.filter((place) => place.stable === stable);
          if (chosen.length) series.push({ name, colour: style("--ink"), marker, radius, points: chosen.map((place) => place.at) });
        };
        kind("stable points", true, "circle", 5);
        kind("other fixed or slow points", false, "crossRot", 5);
      }
      points(place, file("paths"), "Mean path of each item along two principal components, with the fixed and slow points found on blank input.", series, "component 1", "component 2", { height: 340 });
    },
    eigenvalues: (figure) => eigenvalues("eigenvalues", "Eigenvalues of the Jacobian at the fixed and slow points; on the circle modes neither grow nor fade.",
      by(figure.rows, 0).slice(0, 12).map(([point, rows]) => ({ name: `point ${point}`, points: rows.map((row) => [row[1], row[2]]) }))),
    spectrum: (figure) => eigenvalues("spectrum", "Eigenvalues of the recurrent weights W; the circle has radius 1.", [{ name: "W", points: figure.rows }]),
    training: (figure) => {
      const over = (name, names, y) => lines(place, file(name), `Over training: ${names.join(", ")}.`,
        names.map((one) => ({ name: one, points: column(figure, one).map((value, i) => [figure.rows[i][0], value]) })), "training step", y);
      over("weights", ["mean |W|", "spectral radius"], "W");
      over("units-over-training", ["mean rate", "dead units", "saturated units"], "share, or rate");
      over("drives", ["recurrent drive", "input drive"], "root mean square");
      over("gradient", ["gradient norm"], "norm");
      const learnt = figure.columns.slice(10).filter((name) => !same(column(figure, name)));
      if (learnt.length) over("hyperparameters", learnt, "value");
    },
    training_paths: (figure) => {
      const snapshots = by(figure.rows, 0), shown = snapshots.filter((_, i) => i % Math.ceil(snapshots.length / 6) === 0 || i === snapshots.length - 1);
      lines(place, file("paths-over-training"), `Rate of ${figure.columns[2]} through one test sample, over training.`, shown.map(([step, rows]) => ({ name: `step ${step}`, plain: true, points: rows.map((row) => [row[1], row[2]]) })), "step", "r");
    },
  };
  for (const [name, show] of Object.entries(draw)) {
    if (figures[name] && figures[name].rows.length) show(figures[name]);
  }
};

page.append(element("h1", {}, `Working memory: ${data.task}`), element("p", { class: "soft" },
  `${data.suite} suite, ${networks(groups.reduce((sum, group) => sum + group.networks.length, 0))} in ${groups.length} group${groups.length === 1 ? "" : "s"}.`));
page.append(summary(data.overview.head, data.overview.rows), element("p", { class: "soft" }, data.overview.explanation));
curves();
decoding();
section("What lesions cost");
group_bars(grid(), "lesions", "lesions", "Score with a part of the network silenced or held at its mean", scoreName, scaled, { x: accuracy ? { min: 0, max: 100 } : {} });
groups.forEach(details);
