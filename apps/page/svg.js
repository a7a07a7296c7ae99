// SPDX-License-Identifier: Apache-2.0
"use strict";
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

