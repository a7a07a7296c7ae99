// SPDX-License-Identifier: Apache-2.0
"use strict";
// What every page of ours draws with. Colours: Okabe and Ito (2008), told apart with every kind of colour vision.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#8b5a2b"];
const colour = (i) => colours[i % colours.length];
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plain = (x, digits = 3) => (x === null || x === undefined ? "–" : x.toFixed(digits));
const short = (x) => (x === null || x === undefined ? "–" : Math.abs(x) >= 1e4 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(1) : String(+x.toPrecision(3)));
Chart.defaults.font.family = "system-ui, sans-serif";

function download(address, name) {
  element("a", { href: address, download: name.replace(/[^\w.-]+/g, "-") }).click();
}

/// The chart as SVG: it is drawn once more, and what it asks the canvas for is written down.
function toSvg(chart) {
  const ctx = chart.ctx, canvas = Object.getPrototypeOf(ctx), ratio = chart.currentDevicePixelRatio;
  const shapes = [], clips = [], stack = [];
  let path = "", clip = "";
  const round = (x) => Math.round(100 * x) / 100;
  const at = (x, y) => {
    const m = ctx.getTransform();
    return `${round((m.a * x + m.c * y + m.e) / ratio)} ${round((m.b * x + m.d * y + m.f) / ratio)}`;
  };
  const size = () => Math.hypot(ctx.getTransform().a, ctx.getTransform().b) / ratio;
  const paint = (kind, value) => {
    const parts = /^rgba\((\d+), (\d+), (\d+), ([\d.]+)\)$/.exec(value);
    return parts ? `${kind}="rgb(${parts[1]},${parts[2]},${parts[3]})" ${kind}-opacity="${parts[4]}"` : `${kind}="${value}"`;
  };
  const box = (x, y, w, h) => `M${at(x, y)}L${at(x + w, y)}L${at(x + w, y + h)}L${at(x, y + h)}Z`;
  const clipped = () => (clip ? ` clip-path="url(#${clip})"` : "");
  const filled = (d) => d && shapes.push(`<path d="${d}" ${paint("fill", ctx.fillStyle)}${clipped()}/>`);
  const stroked = (d) => {
    const dash = ctx.getLineDash().length ? ` stroke-dasharray="${ctx.getLineDash().join(" ")}"` : "";
    if (d && ctx.lineWidth > 0) shapes.push(`<path d="${d}" fill="none" ${paint("stroke", ctx.strokeStyle)} stroke-width="${round(ctx.lineWidth * size())}"${dash}${clipped()}/>`);
  };
  const anchors = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
  const baselines = { top: "text-before-edge", hanging: "text-before-edge", middle: "central", bottom: "text-after-edge", ideographic: "text-after-edge", alphabetic: "alphabetic" };
  const escaped = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const calls = {
    save: () => { stack.push(clip); canvas.save.call(ctx); },
    restore: () => { clip = stack.length ? stack.pop() : ""; canvas.restore.call(ctx); },
    beginPath: () => { path = ""; },
    closePath: () => { path += "Z"; },
    moveTo: (x, y) => { path += `M${at(x, y)}`; },
    lineTo: (x, y) => { path += `${path ? "L" : "M"}${at(x, y)}`; },
    bezierCurveTo: (a, b, c, d, x, y) => { path += `C${at(a, b)} ${at(c, d)} ${at(x, y)}`; },
    quadraticCurveTo: (a, b, x, y) => { path += `Q${at(a, b)} ${at(x, y)}`; },
    rect: (x, y, w, h) => { path += box(x, y, w, h); },
    arc: (x, y, r, from, to) => {
      const radius = round(r * size()), point = (angle) => at(x + r * Math.cos(angle), y + r * Math.sin(angle));
      const middle = (from + to) / 2, curve = (end) => `A${radius} ${radius} 0 0 ${to > from ? 1 : 0} ${point(end)}`;
      path += `${path ? "L" : "M"}${point(from)}${curve(middle)}${curve(to)}`;
    },
    clip: () => {
      clip = `clip${clips.length}`;
      clips.push(`<clipPath id="${clip}"><path d="${path}"/></clipPath>`);
    },
    fill: () => filled(path),
    stroke: () => stroked(path),
    fillRect: (x, y, w, h) => filled(box(x, y, w, h)),
    strokeRect: (x, y, w, h) => stroked(box(x, y, w, h)),
    clearRect: () => {},
    fillText: (text, x, y) => {
      const m = ctx.getTransform(), turned = [m.a, m.b, m.c, m.d, m.e, m.f].map((value) => round(value / ratio)).join(" ");
      shapes.push(`<text transform="matrix(${turned})" x="${round(x)}" y="${round(y)}" style="font:${ctx.font.replace(/"/g, "'")}" text-anchor="${anchors[ctx.textAlign]}" dominant-baseline="${baselines[ctx.textBaseline]}" ${paint("fill", ctx.fillStyle)}>${escaped(text)}</text>`);
    },
    strokeText: () => {},
  };
  Object.assign(ctx, calls);
  chart.draw();
  for (const name of Object.keys(calls)) delete ctx[name];
  chart.draw();
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${chart.width}" height="${chart.height}" viewBox="0 0 ${chart.width} ${chart.height}"><rect width="100%" height="100%" fill="${style("--paper")}"/><defs>${clips.join("")}</defs>${shapes.join("")}</svg>`;
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function table(head, rows) {
  const cells = (row, tag) => element("tr", {}, ...row.map((text) => element(tag, {}, String(text))));
  return element("div", { class: "scroll", tabindex: "0" },
    element("table", {}, element("thead", {}, cells(head, "th")), element("tbody", {}, ...rows.map((row) => cells(row, "td")))));
}

/// A chart with a caption, a button that saves it, and its numbers as a table.
function chart(parent, name, caption, height, configuration, head, rows) {
  const canvas = element("canvas", { role: "img", "aria-label": caption });
  const png = element("button", { type: "button" }, "PNG"), svg = element("button", { type: "button" }, "SVG");
  const numbers = element("details", {}, element("summary", {}, "Numbers"), table(head, rows));
  parent.append(element("figure", {}, element("div", { class: "plot", style: `height:${height}px` }, canvas),
    element("figcaption", {}, caption, " Save as ", png, " ", svg), numbers));
  const axis = (options = {}) => ({ grid: { color: style("--line") }, ...options,
    ticks: { color: style("--soft"), ...options.ticks }, title: { display: !!options.text, text: options.text, color: style("--ink") } });
  const scales = Object.fromEntries(Object.entries(configuration.scales).map(([key, value]) => [key, axis(value)]));
  const drawn = new Chart(canvas, { type: configuration.type, data: configuration.data, plugins: configuration.plugins || [],
    options: { animation: false, responsive: true, maintainAspectRatio: false, scales, indexAxis: configuration.indexAxis || "x",
      plugins: { legend: { display: !!configuration.legend, labels: { color: style("--ink"), filter: (item) => !(item.text || "_").startsWith("_") } },
        tooltip: configuration.tooltip || {} } } });
  png.addEventListener("click", () => download(drawn.toBase64Image(), `${name}.png`));
  svg.addEventListener("click", () => download(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(toSvg(drawn))}`, `${name}.svg`));
}

/// Lines with bands: series of { name, points: [[x, y, low, high], …], colour, dash }.
function lines(parent, name, caption, series, x, y, options = {}) {
  const datasets = [];
  for (const one of series) {
    const hue = one.colour || colour(datasets.filter((d) => !d.label.startsWith("_")).length);
    const along = (i) => one.points.map((p) => ({ x: p[0], y: p[i] }));
    if (one.points.some((p) => p.length > 3 && p[3] > p[2])) {
      datasets.push({ label: `_low ${one.name}`, data: along(2), borderWidth: 0, pointRadius: 0 });
      datasets.push({ label: `_high ${one.name}`, data: along(3), borderWidth: 0, pointRadius: 0, fill: "-1", backgroundColor: hue + "22" });
    }
    datasets.push({ label: one.name, data: along(1), borderColor: hue, backgroundColor: hue, borderWidth: one.width || 2, borderDash: one.dash || [],
      pointRadius: one.points.length > 40 || one.dash ? 0 : 2, stepped: !!options.stepped });
  }
  const numbers = series.flatMap((one) => one.points.map((p) => [one.name, ...p.map(short)]));
  chart(parent, name, caption, options.height || 280, { type: "line", legend: series.length > 1 && series.length < 15, data: { datasets },
    scales: { x: { type: options.logarithmic ? "logarithmic" : "linear", text: x, ...options.x }, y: { text: y, ...options.y } } },
    ["", x, y, "low", "high"], numbers.slice(0, 400));
}

/// Points: series of { name, points: [[x, y], …], colour, radius }.
function points(parent, name, caption, series, x, y, options = {}) {
  const datasets = series.map((one, i) => ({ label: one.name, data: one.points.map((p) => ({ x: p[0], y: p[1] })), showLine: !!one.line,
    borderColor: one.colour || colour(i), backgroundColor: (one.colour || colour(i)) + (one.line ? "" : "aa"), pointRadius: one.radius ?? 3, borderWidth: one.line ? 1.5 : 0.5 }));
  chart(parent, name, caption, options.height || 280, { type: "scatter", legend: series.length > 1, data: { datasets },
    scales: { x: { text: x, ...options.x }, y: { text: y, ...options.y } } },
    ["", x, y], series.flatMap((one) => one.points.map((p) => [one.name, short(p[0]), short(p[1])])).slice(0, 400));
}

/// Horizontal bars: [[label, value], …].
function bars(parent, name, caption, rows, x, options = {}) {
  chart(parent, name, caption, 60 + 28 * rows.length, { type: "bar", indexAxis: "y",
    data: { labels: rows.map((row) => row[0]), datasets: [{ data: rows.map((row) => row[1]), backgroundColor: options.colour || colour(0) }] },
    scales: { x: { text: x, ...options.x }, y: {} } }, ["", x], rows.map((row) => [row[0], short(row[1])]));
}

/// A histogram from [[from, to, share], …].
function histogram(parent, name, caption, rows, x) {
  chart(parent, name, caption, 240, { type: "bar", data: { labels: rows.map((row) => short((row[0] + row[1]) / 2)),
    datasets: [{ data: rows.map((row) => row[2]), backgroundColor: colour(0), categoryPercentage: 1, barPercentage: 0.95 }] },
    scales: { x: { text: x }, y: { text: "share" } } }, ["from", "to", "share"], rows.map((row) => row.map(short)));
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
