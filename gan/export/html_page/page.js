"use strict";
// Draws the charts and plays the film of one run. All text is set as text, never as HTML.

(() => {
  const run = JSON.parse(document.getElementById("data").textContent);
  const MARGIN = { left: 56, right: 12, top: 8, bottom: 24 };
  const HEIGHT = 240;
  const FRAME_MS = 100;
  const LAST_FRAME_MS = 2000;

  // ---- Elements -------------------------------------------------------------------------------

  function element(name, properties = {}, children = []) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function drawn(name, attributes = {}, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  // ---- Numbers --------------------------------------------------------------------------------

  const whole = (value) => Math.round(value).toLocaleString("en-US");
  const figure = (value) => (value === null ? "-" : String(Number(value.toPrecision(4))));

  // Round steps of 1, 2 or 5 times a power of ten.
  function linearTicks(low, high, most) {
    const rough = (high - low) / Math.max(most, 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
    const ticks = [];
    for (let at = Math.ceil(low / step); at * step <= high * (1 + 1e-9); at += 1) ticks.push(at * step);
    return ticks;
  }

  function logTicks(low, high) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
      for (const each of [1, 2, 5]) {
        const tick = each * 10 ** power;
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    const most = 8;
    return ticks.length > most ? ticks.filter((_, at) => at % Math.ceil(ticks.length / most) === 0) : ticks;
  }

  // The index of the last place that begins at or before a step.
  function placeOf(steps, step) {
    let [low, high] = [0, steps.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (steps[middle] <= step) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // ---- Scales ---------------------------------------------------------------------------------

  // The steps of all charts: a step is at the same place in each.
  const EXTENT = [
    Math.min(...run.charts.map((chart) => chart.steps[0])),
    Math.max(...run.charts.map((chart) => chart.last)),
  ];

  function scalesOf(chart, width, isLog) {
    const [low, high] = isLog ? chart.logEnds : chart.ends;
    const [first, last] = EXTENT;
    const span = Math.max(last - first, 1);
    const inner = width - MARGIN.left - MARGIN.right;
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    const bend = isLog ? Math.log : (value) => value;
    const share = (value) => (bend(value) - bend(low)) / (bend(high) - bend(low));
    return {
      low,
      high,
      inner,
      x: (step) => MARGIN.left + ((step - first) / span) * inner,
      y: (value) => MARGIN.top + (1 - share(Math.min(Math.max(value, low), high))) * height,
      step: (x) => first + (Math.min(Math.max(x - MARGIN.left, 0), inner) / inner) * span,
    };
  }

  // ---- Charts ---------------------------------------------------------------------------------

  // The runs of neighbouring places that have values: a gap is drawn as a gap.
  function stretches(values) {
    const found = [];
    values.forEach((value, at) => {
      if (value === null) return;
      const newest = found[found.length - 1];
      if (newest && newest[newest.length - 1] === at - 1) newest.push(at);
      else found.push([at]);
    });
    return found;
  }

  function drawLine(svg, chart, line, number, scales) {
    const x = (at) => scales.x(chart.steps[at]).toFixed(1);
    const points = (places, values) => places.map((at) => `${x(at)},${scales.y(values[at]).toFixed(1)}`);
    for (const places of stretches(line.mean)) {
      const band = [...points(places, line.max), ...points([...places].reverse(), line.min)];
      svg.append(drawn("polygon", { class: `band line-${number}`, points: band.join(" ") }));
      svg.append(drawn("polyline", { class: `mean line-${number}`, points: points(places, line.mean).join(" ") }));
      if (places.length === 1 || chart.steps.length <= 30) {
        for (const at of places) {
          svg.append(drawn("circle", { class: `dot line-${number}`, cx: x(at), cy: scales.y(line.mean[at]), r: 2.5 }));
        }
      }
    }
    for (let at = 0; at < chart.steps.length; at += 1) {
      if (line.broken[at]) drawArrow(svg, "broken", x(at), HEIGHT - MARGIN.bottom, -8);
      if (line.max[at] !== null && line.max[at] > scales.high) drawArrow(svg, `dot line-${number}`, x(at), MARGIN.top + 6, -6);
      if (line.min[at] !== null && line.min[at] < scales.low) drawArrow(svg, `dot line-${number}`, x(at), HEIGHT - MARGIN.bottom - 6, 6);
    }
  }

  // A triangle on a base line: values beyond the axis, or values that are not finite.
  function drawArrow(svg, name, x, base, height) {
    const [left, half] = [Number(x), Math.abs(height) / 2];
    const points = `${left - half},${base} ${left + half},${base} ${left},${base + height}`;
    svg.append(drawn("polygon", { class: name, points }));
  }

  function drawAxes(svg, scales, width, isLog) {
    const bottom = HEIGHT - MARGIN.bottom;
    const ticks = isLog ? logTicks(scales.low, scales.high) : linearTicks(scales.low, scales.high, 5);
    for (const value of ticks) {
      const y = scales.y(value);
      svg.append(drawn("line", { class: "rule", x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y }));
      svg.append(drawn("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, figure(value)));
    }
    const [first, last] = EXTENT;
    const steps = linearTicks(first, Math.max(last, first + 1), width / 110);
    for (const step of steps.filter(Number.isInteger)) {
      const anchor = scales.x(step) > width - 40 ? "end" : "middle";
      svg.append(drawn("text", { x: scales.x(step), y: bottom + 17, "text-anchor": anchor }, whole(step)));
    }
  }

  function drawMarks(svg, scales) {
    for (const [step, words] of run.marks) {
      const x = scales.x(step);
      const line = drawn("line", { class: "mark", x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
      line.append(drawn("title", {}, `step ${whole(step)}: ${words}`));
      svg.append(line);
    }
  }

  function readout(chart, at) {
    const last = at + 1 < chart.steps.length ? chart.steps[at + 1] - 1 : chart.last;
    const first = chart.steps[at];
    const isOne = last <= first || chart.lines.every((line) => line.min[at] === line.max[at]);
    const parts = [element("span", { textContent: isOne ? `step ${whole(first)}` : `steps ${whole(first)} to ${whole(last)}` })];
    chart.lines.forEach((line, number) => {
      const spread = isOne ? "" : ` (${figure(line.min[at])} to ${figure(line.max[at])})`;
      const broken = line.broken[at] ? `, ${whole(line.broken[at])} not finite` : "";
      const textContent = `${line.name} ${figure(line.mean[at])}${spread}${broken}`;
      parts.push(element("span", { textContent, className: `line-${number}` }));
    });
    for (const [step, words] of chart === run.charts[0] ? run.marks : []) {
      if (step >= first && step <= last) parts.push(element("span", { textContent: words }));
    }
    return parts.flatMap((part) => [part, " "]);
  }

  class ChartView {
    constructor(chart, onPick) {
      this.chart = chart;
      this.onPick = onPick;
      this.at = null;
      this.shown = null;
      this.svg = drawn("svg", { tabindex: 0, role: "img", "aria-label": `${chart.title} by step; arrow keys read it` });
      this.log = element("input", { type: "checkbox", checked: chart.logEnds !== null });
      this.text = element("div", { className: "readout" });
      this.text.setAttribute("aria-live", "polite");
      this.section = element("section", {}, [this.head(), element("div", { className: "plot" }, [this.svg]), this.text]);
      this.log.addEventListener("change", () => this.draw());
      this.svg.addEventListener("pointermove", (event) => this.read(this.placeUnder(event)));
      this.svg.addEventListener("pointerleave", () => this.read(null));
      this.svg.addEventListener("click", (event) => this.onPick(chart.steps[this.placeUnder(event)]));
      this.svg.addEventListener("keydown", (event) => this.onKey(event));
      new ResizeObserver(() => this.draw()).observe(this.svg);
    }

    head() {
      const keys = this.chart.lines.map((line, number) =>
        element("span", { className: `key line-${number}`, textContent: line.name }),
      );
      const title = element("h2", { textContent: this.chart.title });
      const log = this.chart.logEnds === null ? [] : [element("label", {}, [this.log, " log axis"])];
      return element("div", { className: "head" }, [title, ...keys, ...log]);
    }

    placeUnder(event) {
      const left = this.svg.getBoundingClientRect().left;
      return placeOf(this.chart.steps, this.scales.step(event.clientX - left));
    }

    onKey(event) {
      const end = this.chart.steps.length - 1;
      const now = this.at ?? end;
      const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: end };
      if (event.key === "Enter") this.onPick(this.chart.steps[now]);
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.read(Math.min(Math.max(moves[event.key], 0), end));
    }

    read(at) {
      this.at = at;
      this.text.replaceChildren(...(at === null ? [] : readout(this.chart, at)));
      this.drawCursors();
    }

    show(step) {
      this.shown = step;
      this.drawCursors();
    }

    draw() {
      const width = this.svg.clientWidth;
      if (!width) return;
      const isLog = this.log.checked;
      this.scales = scalesOf(this.chart, width, isLog);
      this.svg.replaceChildren();
      this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      drawAxes(this.svg, this.scales, width, isLog);
      this.chart.lines.forEach((line, number) => drawLine(this.svg, this.chart, line, number, this.scales));
      if (this.chart === run.charts[0]) drawMarks(this.svg, this.scales);
      this.cursors = drawn("g");
      this.svg.append(this.cursors);
      this.drawCursors();
    }

    drawCursors() {
      if (!this.cursors) return;
      this.cursors.replaceChildren();
      const steps = { cursor: this.at === null ? null : this.chart.steps[this.at], shown: this.shown };
      for (const [name, step] of Object.entries(steps)) {
        if (step === null || step < EXTENT[0] || step > EXTENT[1]) continue;
        const x = this.scales.x(step);
        this.cursors.append(drawn("line", { class: name, x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
      }
    }
  }

  // ---- The film -------------------------------------------------------------------------------

  class Film {
    constructor(frames, onShow) {
      this.frames = frames;
      this.onShow = onShow;
      this.timer = null;
      this.image = document.getElementById("frame");
      this.scrub = document.getElementById("scrub");
      this.play = document.getElementById("play");
      this.step = document.getElementById("step");
      document.getElementById("film").hidden = false;
      this.scrub.max = frames.length - 1;
      this.scrub.addEventListener("input", () => {
        this.stop();
        this.show(Number(this.scrub.value));
      });
      this.play.addEventListener("click", () => (this.timer === null ? this.start() : this.stop()));
      this.show(frames.length - 1);
    }

    show(at) {
      const [step, picture] = this.frames[at];
      this.image.src = `data:image/png;base64,${picture}`;
      this.image.alt = `Sixteen generated images at step ${whole(step)}`;
      this.scrub.value = at;
      this.step.value = `step ${whole(step)}`;
      this.scrub.setAttribute("aria-valuetext", this.step.value);
      this.onShow(step);
    }

    showStep(step) {
      this.stop();
      const away = this.frames.map((frame) => Math.abs(frame[0] - step));
      this.show(away.indexOf(Math.min(...away)));
    }

    start() {
      this.play.textContent = "Stop";
      this.play.setAttribute("aria-pressed", "true");
      this.next();
    }

    next() {
      const last = this.frames.length - 1;
      const at = Number(this.scrub.value) >= last ? 0 : Number(this.scrub.value) + 1;
      this.show(at);
      this.timer = setTimeout(() => this.next(), at === last ? LAST_FRAME_MS : FRAME_MS);
    }

    stop() {
      clearTimeout(this.timer);
      this.timer = null;
      this.play.textContent = "Play";
      this.play.setAttribute("aria-pressed", "false");
    }
  }

  let film = null;
  const views = run.charts.map((chart) => new ChartView(chart, (step) => film && film.showStep(step)));
  document.getElementById("charts").append(...views.map((view) => view.section));
  if (run.film.length) film = new Film(run.film, (step) => views.forEach((view) => view.show(step)));
})();
