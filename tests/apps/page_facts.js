// SPDX-License-Identifier: Apache-2.0
// What a page looks like in the browser that shows it, for tests: run at the end of the page.
/* exported page_facts */
const drawn_of = (name) => Chart.getChart([...document.querySelectorAll("canvas")].find((canvas) => canvas.dataset.name === name));

/// Bytes of a rectangle of the canvas, read from a copy that is made to be read.
const bytes_of = (canvas, x, y, width, height) => {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [width, height];
  const ctx = copy.getContext("2d", { willReadFrequently: true });
  ctx.drawImage(canvas, -x, -y);
  return [...ctx.getImageData(0, 0, width, height).data];
};
/// The colour of a place of the chart, in pixels of the page.
const pixel_of = (chart, x, y) => {
  const ratio = chart.currentDevicePixelRatio;
  return bytes_of(chart.canvas, Math.round(x * ratio), Math.round(y * ratio), 1, 1).join(",");
};

/// Texts of the chart that reach out of it.
function outside_of(svg, chart) {
  const box = document.createElement("div");
  box.innerHTML = svg;
  document.body.append(box);
  const frame = box.firstChild.getBoundingClientRect(), out = [];
  for (const text of box.querySelectorAll("text")) {
    const r = text.getBoundingClientRect();
    if (r.left < frame.left - 2 || r.right > frame.right + 2 || r.top < frame.top - 2 || r.bottom > frame.bottom + 2) out.push(text.textContent);
  }
  box.remove();
  return out;
}

function chart_facts(canvas) {
  const chart = Chart.getChart(canvas), svg = toSvg(chart), read = new DOMParser().parseFromString(svg, "image/svg+xml");
  const { x, y } = chart.scales, named = chart.data.datasets.filter((one) => one.label && !one.helper);
  return { name: canvas.dataset.name,
    drawn: bytes_of(canvas, 0, 0, canvas.width, canvas.height).some((v) => v),
    svg: !read.querySelector("parsererror") && read.querySelectorAll("path").length > 2,
    outside: outside_of(svg, chart),
    texts: [...read.querySelectorAll("text")].map((text) => text.textContent),
    labels: y.ticks.map((tick) => [tick.label].flat().join(" ")),
    looks: named.map((one) => [one.label, one.borderColor, (one.borderDash || []).join(" "), one.showLine === false ? one.pointStyle : ""].join("|")),
    roles: chart.data.datasets.map((one) => one.role || ""),
    reach: [x.min, x.max],
    unit: [x, y].map((scale) => Math.abs(scale.getPixelForValue(1) - scale.getPixelForValue(0))),
    joints: chart.joints, whiskers: chart.whiskers, dots: chart.dots, pairs: chart.pairs };
}

function page_facts() {
  const told = { width: innerWidth, scrollWidth: document.documentElement.scrollWidth,
    charts: [...document.querySelectorAll("canvas")].map(chart_facts),
    tables: [...document.querySelectorAll(".scroll")].filter((box) => box.clientWidth).map((box) => ({ right: box.getBoundingClientRect().right, summary: box.classList.contains("summary"),
      blocks: box.classList.contains("blocks"), scrollWidth: box.scrollWidth, clientWidth: box.clientWidth, head: [...box.querySelectorAll("th")].map((cell) => cell.textContent) })),
    title: document.title, heading: document.querySelector("h1")?.textContent, lead: document.querySelector(".lead")?.textContent,
    text: page.innerText };
  return told;
}
