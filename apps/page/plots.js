// SPDX-License-Identifier: Apache-2.0
// The kinds of charts. Where replicates are summed up, each is drawn too.

/// The series with what sets it apart filled in, where it does not say so itself.
const looks = (series) => series.map((one, i) => ({ ...look(i), ...one }));
const flag = (text) => ({ label: text, helper: true, borderWidth: 0, pointRadius: 0 });
const along = (points, i) => points.map((p) => ({ x: p[0], y: p[i] }));

/// Lines: series of { name, points: [[x, y, low, high], …] } with a band from low to high where there is one, and, as
/// far as they have it, `singles` and `fits` ([[[x, y], …], …]: the curve of each network, thin, and what was fitted to
/// each, dotted), colour, dash, marker, width.
/// options: marks ([{ at, text }], upright lines), level ({ y, text, low, high }, a line across such as chance's), far
/// (times from 0 on that span octaves), height, logarithmic, stepped, legend, x, y.
function lines(parent, name, caption, series, x, y, options = {}) {
  const datasets = [], shown = looks(series), later = options.far ? 1 : 0;
  const along = (points, i) => points.map((p) => ({ x: p[0] + later, y: p[i] }));
  for (const one of shown) {
    const seen = one.points.length > 40 || one.plain ? 0 : 2.5;
    const line = { borderColor: one.colour, backgroundColor: one.colour, borderDash: one.dash, fill: false, stepped: !!options.stepped };
    if (one.points.some((p) => p.length > 3 && p[3] > p[2])) {
      datasets.push({ ...flag(one.name), role: "low", data: along(one.points, 2) });
      datasets.push({ ...flag(one.name), role: "band", data: along(one.points, 3), fill: "-1", backgroundColor: `${one.colour}22` });
    }
    for (const single of one.singles || [])
      datasets.push({ ...flag(one.name), role: "single", data: along(single, 1), ...line, borderColor: `${one.colour}77`, borderWidth: 0.8 });
    for (const fit of one.fits || [])
      datasets.push({ ...flag(one.name), role: "fit", data: along(fit, 1), ...line, borderWidth: 1.5, borderDash: [1.5, 3], stepped: false });
    datasets.push({ label: one.name, role: "line", data: along(one.points, 1), ...line, borderWidth: one.width || 2, pointRadius: seen, pointStyle: one.marker });
  }
  const { level } = options;
  if (level) datasets.push(...levelOf(level, shown, later));
  const rows = shown.flatMap((one) => one.points.map((p) => [one.name, ...p.slice(0, 4).map(short)]));
  const banded = rows.some((row) => row.length > 3);
  const named = datasets.filter((one) => !one.helper).length;
  return chart(parent, name, caption, options.height || 280, { type: "line", legend: named > 1 && options.legend !== false, data: { datasets },
    plugins: options.marks?.length ? [uprights(options.marks.map((mark) => ({ ...mark, at: mark.at + later })))] : [],
    tooltip: options.far ? { callbacks: { title: (items) => items.map((item) => short(item.parsed.x - 1))[0] } } : {},
    scales: { x: { type: options.logarithmic || options.far ? "logarithmic" : "linear", text: x, ...(options.far ? octaves : {}), ...options.x }, y: { text: y, ...options.y } } },
    ["", x, y, ...(banded ? ["low", "high"] : [])], rows);
}

/// Times 0, 1, 2, 4, … on a logarithmic axis: drawn one later than they are, for 0 has no place there.
const octaves = {
  afterBuildTicks: (scale) => {
    const times = [0, ...Array.from({ length: 31 }, (_, i) => 2 ** i)];
    scale.ticks = times.map((time) => ({ value: time + 1 })).filter(({ value }) => value >= scale.min && value <= scale.max);
  },
  ticks: { callback: (value) => String(value - 1) },
};

/// A line across all that the series reach, with its interval.
function levelOf(level, series, later) {
  const places = series.flatMap((one) => one.points.map((p) => p[0]));
  const across = (at) => [Math.min(...places), Math.max(...places)].map((place) => ({ x: place + later, y: at }));
  const line = { label: level.text, role: "level", data: across(level.y), borderColor: style("--soft"), backgroundColor: style("--soft"),
    borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0, fill: false };
  if (!known(level.low)) return [line];
  return [{ ...flag(level.text), role: "low", data: across(level.low) },
    { ...flag(level.text), role: "band", data: across(level.high), fill: "-1", backgroundColor: `${style("--soft")}22` }, line];
}

/// Points: series of { name, points: [[x, y], …], colour, marker, radius, line }. options: equal (the same unit on
/// both axes), height, x, y.
function points(parent, name, caption, series, x, y, options = {}) {
  const datasets = looks(series).map((one) => ({ label: one.name, data: along(one.points, 1), showLine: !!one.line, borderDash: one.line ? one.dash : [],
    borderColor: one.colour, backgroundColor: one.colour + (one.line ? "" : "aa"), pointStyle: one.marker, pointRadius: one.radius ?? 3,
    borderWidth: one.line || ["crossRot", "star"].includes(one.marker) ? 1.5 : 0.5 }));
  const all = series.flatMap((one) => one.points).filter((p) => known(p[0]) && known(p[1]));
  const reach = (i) => [Math.min(...all.map((p) => p[i])), Math.max(...all.map((p) => p[i]))];
  const inside = options.equal ? { ticks: { includeBounds: false } } : {};
  return chart(parent, name, caption, options.height || 280, { type: "scatter", legend: series.length > 1, data: { datasets },
    plugins: options.equal && all.length ? [equalAxes({ x: reach(0), y: reach(1) })] : [],
    scales: { x: { text: x, ...inside, ...options.x }, y: { text: y, ...inside, ...options.y } } },
    ["", x, y], series.flatMap((one) => one.points.map((p) => [one.name, short(p[0]), short(p[1])])));
}

/// One row of points for each of { name, values, colour, middle, range: [low, high], bounds: [low, high] }, with the
/// middle and its interval in black, and a grey box for the bounds that the values may have. options: joined (values
/// with the same place in two neighbouring rows are one pair and joined), band ([low, high], across all rows), axis.
function strips(parent, name, caption, label, rows, options = {}) {
  const width = labelWidth(parent), spots = [], joints = [];
  const dots = rows.flatMap((row, at) => row.values.map((x, i) => ({ x, y: at + spread(i, row.values.length), row: at, i, hue: row.colour }))).filter((dot) => known(dot.x));
  for (const dot of dots) spots[dot.row] = { ...spots[dot.row], [dot.i]: dot };
  if (options.joined) rows.forEach((_, at) => {
    for (const [i, dot] of Object.entries(spots[at] || {})) if (spots[at + 1]?.[i]) joints.push([dot, spots[at + 1][i]]);
  });
  const paint = ({ ctx, chartArea, scales: { x, y } }) => {
    const at = (value) => Math.min(Math.max(x.getPixelForValue(value), chartArea.left), chartArea.right);
    return { ctx, chartArea, at, y, box: (from, to, top, bottom) => ctx.fillRect(at(from), top, Math.max(at(to) - at(from), 1), bottom - top),
      line: (x0, y0, x1, y1) => { ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); } };
  };
  const behind = { id: "behind", beforeDatasetsDraw(drawn) {
    const { ctx, chartArea, at, y, box, line } = paint(drawn);
    ctx.save();
    ctx.fillStyle = `${style("--soft")}33`;
    if (options.band) box(...options.band, chartArea.top, chartArea.bottom);
    rows.forEach((row, i) => row.bounds && box(...row.bounds, y.getPixelForValue(i - 0.4), y.getPixelForValue(i + 0.4)));
    ctx.strokeStyle = `${style("--soft")}88`;
    ctx.lineWidth = 1;
    for (const [a, b] of joints) line(at(a.x), y.getPixelForValue(a.y), at(b.x), y.getPixelForValue(b.y));
    ctx.restore();
  } };
  const middles = { id: "middles", afterDatasetsDraw(drawn) {
    const { ctx, at, y, line } = paint(drawn);
    ctx.save();
    ctx.strokeStyle = style("--ink");
    ctx.lineWidth = 2;
    rows.forEach((row, i) => {
      if (known(row.middle)) line(at(row.middle), y.getPixelForValue(i - 0.35), at(row.middle), y.getPixelForValue(i + 0.35));
      if (row.range) line(at(row.range[0]), y.getPixelForValue(i), at(row.range[1]), y.getPixelForValue(i));
    });
    ctx.restore();
  } };
  const names = rows.map((row) => wrapped(row.name, width));
  const tall = rows.reduce((sum, _, i) => sum + Math.max(44, 16 * [names[i]].flat().length), 0);
  const all = rows.flatMap((row) => [...row.values, ...(row.range || []), ...(row.bounds || []), row.middle]).filter(known);
  const drawn = chart(parent, name, caption, 60 + tall, { type: "scatter", plugins: [behind, middles],
    data: { datasets: [{ data: dots, pointRadius: 4, backgroundColor: dots.map((dot) => `${dot.hue}aa`), borderColor: dots.map((dot) => dot.hue) }] },
    tooltip: { callbacks: { label: (item) => `${rows[item.raw.row].name}, ${item.raw.i + 1}: ${short(item.parsed.x)}` } },
    scales: { x: { text: label, suggestedMin: Math.min(...all), suggestedMax: Math.max(...all), ...options.axis },
      y: { min: -0.6, max: rows.length - 0.4, reverse: true, grid: { display: false },
        afterBuildTicks: (scale) => { scale.ticks = rows.map((_, value) => ({ value })); },
        ticks: { autoSkip: false, callback: (value) => names[value] ?? "" } } } },
    ["", "middle", "interval", "values"], rows.map((row) => [row.name, short(row.middle), row.range ? `[${row.range.map(short).join(", ")}]` : "–", row.values.map(short).join("  ")]));
  drawn.joints = joints.length;
  return drawn;
}

/// Places in [-0.3, 0.3] that spread points of one row apart, the same at every opening.
const spread = (i, n) => (n < 2 ? 0 : 0.6 * (((i * 7) % n) / (n - 1) - 0.5));

/// Horizontal bars of { name, value, low, high, values }: with the interval from low to high, and a point for each of
/// `values`, as far as there are any. options: colour, level ({ at, text }, an upright line), x.
function bars(parent, name, caption, rows, x, options = {}) {
  const width = labelWidth(parent), names = rows.map((row) => wrapped(row.name, width));
  const whiskers = { id: "whiskers", afterDatasetsDraw({ ctx, scales }) {
    ctx.save();
    ctx.strokeStyle = style("--ink");
    ctx.fillStyle = style("--paper");
    ctx.lineWidth = 1.2;
    rows.forEach((row, i) => {
      const y = scales.y.getPixelForValue(i), at = (value) => scales.x.getPixelForValue(value);
      if (known(row.low) && row.high > row.low) {
        ctx.beginPath();
        ctx.moveTo(at(row.low), y);
        ctx.lineTo(at(row.high), y);
        for (const end of [row.low, row.high]) { ctx.moveTo(at(end), y - 5); ctx.lineTo(at(end), y + 5); }
        ctx.stroke();
      }
      (row.values || []).forEach((value, k) => {
        ctx.beginPath();
        ctx.arc(at(value), y + 9 * spread(k, row.values.length), 2.2, 0, 2 * Math.PI);
        ctx.fill();
        ctx.stroke();
      });
    });
    ctx.restore();
  } };
  const datasets = [{ data: rows.map((row) => row.value), backgroundColor: rows.map((row) => row.colour || options.colour || colour(0)) }];
  const reach = rows.flatMap((row) => [row.value, row.low, row.high, ...(row.values || [])]).filter(known);
  const tall = names.reduce((sum, lines) => sum + Math.max(28, 15 * [lines].flat().length), 0);
  const drawn = chart(parent, name, caption, 60 + tall, { type: "bar", indexAxis: "y", plugins: [whiskers, ...(options.level ? [uprights([options.level])] : [])], data: { labels: names, datasets },
    scales: { x: { text: x, suggestedMax: Math.max(0, ...reach), suggestedMin: Math.min(0, ...reach), ...options.x }, y: { ticks: { autoSkip: false } } } },
    ["", x, "low", "high", "each"], rows.map((row) => [row.name, short(row.value), short(row.low), short(row.high), (row.values || []).map(short).join("  ") || "–"]));
  drawn.whiskers = rows.filter((row) => known(row.low) && row.high > row.low).length;
  drawn.dots = rows.reduce((sum, row) => sum + (row.values || []).length, 0);
  return drawn;
}

/// A histogram from [[from, to, share], …].
function histogram(parent, name, caption, rows, x) {
  return chart(parent, name, caption, 240, { type: "bar", data: { labels: rows.map((row) => short((row[0] + row[1]) / 2)),
    datasets: [{ data: rows.map((row) => row[2]), backgroundColor: colour(0), categoryPercentage: 1, barPercentage: 0.95 }] },
    scales: { x: { text: x }, y: { text: "share" } } }, ["from", "to", "share"], rows.map((row) => row.map(short)));
}
