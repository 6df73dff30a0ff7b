// The diagram: what rnn_returns/diagrams/layout.py, description.py and svg.py do, for the
// layers of the Explorer. A test compares the results of both.
"use strict";

window.rnnDiagram = (() => {
  const { styles, sizes } = window.rnnExplorerData;
  const OPERATORS = { sum: "+", ave: "ave", mul: "×" };
  const ARROWS = { "": "", forward: "→", backward: "←" };
  const CELL_LABELS = { SimpleRNN: ["Simple", "RNN"] };
  const half = (number) => Math.floor(number / 2);
  const subscript = (step) => String(step + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
  const inputSymbol = (step) => `x${subscript(step)}`;

  // The layout: what is shown.

  const unroll = (name, backwards, zero, mask) => {
    const order = mask.map((_, step) => step);
    if (backwards) order.reverse();
    const sources = [];
    let last = -1;
    for (const step of order) sources[step] = last = mask[step] ? step : last;
    const symbol = (letter, step) => ARROWS[name] + letter + subscript(step);
    return {
      name,
      backwards,
      order,
      sources,
      computed: (letter) => order.filter((step) => mask[step]).map((step) => symbol(letter, step)),
      finalState: (letter) => (last < 0 ? "0" : symbol(letter, last)),
      output: (step) =>
        sources[step] < 0 || (!mask[step] && zero) ? "0" : symbol("h", sources[step]),
    };
  };

  // Each box in the order of the tensors.
  const boxesByTensor = ({ directions, outputs }) => [
    ...outputs.flatMap(({ tensor, operator, boxes }) =>
      (directions[0].backwards ? boxes.toReversed() : boxes).map(({ values }) => ({
        tensor,
        operator,
        values,
      })),
    ),
    ...directions.flatMap(({ states }) =>
      states.map(({ tensor, final }) => ({ tensor, operator: "", values: [final] })),
    ),
  ];

  const buildLayout = (chosen, { tensors, equal }) => {
    const { bidirectional, sequences, mask } = chosen;
    const steps = mask.length;
    const runs = bidirectional
      ? ["forward", "backward"].map((name) =>
          unroll(name, name === "backward", sequences, mask),
        )
      : [unroll("", chosen.backwards, false, mask)];
    const names = tensors.map(({ name }) => name);
    // The marks by tensor, by the place of the box in the tensor and of the value in the box.
    const marks = {};
    for (const { mark, views } of equal) {
      for (const [name, index] of mark ? views : []) {
        const place = Number(index.find((item) => /^-?\d+$/.test(item)) ?? 0);
        marks[[name, place < 0 ? place + steps : place, Number(index.at(-1) === "units:")]] = mark;
      }
    }
    const markOf = (...place) => marks[place] ?? "";

    const directions = runs.map(({ name, backwards, finalState }) => ({
      name,
      backwards,
      states: ["state_h", "state_c"].slice(0, chosen.layer === "LSTM" ? 2 : 1).map((state) => {
        const tensor = name ? `${name}_${state}` : state;
        const returned = names.includes(tensor);
        return {
          tensor,
          label: returned ? state : "",
          final: { symbol: finalState(state.at(-1)), returned, mark: markOf(tensor, 0, 0) },
        };
      }),
    }));

    const merged = (column) => {
      const ends = runs.map((run) => [run, column < 0 ? run.order.at(-1) : column]);
      return {
        column,
        sources: ends.map(([{ sources }, step]) =>
          column < 0 || mask[step] ? sources[step] : -1,
        ),
        repeats: false,
        index: "",
        values: ends.map(([{ output }, step], place) => ({
          symbol: output(step),
          returned: true,
          mark: markOf("output", Math.max(column, 0), place),
        })),
      };
    };
    const single = (tensor, { name, order, output }, step) => {
      const returned = sequences || step === order.at(-1);
      const place = sequences ? runs[0].order.indexOf(step) : 0;
      return {
        column: step,
        sources: [mask[step] ? step : -1],
        repeats: !mask[step] && output(step) !== "0",
        index: sequences && !name ? `[:, ${order.indexOf(step)}]` : "",
        values: [
          { symbol: output(step), returned, mark: returned ? markOf(tensor, place, 0) : "" },
        ],
      };
    };
    const all = mask.map((_, step) => step);
    const outputs =
      bidirectional && bidirectional !== "None"
        ? [
            {
              tensor: "output",
              label: ["output", bidirectional],
              directions: [0, 1],
              operator: OPERATORS[bidirectional] ?? "",
              boxes: (sequences ? all : [-1]).map(merged),
            },
          ]
        : runs.map((run, place) => {
            const tensor = run.name ? `${run.name}_output` : "output";
            return {
              tensor,
              label: run.name ? [run.name, "output"] : ["output"],
              directions: [place],
              operator: "",
              boxes: all.map((step) => single(tensor, run, step)),
            };
          });

    const swatches = {};
    const returned = new Set();
    for (const { tensor, operator, values } of boxesByTensor({ directions, outputs })) {
      if (!values[0].returned) continue;
      // A sum or a product contains neither of its parts.
      for (const { symbol } of operator ? [] : values) returned.add(symbol);
      const drawn = operator ? values.slice(0, 1) : values;
      (swatches[tensor] ??= []).push(drawn.map(({ mark }) => mark));
    }
    return {
      steps,
      mask,
      input: `x (1, ${steps}, 1)`,
      label: CELL_LABELS[chosen.layer] ?? [chosen.layer],
      directions,
      outputs,
      tensors: tensors.map((tensor) => ({ ...tensor, swatch: swatches[tensor.name] })),
      equalities: equal,
      hidden: runs
        .flatMap(({ computed }) => (chosen.layer === "LSTM" ? ["h", "c"] : ["h"]).flatMap(computed))
        .filter((symbol) => !returned.has(symbol)),
    };
  };

  // The description; `text` returns a text of the page.

  const describeLayout = (layout, { source, container }, text) => {
    const { steps, mask, directions, tensors, equalities, hidden } = layout;
    const counted = container === "tensor" ? "one_tensor" : "several_tensors";
    const contained = text(counted, { container, count: tensors.length });
    const title = text(steps === 1 ? "title_one" : "title_several", { layer: source, steps });
    const sentences = [text("called_on", { reads: layout.input })];
    for (const { name, backwards } of directions) {
      const ends = [inputSymbol(0), inputSymbol(steps - 1)];
      const [first, last] = backwards ? ends.reverse() : ends;
      const who = text(name ? `who_${name}` : "who");
      sentences.push(text(first === last ? "reads_one" : "reads_several", { who, first, last }));
    }
    sentences.push(text("starts"));
    const masked = mask.flatMap((unmasked, step) => (unmasked ? [] : [inputSymbol(step)]));
    if (masked.length) sentences.push(text("carried", { steps: masked.join(", ") }));
    sentences.push(text("comes_back", { contained }));
    const symbols = {};
    for (const { tensor, operator, values } of boxesByTensor(layout)) {
      const separator = ` ${operator || text("and")} `;
      const combined = values.map(({ symbol }) => symbol).join(separator);
      if (values[0].returned) (symbols[tensor] ??= []).push(combined);
    }
    for (const { name, shape, axes } of tensors) {
      const values = symbols[name].join(", ");
      sentences.push(text("tensor", { name, shape, axes: axes.join(", "), values }));
    }
    for (const equality of equalities) {
      sentences.push(text("is_equal", { equality: equality.text }));
    }
    if (hidden.length) sentences.push(text("not_returned", { values: hidden.join(", ") }));
    return {
      id: `rnn-${hashText([title, ...sentences, "explorer"].join(" "))}`,
      title,
      sentences,
      masked: text("masked"),
      names: { forward: text("name_forward"), backward: text("name_backward"), "": "" },
      listTitle: text("list_title", { contained }),
    };
  };

  const hashText = (text) => {
    let number = 0x811c9dc5;
    for (const character of text) {
      number = Math.imul(number ^ character.codePointAt(0), 0x01000193) >>> 0;
    }
    return number.toString(16).padStart(8, "0");
  };

  // The elements of the SVG.

  const escape = (text) =>
    text.replace(
      /[&<>"']/g,
      (found) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" })[found],
    );
  const attributes = (style) => `class="rnn-${style}" ${styles[style]}`;
  const choose = (mark) => (mark ? `equal-${mark.toLowerCase()}` : "lit");
  const drawRectangle = (style, x, y, width, height, corner = 4) =>
    `<rect ${attributes(style)} x="${x}" y="${y}" width="${width}" height="${height}" rx="${corner}"/>`;
  const drawText = (style, x, y, text, anchor) =>
    text && `<text ${attributes(style)} x="${x}" y="${y}" text-anchor="${anchor}">${escape(text)}</text>`;
  const drawLines = (style, x, middle, lines, anchor, step = sizes.label_line) => {
    const first = middle + sizes.baseline - half(step * (lines.length - 1));
    return lines.map((line, i) => drawText(style, x, first + step * i, line, anchor)).join("");
  };
  const drawBadge = (x, y, mark) =>
    `<circle ${attributes("badge")} cx="${x}" cy="${y}" r="${sizes.badge}"/>` +
    drawText("bold", x, y + sizes.baseline, mark, "middle");
  const drawArrow = (points) => {
    const [[x0, y0], [x, y]] = points.slice(-2);
    const [dx, dy] = [Math.sign(x - x0), Math.sign(y - y0)];
    const path = [...points.slice(0, -1), [x - 4 * dx, y - 4 * dy]]
      .map(([px, py]) => `${px} ${py}`)
      .join("L");
    const [bx, by] = [x - 7 * dx, y - 7 * dy];
    const head = `M${x} ${y}L${bx - 4 * dy} ${by - 4 * dx}L${bx + 4 * dy} ${by + 4 * dx}Z`;
    return `<path ${attributes("wire")} d="M${path}"/><path ${attributes("head")} d="${head}"/>`;
  };

  // The SVG of a layout.

  const pitchOf = ({ steps }) =>
    Math.max(sizes.time_step, Math.floor((3 * sizes.time_step) / steps));
  const widthOf = (layout) => 2 * sizes.gutter + pitchOf(layout) * layout.steps;
  const middleOf = (layout, step) =>
    sizes.gutter + pitchOf(layout) * step + half(pitchOf(layout));
  const across = (layout, { backwards }, x) => (backwards ? widthOf(layout) - x : x);
  const maskedHeight = ({ mask }) => (mask.every(Boolean) ? 0 : sizes.line);
  const cellHeight = ({ label }, { states }) =>
    Math.max(
      sizes.state_slot * states.length,
      sizes.label_line * label.length + sizes.label_padding,
    );
  const rowHeight = ({ operator, directions }) => {
    if (operator) return 3 * sizes.line + sizes.merged_padding;
    return directions.length === 1 ? sizes.box_height : 2 * sizes.half_height + sizes.half_gap;
  };

  const drawDirection = (layout, direction, edge, down) => {
    const far = edge + down * cellHeight(layout, direction);
    let drawn = drawCell(layout, direction, Math.min(edge, far));
    drawn += drawStates(layout, direction, Math.min(edge, far));
    const start = far + down * sizes.arrow;
    layout.mask.forEach((unmasked, step) => {
      const x = middleOf(layout, step);
      if (unmasked) drawn += drawArrow([[x, start], [x, far]]);
    });
    return drawn + drawInputs(layout, direction, start, down);
  };

  const drawCell = (layout, direction, top) => {
    const height = cellHeight(layout, direction);
    let drawn = "";
    layout.mask.forEach((unmasked, step) => {
      const x = middleOf(layout, step);
      const left = x - half(sizes.box_width);
      drawn += drawRectangle(unmasked ? "cell" : "masked", left, top, sizes.box_width, height);
      if (unmasked) drawn += drawLines("text", x, top + half(height), layout.label, "middle");
    });
    return drawn;
  };

  const drawStates = (layout, direction, top) => {
    const slots = sizes.state_slot * direction.states.length;
    let y = top + half(cellHeight(layout, direction) - slots) + sizes.state_line;
    const start = across(layout, direction, sizes.state_margin);
    const end = across(layout, direction, widthOf(layout) - sizes.state_margin);
    const size = [sizes.state_width, sizes.state_height];
    let drawn = "";
    for (const state of direction.states) {
      drawn += drawText("faint", start, y + sizes.baseline, "0", "middle");
      drawn += drawStateArrows(layout, direction, y);
      const place = [end - half(sizes.state_width), y - half(sizes.state_height)];
      drawn += drawValue(state.final, place, size, direction.backwards);
      drawn += drawText("code", end, y + sizes.state_label, state.label, "middle");
      y += sizes.state_slot;
    }
    return drawn;
  };

  const drawStateArrows = (layout, direction, y) => {
    const mask = direction.backwards ? layout.mask.toReversed() : layout.mask;
    const ends = [sizes.state_margin + sizes.initial_width];
    mask.forEach((unmasked, step) => {
      const x = middleOf(layout, step);
      if (unmasked) ends.push(x - half(sizes.box_width), x + half(sizes.box_width));
    });
    ends.push(widthOf(layout) - sizes.state_margin - half(sizes.state_width));
    const points = ends.map((x) => [across(layout, direction, x), y]);
    let drawn = "";
    for (let i = 0; i < points.length; i += 2) drawn += drawArrow(points.slice(i, i + 2));
    return drawn;
  };

  const drawInputs = (layout, direction, edge, down) => {
    const y = down === 1 ? edge + sizes.ascent : edge - sizes.baseline;
    let drawn = "";
    layout.mask.forEach((unmasked, step) => {
      const x = middleOf(layout, step);
      drawn += drawText(unmasked ? "text" : "faint", x, y, inputSymbol(step), "middle");
      if (!unmasked) drawn += drawText("faint", x, y + down * sizes.line, layout.masked, "middle");
    });
    const x = across(layout, direction, sizes.padding);
    return drawn + drawText("bold", x, y, layout.names[direction.name], direction.backwards ? "end" : "start");
  };

  const drawOutputRow = (layout, row, top) => {
    const height = rowHeight(row);
    let drawn = drawLines("code", sizes.padding, top + half(height), row.label, "start");
    for (const box of row.boxes) {
      const x = box.column < 0 ? half(widthOf(layout)) : middleOf(layout, box.column);
      row.directions.forEach((direction, i) => {
        const source = box.sources[i];
        if (source < 0) return;
        const down = layout.directions.length === 2 && direction === 0 ? 1 : -1;
        const edge = down === 1 ? top : top + height;
        drawn += drawArrow(route(middleOf(layout, source), x, edge, down));
      });
      if (box.repeats) {
        const turn = layout.directions[row.directions[0]].backwards ? -1 : 1;
        const start = middleOf(layout, box.column - turn);
        const side = turn * half(sizes.box_width);
        const y = top + half(height);
        drawn += drawArrow([[start + side, y], [x - side, y]]);
      }
      drawn += drawOutput(row, box, x, top);
      drawn += drawText("faint-code", x, top - sizes.index_gap, box.index, "middle");
    }
    return drawn;
  };

  const route = (start, x, edge, down) => {
    const cell = edge - down * sizes.arrow;
    if (start === x) return [[x, cell], [x, edge]];
    const bend = edge + down * sizes.bend;
    const side = start > x ? half(sizes.box_width) : -half(sizes.box_width);
    return [[start, cell], [start, bend], [x + side, bend]];
  };

  const drawOutput = (row, { values }, x, top) => {
    const width = sizes.box_width;
    const left = x - half(width);
    if (row.operator) {
      const height = rowHeight(row);
      const merged = [values[0].symbol, row.operator, values[1].symbol];
      return (
        drawRectangle("lit", left, top, width, height) +
        drawLines("on", x, top + half(height), merged, "middle", sizes.line)
      );
    }
    const height = values.length === 1 ? sizes.box_height : sizes.half_height;
    return values
      .map((value, i) =>
        drawValue(value, [left, top + (height + sizes.half_gap) * i], [width, height], false),
      )
      .join("");
  };

  const drawValue = ({ symbol, returned, mark }, [x, y], [width, height], badgeLeft) => {
    const inset = sizes.badge_inset;
    let drawn = drawRectangle(returned ? choose(mark) : "dim", x, y, width, height);
    const base = y + half(height) + sizes.baseline;
    drawn += drawText(returned ? "on" : "faint", x + half(width), base, symbol, "middle");
    if (mark) drawn += drawBadge(badgeLeft ? x + inset : x + width - inset, y + inset, mark);
    return drawn;
  };

  const drawUnrolled = (layout) => {
    const { directions, outputs } = layout;
    let drawn = "";
    let y = sizes.badge + sizes.line;
    if (directions.length === 2) {
      y += maskedHeight(layout) + sizes.arrow + cellHeight(layout, directions[0]);
      drawn += drawDirection(layout, directions[0], y, -1);
      y += sizes.arrow;
    }
    for (const row of outputs) {
      drawn += drawOutputRow(layout, row, y);
      y += rowHeight(row) + sizes.arrow;
    }
    const last = directions.at(-1);
    drawn += drawDirection(layout, last, y, 1);
    y += cellHeight(layout, last) + sizes.arrow + 2 * sizes.line + maskedHeight(layout);
    drawn += drawText("faint-code", half(widthOf(layout)), y, layout.input, "middle");
    return [drawn, y + sizes.input_gap];
  };

  // The list of returned tensors and equalities.

  const squareBaseline = half(sizes.square_height) + sizes.baseline;

  const drawSwatch = (boxes, left, y) =>
    boxes
      .map((marks, i) => {
        const x = left + sizes.swatch_step * i;
        const height = marks.length === 1 ? sizes.square_height : sizes.half_square;
        const squares = marks.map((mark, j) => {
          const top = y + (height + sizes.half_gap) * j;
          return drawRectangle(choose(mark), x, top, sizes.square, height, 2);
        });
        const mark = marks.length === 1 ? marks[0] : "";
        const text = drawText("on", x + half(sizes.square), y + squareBaseline, mark, "middle");
        return squares.join("") + text;
      })
      .join("");

  const wrap = (text, letters) => {
    const lines = [""];
    for (const word of text.replaceAll(", ", ",\u00a0").split(" ")) {
      const last = lines.at(-1);
      if (last && last.length + 1 + word.length > letters) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  };

  const drawList = ({ tensors, equalities }, title, width, top) => {
    let y = top + sizes.list_gap;
    let drawn = `<path ${attributes("rule")} d="M0 ${y}H${width}"/>`;
    y += sizes.list_line;
    drawn += drawText("bold", sizes.padding, y, title, "start");
    const squares = Math.max(...tensors.map(({ swatch }) => swatch.length));
    const left = sizes.padding + sizes.swatch_step * squares + sizes.swatch_gap;
    for (const { name, shape, swatch } of tensors) {
      y += sizes.tensor_line;
      drawn += drawSwatch(swatch, sizes.padding, y - squareBaseline);
      drawn += drawText("code", left, y, name, "start");
      if ((name.length + 2 + shape.length) * sizes.letter > width - left) y += sizes.line;
      drawn += drawText("code", width - sizes.padding, y, shape, "end");
    }
    if (equalities.length) y += sizes.list_gap;
    for (const { text, mark } of equalities) {
      y += sizes.list_line - sizes.line;
      if (mark) drawn += drawBadge(sizes.list_badge, y + sizes.line - half(sizes.badge), mark);
      for (const line of wrap(text, Math.floor((width - sizes.list_indent) / sizes.letter))) {
        y += sizes.line;
        drawn += drawText("code", sizes.list_indent, y, line, "start");
      }
    }
    return [drawn, y + sizes.bottom];
  };

  const renderSvg = (layout, { id, title, sentences, masked, names, listTitle }) => {
    const width = widthOf(layout);
    const [drawing, below] = drawUnrolled({ ...layout, masked, names });
    const [list, height] = drawList(layout, listTitle, width, below);
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" class="rnn-picture" ` +
      `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `role="img" aria-labelledby="${id}-title ${id}-words">` +
      `<title id="${id}-title">${escape(title)}</title>` +
      `<desc id="${id}-words">${escape(sentences.join(" "))}</desc>` +
      `${drawing}${list}</svg>`
    );
  };

  return { buildLayout, describeLayout, renderSvg };
})();
