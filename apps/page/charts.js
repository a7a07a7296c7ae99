// SPDX-License-Identifier: Apache-2.0
// What every page of ours is made of: elements, tables, and charts with a caption, buttons and their numbers.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");

// Six colours of Okabe and Ito (2008), told apart with every kind of colour vision; without black, which is for means,
// and yellow, which white paper hides. After six the line style and the marker change: 36 series look different.
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4], [4, 2, 1, 2, 1, 2]];
const markers = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
const colour = (i) => colours[i % colours.length];
const round = (i, list) => list[Math.floor(i / colours.length) % list.length];
/// What sets series i apart from all others: { colour, dash, marker }.
const look = (i) => ({ colour: colour(i), dash: round(i, dashes), marker: round(i, markers) });

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const known = (x) => x !== null && x !== undefined;
const plain = (x, digits = 3) => (known(x) ? x.toFixed(digits) : "–");
const isExtreme = (x) => Math.abs(x) >= 1e4 || (x !== 0 && Math.abs(x) < 1e-3);
const short = (x) => (!known(x) ? "–" : typeof x !== "number" ? String(x) : isExtreme(x) ? x.toExponential(1) : String(+x.toPrecision(3)));
const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
  if (n === 0) return null;
  const low = sorted[Math.floor((n - 1) / 2)], high = sorted[Math.floor(n / 2)];
  return low === high ? low : (low + high) / 2;
};
/// Rows that share what they have in a column: [[value, rows], …], in order of their first row.
const by = (rows, column) => {
  const parts = new Map();
  for (const row of rows) parts.set(row[column], [...(parts.get(row[column]) || []), row]);
  return [...parts];
};

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const section = (title, text) => {
  page.append(element("h2", {}, title));
  if (text) page.append(element("p", { class: "soft" }, text));
};
const grid = (parent = page) => {
  const node = element("div", { class: "grid" });
  parent.append(node);
  return node;
};

/// Numbers, which may be many: the box scrolls, not the page.
function table(head, rows) {
  const cells = (row, tag) => element("tr", {}, ...row.map((text) => element(tag, {}, String(text))));
  const body = rows.map((row) => cells(row, "td"));
  return element("div", { class: "scroll", tabindex: "0" },
    element("table", {}, element("thead", {}, cells(head, "th")), element("tbody", {}, ...body)));
}

/// A table to be read: its cells break their lines. Where it is too wide, rows and columns change places; where that is
/// too wide too, each row becomes a block of lines "what: value". Columns without any value are left out.
function summary(head, rows) {
  const kept = head.map((_, i) => i).filter((i) => i === 0 || rows.some((row) => row[i] !== "–" && row[i] !== ""));
  const cells = [head, ...rows].map((row) => kept.map((i) => String(row[i])));
  const turned = cells[0].map((_, i) => cells.map((row) => row[i]));
  const words = (text) => (/[a-zß-ÿ]{3,} [a-zß-ÿ]{2,}/.test(text) ? { class: "words" } : {});
  const box = element("div", { class: "summary scroll", tabindex: "0" });
  const show = ([top, ...body], mode) => {
    box.className = `summary scroll ${mode}`;
    box.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...top.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...body.map((row) => element("tr", {}, ...row.map((text, i) => element("td", { "data-head": top[i], ...(i ? words(text) : {}) }, text)))))));
    return box.scrollWidth <= box.clientWidth;
  };
  const fit = () => show(cells, "") || show(turned, "turned") || show(cells, "blocks");
  addEventListener("resize", fit);
  show(cells, "");
  queueMicrotask(fit);  // once it is in the page
  return box;
}

/// The text in lines of at most `width` characters, broken at blanks where there are some, else anywhere.
function wrapped(text, width) {
  const lines = [];
  for (const word of String(text).split(/\s+/)) {
    const last = lines.length - 1, parts = word.match(new RegExp(`.{1,${width}}`, "gsu")) || [];
    if (last >= 0 && parts.length === 1 && `${lines[last]} ${word}`.length <= width) lines[last] += ` ${word}`;
    else lines.push(...parts);
  }
  return lines.length < 2 ? lines.join("") : lines;
}
/// The beginning and the end of what is too long for a legend; the tables have all of it.
const brief = (text, width) => (text.length <= width ? text : `${text.slice(0, Math.ceil(width / 2) - 1)}…${text.slice(-Math.floor(width / 2))}`);
/// Characters that may stand in front of a row of a chart.
const labelWidth = (parent) => (parent.clientWidth < 500 ? 17 : 30);

function download(address, name) {
  element("a", { href: address, download: name.replace(/[^\w.-]+/g, "-") }).click();
}

/// One unit is as long on the one axis as on the other: circles are circles. `reach`: [low, high] of x and of y.
const equalAxes = (reach) => ({ id: "equalAxes", afterUpdate(drawn) {
  const { chartArea: { width, height }, options: { scales } } = drawn;
  const span = (axis) => 1.08 * Math.max(reach[axis][1] - reach[axis][0], 1e-9);
  const unit = Math.max(span("x") / width, span("y") / height);
  const ends = (axis, pixels) => [-0.5, 0.5].map((side) => (reach[axis][0] + reach[axis][1]) / 2 + side * unit * pixels);
  const wanted = { x: ends("x", width), y: ends("y", height) };
  // Other labels of the axes may leave another area: at most four times.
  const near = (axis, i, key) => Math.abs(scales[axis][key] - wanted[axis][i]) < 0.002 * unit * width;
  const done = ["x", "y"].every((axis) => near(axis, 0, "min") && near(axis, 1, "max"));
  drawn.turns = done ? 0 : (drawn.turns || 0) + 1;
  if (done || drawn.turns > 4) return;
  for (const axis of ["x", "y"]) [scales[axis].min, scales[axis].max] = wanted[axis];
  drawn.update("none");
} });

/// Upright lines with a word each: [{ at, text }, …].
const uprights = (marks) => ({ id: "uprights", afterDatasetsDraw({ ctx, chartArea, scales: { x } }) {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = style("--soft");
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "top";
  marks.filter(({ at }) => at >= x.min && at <= x.max).forEach(({ at, text }, i) => {
    const place = x.getPixelForValue(at), half = (chartArea.left + chartArea.right) / 2;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(place, chartArea.top);
    ctx.lineTo(place, chartArea.bottom);
    ctx.stroke();
    ctx.textAlign = place > half ? "right" : "left";
    ctx.fillText(text, place + (place > half ? -4 : 4), chartArea.top + 2 + 13 * i);
  });
  ctx.restore();
} });

/// Names the series once each: what only helps to draw one is not named, and is shown and hidden with it.
function legendOf(datasets, width) {
  const named = datasets.filter((one) => !one.helper);
  const line = (one) => one.role === "line" || one.role === "level" || !!one.showLine;
  const wide = named.some(line) ? 28 : undefined;  // in which a circle would be an ellipse
  const sign = (one) => (line(one) ? "line" : wide && (one.pointStyle || "circle") === "circle" ? "rectRounded" : one.pointStyle || "circle");
  const rows = Math.ceil(named.reduce((sum, one) => sum + 50 + 7 * brief(one.label, 40).length, 0) / Math.max(width, 200));
  return { height: 22 * rows, options: { display: true,
    labels: { color: style("--ink"), usePointStyle: true, pointStyleWidth: wide, boxHeight: 8,
      generateLabels: (drawn) => Chart.defaults.plugins.legend.labels.generateLabels(drawn)
        .filter((item) => !drawn.data.datasets[item.datasetIndex].helper)
        .map((item) => ({ ...item, text: brief(item.text, 40), lineWidth: 2, pointStyle: sign(drawn.data.datasets[item.datasetIndex]) })) },
    onClick: (event, item, { chart: drawn }) => {
      const all = drawn.data.datasets, shown = drawn.isDatasetVisible(item.datasetIndex);
      all.forEach((one, i) => one.label === all[item.datasetIndex].label && drawn.setDatasetVisibility(i, !shown));
      drawn.update();
    } } };
}

const mostNumbers = 400;

/// A chart with a caption, buttons that save it, and its numbers as a table.
function chart(parent, name, caption, height, configuration, head, rows) {
  const canvas = element("canvas", { role: "img", "aria-label": caption, "data-name": name });
  const png = element("button", { type: "button" }, "PNG"), svg = element("button", { type: "button" }, "SVG");
  const cut = rows.length > mostNumbers ? ` (the first ${mostNumbers} of ${rows.length} rows; the CSV files have all)` : "";
  const numbers = element("details", {}, element("summary", {}, `Numbers${cut}`), table(head, rows.slice(0, mostNumbers)));
  const plot = element("div", { class: "plot" }, canvas);
  parent.append(element("div", { class: "chart" },
    element("figure", {}, plot, element("figcaption", {}, caption, " Save as ", png, " ", svg)), numbers));
  const legend = configuration.legend ? legendOf(configuration.data.datasets, plot.clientWidth) : { height: 0, options: { display: false } };
  plot.style.height = `${height + legend.height}px`;
  const axis = (options = {}) => ({ grid: { color: style("--line") }, ...options,
    ticks: { color: style("--soft"), ...options.ticks }, title: { display: !!options.text, text: options.text, color: style("--ink") } });
  const scales = Object.fromEntries(Object.entries(configuration.scales).map(([key, value]) => [key, axis(value)]));
  const drawn = new Chart(canvas, { type: configuration.type, data: configuration.data, plugins: configuration.plugins || [],
    options: { animation: false, responsive: true, maintainAspectRatio: false, scales, indexAxis: configuration.indexAxis || "x",
      plugins: { legend: legend.options, tooltip: configuration.tooltip || {} } } });
  png.addEventListener("click", () => download(drawn.toBase64Image(), `${name}.png`));
  svg.addEventListener("click", () => download(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(toSvg(drawn))}`, `${name}.svg`));
  return drawn;
}
