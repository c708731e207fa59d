"use strict";
(() => {
  const text = (name, value) => { const made = document.createElement(name); made.textContent = value; return made; };

  // Any table: its heads sort it. Cells say what they sort by in data-value, or by their text.
  const sortBy = (table, column, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const value = (row) => { const cell = row.cells[column]; return cell.dataset.value ?? cell.textContent; };
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");  // nothing to sort by goes last, either way
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return falling ? -order : order;
    });
    table.tBodies[0].append(...rows);
  };
  document.querySelectorAll("table").forEach((table) => {
    table.querySelectorAll("th").forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => sortBy(table, column, head));
    });
  });

  const source = document.getElementById("data");
  if (!source) return;
  const { scenes, timeline } = JSON.parse(source.textContent);
  const faces = JSON.parse(document.getElementById("faces").textContent);
  const body = document.querySelector("#scenes tbody");
  const rows = new Map();
  const number = (value, digits) => value === null ? "" : value.toFixed(digits);

  for (const scene of scenes) {
    const row = document.createElement("tr");
    row.tabIndex = 0;
    row.dataset.scene = scene.scene;
    row.className = scene.kept ? "" : "left-out";
    const cells = [
      [scene.scene, scene.scene], [scene.start_timecode, scene.start_s], [scene.end_timecode, scene.end_s],
      [scene.words === null ? "no face" : scene.words.replace("sound is ", ""), scene.offset_ms],
      [scene.trust === null ? "" : Math.round(100 * scene.trust) + " %", scene.trust],
      [number(scene.confidence, 2), scene.confidence], [scene.faces, scene.faces], [scene.kept ? "yes" : "no: " + scene.left_out, +scene.kept],
    ];
    for (const [shown, value] of cells) {
      const cell = text("td", shown);
      cell.dataset.value = value ?? "";
      row.append(cell);
    }
    row.addEventListener("click", () => show(scene.scene, false));
    rows.set(scene.scene, row);
    body.append(row);
  }

  const curve = (scene) => {
    const svg = document.getElementById("curve");
    svg.replaceChildren();
    if (!scene.curve) return;
    const levels = [...atob(scene.curve)].map((sign) => sign.charCodeAt(0)), [from, to] = scene.curve_ms;
    const known = levels.map((value, place) => [from + (to - from) * place / (levels.length - 1), value]).filter(([, value]) => value < 255);
    if (known.length < 2) return;
    const [xs, ys] = [known.map((pair) => pair[0]), known.map((pair) => pair[1])];
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const x = (ms) => 10 + 300 * (ms - left) / (right - left);
    const y = (value) => 100 - 90 * (value - low) / (high - low || 1);
    const draw = (name, attributes, content) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (content) made.textContent = content;
      svg.append(made);
    };
    draw("line", { x1: x(scene.offset_ms), x2: x(scene.offset_ms), y1: 5, y2: 105 });
    draw("path", { d: "M" + known.map(([ms, value]) => x(ms).toFixed(1) + " " + y(value).toFixed(1)).join("L") });
    draw("text", { x: 10, y: 122 }, Math.round(-left) + " ms late");
    draw("text", { x: 310, y: 122, "text-anchor": "end" }, Math.round(right) + " ms early");
    if (left < 0 && right > 0) draw("text", { x: x(0), y: 122, "text-anchor": "middle" }, "0");
  };

  const show = (place, scroll) => {  // scenes are counted from 1
    const [scene, thumbnail] = [scenes[place - 1], faces[place]];
    rows.forEach((row) => row.classList.remove("chosen"));
    rows.get(place).classList.add("chosen");
    document.getElementById("scene").hidden = false;
    document.getElementById("scene-name").textContent = "Scene " + scene.scene + (scene.kept ? "" : " (not counted: " + scene.left_out + ")");
    document.getElementById("scene-words").textContent = scene.words === null ? "no face to judge"
      : scene.words + ", " + Math.round(100 * scene.trust) + " % sure within 40 ms";
    document.getElementById("scene-times").textContent = scene.start_timecode + " to " + scene.end_timecode + ", shot " + scene.shot;
    const face = document.getElementById("face");
    face.hidden = !thumbnail;
    if (thumbnail) face.src = thumbnail;
    curve(scene);
    if (scroll) rows.get(place).scrollIntoView({ block: "nearest" });
  };

  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Enter: row, " ": row }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
    show(+next.dataset.scene, false);
  });

  drawTimeline(document.getElementById("timeline"), document.getElementById("tip"), timeline, scenes, (place) => show(place, true));
})();
