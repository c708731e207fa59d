"use strict";
// The plot of a title: scenes over time. Wheel: zoom, drag: pan, double click: all of it. Colours are those of the style.
const drawTimeline = (chart, tip, data, scenes, chosen) => {
  const HEIGHT = 440, LEFT = 66, RIGHT = 14, TOP = 12, BOTTOM = 46, NEAR = 14, FINEST = [10, 40];
  const whole = [[...data.times], [...data.offsets]];
  let view = whole.map((each) => [...each]);
  let width = 0, points = [], drag = null;
  const marked = scenes.filter((scene) => scene.offset_ms !== null);
  const pixels = () => [[LEFT, width - RIGHT], [HEIGHT - BOTTOM, TOP]];
  const place = (axis, value) => {
    const [[low, high], [from, to]] = [view[axis], pixels()[axis]];
    return from + (to - from) * (value - low) / (high - low);
  };
  const value = (axis, pixel) => {
    const [[low, high], [from, to]] = [view[axis], pixels()[axis]];
    return low + (high - low) * (pixel - from) / (to - from);
  };
  const [x, y] = [(time) => place(0, time).toFixed(1), (ms) => place(1, ms).toFixed(1)];

  const clock = (seconds) => {
    const whole = Math.round(seconds), two = (number) => String(number).padStart(2, "0");
    return Math.floor(whole / 3600) + ":" + two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
  };
  const side = (ms) => Math.abs(Math.round(ms)) + " ms " + (ms > 0 ? "early" : "late");
  const ticks = ([low, high], steps, most, zero) => {
    const step = steps.find((each) => (high - low) / each <= most) ?? steps.at(-1);
    const first = Math.ceil((low - zero) / step), last = Math.floor((high - zero) / step);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, number) => zero + (first + number) * step);
  };

  const zones = () => {
    const box = (name, low, high) => `<rect class="${name}" x="${LEFT}" width="${width - LEFT - RIGHT}" y="${y(high)}" height="${(y(low) - y(high)).toFixed(1)}"/>`;
    const [late, early] = data.accepted, far = 1e5;
    const edges = [...data.unnoticed, ...data.accepted].map((ms) => level("edge", ms));
    edges.push(...data.tolerance.map((ms) => level("tolerance", ms)));
    return box("unnoticed", ...data.unnoticed) + box("refused", -far, late) + box("refused", early, far) + edges.join("");
  };
  const level = (name, ms) => `<line class="${name}" x1="${LEFT}" x2="${width - RIGHT}" y1="${y(ms)}" y2="${y(ms)}"/>`;
  const searched = () => [-data.search, data.search].map((ms) => level("search", ms)
    + `<text class="searched" x="${width - RIGHT - 6}" y="${+y(ms) + (ms > 0 ? 15 : -6)}" text-anchor="end">end of the search: ${side(ms)}</text>`).join("");
  const line = () => data.pieces.map(([first, last]) =>
    `<path class="band" d="M${x(first.time)} ${y(first.high)}L${x(last.time)} ${y(last.high)}L${x(last.time)} ${y(last.low)}L${x(first.time)} ${y(first.low)}Z"/>`).join("");
  const title = () => data.pieces.length ? `<path class="title" d="M${data.pieces.flat().map((end) => x(end.time) + " " + y(end.value)).join("L")}"/>` : "";
  const rug = () => {
    const floor = HEIGHT - BOTTOM;
    const gaps = data.gaps.map(([start, end]) => `<rect class="gap" x="${x(start)}" width="${Math.max(1, x(end) - x(start)).toFixed(1)}" y="${floor - 9}" height="9"/>`);
    return gaps.join("") + `<path class="shots" d="${data.shots.map((time) => `M${x(time)} ${floor}v-7`).join("")}"/>`;
  };
  const dots = () => points.map(([left, top, scene]) => {
    const size = (4 + 9 * scene.trust) / 2, arm = size * 0.8;
    return scene.kept ? `<circle class="kept" data-scene="${scene.scene}" cx="${left}" cy="${top}" r="${size.toFixed(1)}"/>`
      : `<path class="other" data-scene="${scene.scene}" d="M${left - arm} ${top - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}"/>`;
  }).join("");
  const axes = () => {
    const floor = HEIGHT - BOTTOM, [low, high] = view[0];
    const times = ticks([low, high], data.steps_s, Math.max(2, (width - LEFT) / 90), data.zero);
    const clocks = times.map((time) => {
      const anchor = +x(time) > width - RIGHT - 26 ? "end" : "middle";
      return `<text x="${anchor === "end" ? width - 2 : x(time)}" y="${floor + 18}" text-anchor="${anchor}">${clock(time - data.zero)}</text>`;
    });
    const levels = ticks(view[1], data.steps_ms, 8, 0);
    const lines = levels.map((ms) => level(ms === 0 ? "zero" : "grid", ms));
    const names = levels.map((ms) => `<text x="${LEFT - 8}" y="${+y(ms) + 5}" text-anchor="end">${String(Math.round(ms)).replace("-", "−")}</text>`);
    return [lines.join(""), clocks.join("") + names.join("")
      + `<text x="${(LEFT + width - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">time in the title</text>`
      + `<text transform="translate(12 ${(TOP + floor) / 2}) rotate(-90)" text-anchor="middle">sound late (ms)  ·  sound early (ms)</text>`];
  };

  const draw = () => {
    width = Math.max(280, Math.round(chart.clientWidth));
    points = marked.map((scene) => [+x((scene.start_s + scene.end_s) / 2), +y(scene.offset_ms), scene]);
    const [grid, labels] = axes();
    const inside = `x="${LEFT}" y="${TOP}" width="${width - LEFT - RIGHT}" height="${HEIGHT - TOP - BOTTOM}"`;
    chart.innerHTML = `<svg viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="offset of every scene over time"><clipPath id="inside"><rect ${inside}/></clipPath>`
      + `<g clip-path="url(#inside)">${zones()}${grid}${line()}${rug()}${dots()}${title()}${searched()}</g>${labels}</svg>`;  // numbers and our own words only
  };

  const zoom = (axis, about, factor) => {
    const [low, high] = view[axis], [least, most] = whole[axis];
    const length = Math.min(most - least, Math.max(FINEST[axis], (high - low) * factor));
    const from = about - (about - low) * length / (high - low);
    view[axis] = hold(axis, from, length);
  };
  const hold = (axis, from, length) => {
    const [least, most] = whole[axis], start = Math.min(Math.max(from, least), Math.max(least, most - length));
    return [start, start + length];
  };
  const at = (event) => { const box = chart.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const found = ([left, top]) => {
    let [best, near] = [null, NEAR];
    for (const point of points) {
      const distance = Math.hypot(point[0] - left, point[1] - top);
      if (distance < near) [best, near] = [point, distance];
    }
    return best;
  };
  const tell = (point) => {
    chart.style.cursor = point ? "pointer" : drag ? "grabbing" : "grab";
    tip.hidden = !point;
    if (!point) return;
    const [left, top, scene] = point;
    tip.textContent = scene.start_timecode + "\n" + scene.words + ", " + Math.round(100 * scene.trust) + " % sure";
    const beside = left > width / 2 ? left - tip.offsetWidth - 12 : left + 12;
    Object.assign(tip.style, { left: Math.max(0, beside) + "px", top: top - 10 + "px" });
  };

  chart.addEventListener("wheel", (event) => {
    const [left, top] = at(event), factor = Math.exp(event.deltaY * 0.002);
    const before = view.flat().join();
    if (top < HEIGHT - BOTTOM) zoom(1, value(1, top), factor);  // over the labels of one axis only that one is zoomed
    if (left > LEFT) zoom(0, value(0, left), factor);
    if (view.flat().join() === before) return;  // all is seen already: the page scrolls
    event.preventDefault();
    draw();
    tell(null);
  }, { passive: false });
  chart.addEventListener("pointerdown", (event) => {
    drag = { from: at(event), view: view.map((each) => [...each]), moved: false, id: event.pointerId };
  });
  chart.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (!drag) return tell(found(here));
    if (!drag.moved && Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) < 4) return;
    if (!drag.moved) chart.setPointerCapture(drag.id);
    drag.moved = true;
    for (const axis of [0, 1]) {
      const [[low, high], [from, to]] = [drag.view[axis], pixels()[axis]];
      view[axis] = hold(axis, low - (high - low) * (here[axis] - drag.from[axis]) / (to - from), high - low);
    }
    draw();
    tell(null);
  });
  const drop = () => { drag = null; chart.style.cursor = "grab"; };
  chart.addEventListener("pointerup", (event) => {
    const point = drag && !drag.moved ? found(at(event)) : null;
    drop();
    if (point) chosen(point[2].scene);
  });
  chart.addEventListener("pointercancel", drop);
  chart.addEventListener("pointerleave", () => tell(null));
  const tools = {
    in: () => [0, 1].forEach((axis) => zoom(axis, (view[axis][0] + view[axis][1]) / 2, 0.6)),
    out: () => [0, 1].forEach((axis) => zoom(axis, (view[axis][0] + view[axis][1]) / 2, 1 / 0.6)),
    all: () => { view = whole.map((each) => [...each]); },
  };
  chart.addEventListener("dblclick", () => { tools.all(); draw(); });
  document.querySelectorAll("[data-tool]").forEach((button) => button.addEventListener("click", () => { tools[button.dataset.tool](); draw(); }));
  new ResizeObserver(() => { if (Math.round(chart.clientWidth) !== width) draw(); }).observe(chart);
  draw();
};
