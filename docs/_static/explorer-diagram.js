// The diagram: rnn_returns/scene.py for the layers of the Explorer, and rnn_returns/painter.py,
// line by line. A test holds what is painted here against what is painted there.
"use strict";

window.rnnDiagram = (() => {
  const { looks } = window.rnnExplorerData;
  const PITCH = 72;
  const GUTTER = 60;
  const BOX = 48;
  const STATE = 44;
  const SLOT = 44;
  const GAP = 22;
  const LINE = 18;
  const LETTER = 8;
  const SQUARE = 14;
  const BADGE = 8;
  const JOINTS = { sum: "+", ave: "ave", mul: "×" };
  const ARROWS = { "": "", forward: "→", backward: "←" };
  const CELLS = { SimpleRNN: ["Simple", "RNN"] };
  const half = (number) => Math.floor(number / 2);
  const numbered = (step) => "₀₁₂₃₄₅₆₇₈₉"[step + 1];

  // The scene: what is shown.

  const unrolled = (way, backwards, zero, mask) => {
    const order = mask.map((_, step) => step);
    if (backwards) order.reverse();
    const read = [];
    let last = -1;
    for (const step of order) read[step] = last = mask[step] ? step : last;
    const symbol = (letter, step) => ARROWS[way] + letter + numbered(step);
    return {
      way,
      backwards,
      order,
      read,
      end: (letter) => (last < 0 ? "0" : symbol(letter, last)),
      output: (step) =>
        read[step] < 0 || (!mask[step] && zero) ? "0" : symbol("h", read[step]),
    };
  };

  // `say` gives a text of the page; `tensors`, `equal` and `container` are what comes back.
  const scene = (chosen, { tensors, equal, container, written }, say) => {
    const { bidirectional, sequences, mask, x } = chosen;
    const steps = x.length;
    const runs = bidirectional
      ? ["forward", "backward"].map((way) =>
          unrolled(way, way === "backward", sequences, mask),
        )
      : [unrolled("", chosen.backwards, false, mask)];
    const names = tensors.map(({ name }) => name);
    const part = (text, lit) => ({ text, lit, mark: "" });

    const lanes = runs.map(({ way, backwards, end }) => ({
      name: way,
      backwards,
      states: ["state_h", "state_c"].slice(0, chosen.layer === "LSTM" ? 2 : 1).map((state) => {
        const name = way ? `${way}_${state}` : state;
        const lit = names.includes(name);
        return { tensor: name, label: lit ? state : "", end: part(end(state.at(-1)), lit) };
      }),
    }));

    const merged = (column) => {
      const at = runs.map(({ order }) => (column < 0 ? order.at(-1) : column));
      return {
        column,
        sources: runs.map(({ read }, i) => (column < 0 || mask[at[i]] ? read[at[i]] : -1)),
        repeats: false,
        index: "",
        parts: runs.map(({ output }, i) => part(output(at[i]), true)),
      };
    };
    const single = ({ way, order, output }, step) => ({
      column: step,
      sources: [mask[step] ? step : -1],
      repeats: !mask[step] && output(step) !== "0",
      index: sequences && !way ? `[:, ${order.indexOf(step)}]` : "",
      parts: [part(output(step), sequences || step === order.at(-1))],
    });
    const each = mask.map((_, step) => step);
    const rows =
      bidirectional && bidirectional !== "None"
        ? [
            {
              tensor: "output",
              label: ["output", bidirectional],
              lanes: [0, 1],
              joint: JOINTS[bidirectional] ?? "",
              boxes: (sequences ? each : [-1]).map(merged),
            },
          ]
        : runs.map((run, lane) => ({
            tensor: run.way ? `${run.way}_output` : "output",
            label: run.way ? [run.way, "output"] : ["output"],
            lanes: [lane],
            joint: "",
            boxes: each.map((step) => single(run, step)),
          }));

    const inOrder = (boxes) => (lanes[0].backwards ? boxes.toReversed() : boxes);
    const parts = {};
    for (const { tensor, joint, boxes } of rows) {
      const values = boxes.map((box) => (joint ? box.parts.slice(0, 1) : box.parts));
      parts[tensor] = inOrder(values.filter(([first]) => first.lit));
    }
    for (const { states } of lanes) {
      for (const { tensor, end } of states) if (end.lit) parts[tensor] = [[end]];
    }
    for (const { mark, views } of equal) {
      for (const [name, index] of mark ? views : []) {
        const step = index.find((item) => /^-?\d+$/.test(item)) ?? 0;
        parts[name].at(Number(step))[Number(index.at(-1) === "units:")].mark = mark;
      }
    }

    const counted = container === "tensor" ? "one_tensor" : "several_tensors";
    const contained = say(counted, { container, count: tensors.length });
    const title = say(steps === 1 ? "title_one" : "title_several", { layer: written, steps });
    const reads = `x (1, ${steps}, 1)`;
    const words = [say("called_on", { reads })];
    for (const { way, order } of runs) {
      const [first, last] = [order[0], order.at(-1)].map((step) => `x${numbered(step)}`);
      const who = say(way ? `who_${way}` : "who");
      words.push(say(first === last ? "reads_one" : "reads_several", { who, first, last }));
    }
    words.push(say("starts"));
    const masked = each.filter((step) => !mask[step]).map((step) => `x${numbered(step)}`);
    if (masked.length) words.push(say("carried", { steps: masked.join(", ") }));
    words.push(say("comes_back", { contained }));
    const symbols = {};
    const kept = [];
    for (const { tensor, joint, boxes } of rows) {
      for (const box of inOrder(boxes)) {
        const text = box.parts.map((one) => one.text).join(` ${joint || say("beside")} `);
        if (box.parts[0].lit) (symbols[tensor] ??= []).push(text);
        else kept.push(text);
      }
    }
    for (const { states } of lanes) {
      for (const { tensor, end } of states) {
        if (end.lit) symbols[tensor] = [end.text];
        else kept.push(end.text);
      }
    }
    for (const { name, shape, axes } of tensors) {
      const values = symbols[name].join(", ");
      words.push(say("tensor", { name, shape, axes: axes.join(", "), values }));
    }
    for (const { text } of equal) words.push(say("is_equal", { equality: text }));
    if (kept.length) words.push(say("not_returned", { values: kept.join(", ") }));

    return {
      id: `rnn-${hashed([title, ...words, "explorer"].join(" "))}`,
      title,
      words,
      steps,
      mask,
      reads,
      cell: CELLS[chosen.layer] ?? [chosen.layer],
      lanes,
      rows,
      says: { masked: say("masked"), container: say("list_title", { contained }) },
      tensors: tensors.map(({ name, shape }) => ({
        name,
        shape,
        swatch: parts[name].map((box) => box.map(({ mark }) => mark)),
      })),
      equal,
    };
  };

  const hashed = (text) => {
    let number = 0x811c9dc5;
    for (const character of text) {
      number = Math.imul(number ^ character.codePointAt(0), 0x01000193) >>> 0;
    }
    return number.toString(16).padStart(8, "0");
  };

  // The painter: how it looks.

  const escape = (text) =>
    text.replace(
      /[&<>"']/g,
      (found) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" })[found],
    );
  const look = (name) => `class="rnn-${name}" ${looks[name]}`;
  const box = (name, x, y, width, height) =>
    `<rect ${look(name)} x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`;
  const write = (name, x, y, text, anchor) =>
    text ? `<text ${look(name)} x="${x}" y="${y}" text-anchor="${anchor}">${escape(text)}</text>` : "";
  const wire = (points) => {
    const [[x0, y0], [x, y]] = points.slice(-2);
    const [dx, dy] = [Math.sign(x - x0), Math.sign(y - y0)];
    const path = [...points.slice(0, -1), [x - 4 * dx, y - 4 * dy]]
      .map(([px, py]) => `${px} ${py}`)
      .join("L");
    const [bx, by] = [x - 7 * dx, y - 7 * dy];
    const head = `M${x} ${y}L${bx - 4 * dy} ${by - 4 * dx}L${bx + 4 * dy} ${by + 4 * dx}Z`;
    return `<path ${look("wire")} d="M${path}"/><path ${look("head")} d="${head}"/>`;
  };
  const badge = (x, y, mark) =>
    `<circle ${look("badge")} cx="${x}" cy="${y}" r="${BADGE}"/>` +
    write("bold", x, y + 5, mark, "middle");
  const lit = (mark) => (mark ? `equal-${mark.toLowerCase()}` : "lit");
  const value = (part, x, y, width, height, left) => {
    let drawn = box(part.lit ? lit(part.mark) : "dim", x, y, width, height);
    drawn += write(
      part.lit ? "on" : "faint",
      x + half(width),
      y + half(height) + 5,
      part.text,
      "middle",
    );
    if (part.mark) drawn += badge(left ? x + 2 : x + width - 2, y + 2, part.mark);
    return drawn;
  };

  const pitch = ({ steps }) => Math.max(PITCH, Math.floor((3 * PITCH) / steps));
  const middle = (shown, step) => GUTTER + pitch(shown) * step + half(pitch(shown));
  const across = (lane, width, x) => (lane.backwards ? width - x : x);
  const maskedLine = ({ mask }) => (mask.every(Boolean) ? 0 : LINE);
  const laneHeight = ({ cell }, lane) =>
    Math.max(SLOT * lane.states.length, 16 * cell.length + 8);
  const rowHeight = ({ joint, lanes }) =>
    joint ? 3 * LINE + 4 : lanes.length === 1 ? 26 : 50;

  const paintLane = (shown, lane, width, near, down) => {
    const height = laneHeight(shown, lane);
    const far = near + down * height;
    let drawn = level(shown, lane, width, Math.min(near, far), height);
    for (let step = 0; step < shown.steps; step += 1) {
      const x = middle(shown, step);
      if (shown.mask[step]) drawn += wire([[x, far + down * GAP], [x, far]]);
    }
    const edge = far + down * GAP;
    const base = down === 1 ? edge + 14 : edge - 5;
    for (let step = 0; step < shown.steps; step += 1) {
      const real = shown.mask[step];
      const x = middle(shown, step);
      drawn += write(real ? "text" : "faint", x, base, `x${numbered(step)}`, "middle");
      if (!real) drawn += write("faint", x, base + down * LINE, shown.says.masked, "middle");
    }
    if (lane.name) {
      const x = across(lane, width, 2);
      drawn += write("bold", x, base, lane.name, lane.backwards ? "end" : "start");
    }
    return drawn;
  };

  const level = (shown, lane, width, top, height) => {
    const { steps, mask, cell } = shown;
    let drawn = "";
    for (let step = 0; step < steps; step += 1) {
      const x = middle(shown, step);
      drawn += box(mask[step] ? "cell" : "masked", x - half(BOX), top, BOX, height);
      if (mask[step]) {
        const base = top + half(height) + 5 - 8 * (cell.length - 1);
        cell.forEach((line, i) => {
          drawn += write("text", x, base + 16 * i, line, "middle");
        });
      }
    }
    let slot = top + half(height - SLOT * lane.states.length);
    for (const state of lane.states) {
      const y = slot + 14;
      drawn += write("faint", across(lane, width, 30), y + 5, "0", "middle");
      const ends = [44];
      for (let step = 0; step < steps; step += 1) {
        if (mask[lane.backwards ? steps - 1 - step : step]) {
          ends.push(middle(shown, step) - half(BOX), middle(shown, step) + half(BOX));
        }
      }
      ends.push(width - 30 - half(STATE));
      for (let i = 0; i < ends.length; i += 2) {
        drawn += wire(ends.slice(i, i + 2).map((x) => [across(lane, width, x), y]));
      }
      const x = across(lane, width, width - 30);
      drawn += value(state.end, x - half(STATE), y - 12, STATE, 24, lane.backwards);
      drawn += write("code", x, y + 27, state.label, "middle");
      slot += SLOT;
    }
    return drawn;
  };

  const paintRow = (shown, row, width, top) => {
    const { lanes } = shown;
    const height = rowHeight(row);
    let drawn = "";
    const base = top + half(height) + 5 - 8 * (row.label.length - 1);
    row.label.forEach((line, i) => {
      drawn += write("code", 2, base + 16 * i, line, "start");
    });
    for (const each of row.boxes) {
      const x = each.column < 0 ? half(width) : middle(shown, each.column);
      row.lanes.forEach((lane, i) => {
        const source = each.sources[i];
        const above = lanes.length === 2 && lane === 0;
        const edge = above ? top : top + height;
        const start = above ? edge - GAP : edge + GAP;
        if (source >= 0 && middle(shown, source) === x) {
          drawn += wire([[x, start], [x, edge]]);
        } else if (source >= 0) {
          const from = middle(shown, source);
          const y = above ? top + 12 : top + height - 12;
          const side = from > x ? half(BOX) : -half(BOX);
          drawn += wire([[from, start], [from, y], [x + side, y]]);
        }
      });
      if (each.repeats) {
        const turn = lanes[row.lanes[0]].backwards ? -1 : 1;
        const y = top + half(height);
        const before = middle(shown, each.column - turn);
        drawn += wire([[before + turn * half(BOX), y], [x - turn * half(BOX), y]]);
      }
      const left = x - half(BOX);
      if (row.joint) {
        drawn += box("lit", left, top, BOX, height);
        [each.parts[0].text, row.joint, each.parts[1].text].forEach((line, i) => {
          drawn += write("on", x, top + 16 + LINE * i, line, "middle");
        });
      } else {
        each.parts.forEach((part, i) => {
          const tall = each.parts.length === 1 ? 26 : 24;
          drawn += value(part, left, top + 26 * i, BOX, tall, false);
        });
      }
      if (each.index) drawn += write("faint-code", x, top - 10, each.index, "middle");
    }
    return drawn;
  };

  const drawing = (shown, width) => {
    const { lanes, rows } = shown;
    let drawn = "";
    let near = BADGE;
    if (lanes.length === 2) {
      near += LINE + maskedLine(shown) + GAP + laneHeight(shown, lanes[0]);
      drawn += paintLane(shown, lanes[0], width, near, -1);
      near += GAP;
    } else {
      near += LINE;
    }
    for (const row of rows) {
      near += rowHeight(row) + GAP;
      drawn += paintRow(shown, row, width, near - GAP - rowHeight(row));
    }
    drawn += paintLane(shown, lanes.at(-1), width, near, 1);
    const height = near + laneHeight(shown, lanes.at(-1)) + GAP + 2 * LINE + maskedLine(shown) + 4;
    drawn += write("faint-code", half(width), height - 4, shown.reads, "middle");
    return [drawn, height];
  };

  const swatch = (boxes, x, y) => {
    let drawn = "";
    boxes.forEach((marks, i) => {
      const height = marks.length === 1 ? 20 : 9;
      marks.forEach((mark, j) => {
        const place = `x="${x + SQUARE * i}" y="${y + 11 * j}" width="12" height="${height}" rx="2"`;
        drawn += `<rect ${look(lit(mark))} ${place}/>`;
        if (marks.length === 1) drawn += write("on", x + SQUARE * i + 6, y + 15, mark, "middle");
      });
    });
    return drawn;
  };

  const wrapped = (text, most) => {
    const lines = [""];
    for (const word of text.replaceAll(", ", ",\u00a0").split(" ")) {
      const last = lines.at(-1);
      if (last && last.length + 1 + word.length > most) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  };

  const list = (shown, width, top) => {
    let y = top + 12;
    let drawn = `<path ${look("rule")} d="M0 ${y}H${width}"/>`;
    y += 24;
    drawn += write("bold", 2, y, shown.says.container, "start");
    const left = 2 + SQUARE * Math.max(...shown.tensors.map((each) => each.swatch.length)) + 8;
    for (const { name, shape, swatch: boxes } of shown.tensors) {
      y += 28;
      drawn += swatch(boxes, 2, y - 15);
      drawn += write("code", left, y, name, "start");
      if ((name.length + 2 + shape.length) * LETTER > width - left) y += LINE;
      drawn += write("code", width - 2, y, shape, "end");
    }
    shown.equal.forEach(({ text, mark }, i) => {
      if (i === 0) y += 12;
      wrapped(text, Math.floor((width - 26) / LETTER)).forEach((line, j) => {
        y += j === 0 ? 24 : LINE;
        if (j === 0 && mark) drawn += badge(11, y - 4, mark);
        drawn += write("code", 26, y, line, "start");
      });
    });
    return [drawn, y + 10];
  };

  const paint = (shown) => {
    const width = 2 * GUTTER + pitch(shown) * shown.steps;
    const [drawn, below] = drawing(shown, width);
    const [listed, height] = list(shown, width, below);
    const { id } = shown;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" class="rnn-picture" ` +
      `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `role="img" aria-labelledby="${id}-title ${id}-words">` +
      `<title id="${id}-title">${escape(shown.title)}</title>` +
      `<desc id="${id}-words">${escape(shown.words.join(" "))}</desc>` +
      `${drawn}${listed}</svg>`
    );
  };

  return { scene, paint };
})();
