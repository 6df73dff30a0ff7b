// The Explorer: choose a layer and its arguments, and see what it returns, to the last number.
// The expected returns are in explorer-data.js, which the build creates from the package's rules; the
// texts are in the page, so that they are translated with it.
"use strict";

(() => {
  const { layers, answers, code, kinds, modes, merges, max, weights } = window.rnnExplorerData;
  const { run, merge, first } = window.rnnEquations;
  const address = window.rnnAddress;
  const { buildLayout, describeLayout, renderSvg } = window.rnnDiagram;
  const DIRECTIONS = ["forward", "backward"];
  const FLAGS = { sequences: "return_sequences", state: "return_state", backwards: "go_backwards" };

  // Create an element with its properties and children.
  const create = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const formatValue = (value) => (Math.round(value * 1e6) / 1e6 + 0).toFixed(6);
  const range = (count) => Array.from({ length: count }, (_, at) => at);

  // The weights of a direction as Keras has them: kernel, recurrent kernel and bias.
  const joinGates = (gates) => {
    const all = Object.values(gates);
    const join = (name) => all.flatMap((gate) => gate[name]);
    const recurrent = all[0].U.map((_, from) => all.flatMap(({ U }) => U[from]));
    return [[join("W")], recurrent, "b_h" in all[0] ? [join("b"), join("b_h")] : join("b")];
  };
  const formatArray = (array) =>
    Array.isArray(array) ? `[${array.map(formatArray).join(", ")}]` : String(array);

  const formatRows = (array) => formatArray(array).replaceAll("], [", `],\n${" ".repeat(14)}[`);

  // What is returned: every tensor with its rows of numbers, each number with its origin.

  const callLayer = (chosen) => {
    const { layer, bidirectional, sequences, units, x, mask } = chosen;
    const runs = {};
    for (const direction of bidirectional ? DIRECTIONS : DIRECTIONS.slice(0, 1)) {
      runs[direction] = run(layer, first(units, weights[layer][direction]), x, {
        mask,
        backwards: bidirectional ? direction === "backward" : chosen.backwards,
        zero: bidirectional && sequences, // Bidirectional sets zero_output_for_mask.
      });
    }
    const row = (direction, what, record, at) => ({
      at,
      cells: range(units).map((unit) => ({ value: record[what][unit], direction, what, unit, record })),
    });
    const last = (direction, what) => [row(direction, what, runs[direction].at(-1), null)];
    const output = (direction) => {
      if (!sequences) return last(direction, "output");
      const rows = runs[direction].map((record) => row(direction, "output", record, record.at));
      return bidirectional && direction === "backward" ? rows.reverse() : rows;
    };
    const merged = () => {
      const [forward, backward] = DIRECTIONS.map(output);
      const mergeCells = (first, second) =>
        bidirectional === "concat"
          ? [...first, ...second]
          : first.map((part, unit) => ({
              value: merge[bidirectional](part.value, second[unit].value),
              parts: [part, second[unit]],
            }));
      return forward.map((row, i) => ({ ...row, cells: mergeCells(row.cells, backward[i].cells) }));
    };
    const rowsOf = (name) => {
      const direction = DIRECTIONS.find((each) => name.startsWith(each)) ?? "forward";
      if (name.endsWith("state_h")) return last(direction, "h");
      if (name.endsWith("state_c")) return last(direction, "c");
      return name === "output" && bidirectional ? merged() : output(direction);
    };

    const masked = !mask.every(Boolean);
    const [source, ...indices] = layers[address.key(chosen)];
    const answer = answers[indices[Number(masked)]];
    const lengths = { batch: 1, timesteps: x.length, units, "2 * units": 2 * units };
    const tensors = Object.entries(answer.tensors).map(([name, { axes, sizes }]) => ({
      name,
      axes,
      sizes,
      shape: `(${sizes.map((size) => lengths[size]).join(", ")})`,
      rows: rowsOf(name),
    }));
    const names = tensors.map(({ name }) => name).join(", ");
    const python = (values) => `[[${values.map((is) => (is ? "True" : "False")).join(", ")}]]`;
    const layerCode = fill(source, { units });
    return {
      tensors,
      source: layerCode
        .replaceAll("keras.layers.", "")
        .replace(/,\n */g, ", ")
        .replace(/\n */g, ""),
      container: answer.container,
      mask: masked ? python(mask) : "",
      propagatesMask: answer.mask,
      equal: answer.equal,
      code: fill(code.all, {
        x: `[[${x.map((value) => `[${value}]`).join(", ")}]]`,
        mask: masked ? fill(code.mask, { mask: python(mask) }) : "",
        layer: layerCode,
        weights: Object.keys(runs)
          .flatMap((direction) => joinGates(first(units, weights[layer][direction])))
          .map((array) => fill(code.array, { array: formatRows(array) }))
          .join(""),
        call: fill(code.call, { names, arguments: masked ? "x, mask=mask" : "x" }),
        print: fill(tensors.length > 1 ? code.print_several : code.print_one, { name: names, names }),
      }),
    };
  };

  // Return whether a number is in a view such as ["output", [":", "-1", ":units"]] of its tensor.
  const isIn = ([name, [, ...index]], tensor, row, column, units) => {
    if (name !== tensor.name) return false;
    const step = tensor.axes[1] === "timesteps" ? index.shift() : undefined;
    const [part] = index;
    return (
      (step === undefined || tensor.rows.at(Number(step)) === row) &&
      (part === undefined || column >= units === (part === "units:"))
    );
  };

  // How a number is computed.

  const operand = (value) => (value < 0 ? `(${value})` : `${value}`);
  const operandValue = (value) => (value < 0 ? `(${formatValue(value)})` : formatValue(value));
  const product = (value, weight) => `${value} · ${operand(weight)}`;
  const fromState = ({ before }, { U }, unit) =>
    before.h.map((h, from) => product(operandValue(h), U[from][unit])).join(" + ");
  const X = "x_{t} · W";
  const H = "h_{t−1} · U";

  // The lines behind h, or behind c: a symbol, its formula, the same with the numbers, the value.
  const lines = {
    SimpleRNN: ({ g }, record, unit) => {
      const sum = `${product(operand(record.x), g.W[unit])} + ${fromState(record, g, unit)}`;
      return [["h", `tanh(${X} + ${H} + b)`, `tanh(${sum} + ${operand(g.b[unit])})`]];
    },
    GRU: (gates, record, unit) => {
      const { z, g } = record.gates[unit];
      const input = (gate) =>
        `${product(operand(record.x), gate.W[unit])} + ${operand(gate.b[unit])}`;
      const state = (gate) => `${fromState(record, gate, unit)} + ${operand(gate.b_h[unit])}`;
      const gate = (name) => [
        name,
        `σ(${X} + b + ${H} + b_{h})`,
        `σ(${input(gates[name])} + ${state(gates[name])})`,
      ];
      return [
        gate("z"),
        gate("r"),
        [
          "g",
          `tanh(${X} + b + r · (${H} + b_{h}))`,
          `tanh(${input(gates.g)} + ${formatValue(record.gates[unit].r)} · (${state(gates.g)}))`,
        ],
        [
          "h",
          "z · h_{t−1} + (1 − z) · g",
          `${formatValue(z)} · ${operandValue(record.before.h[unit])} + (1 − ${formatValue(z)}) · ${operandValue(g)}`,
        ],
      ];
    },
    LSTM: (gates, record, unit) => {
      const { i, f, g, o, c } = record.gates[unit];
      const gate = (name, activation) => {
        const { W, b } = gates[name];
        const sum = `${product(operand(record.x), W[unit])} + ${fromState(record, gates[name], unit)}`;
        return [
          name,
          `${activation}(${X} + ${H} + b)`,
          `${activation}(${sum} + ${operand(b[unit])})`,
        ];
      };
      return [
        gate("i", "σ"),
        gate("f", "σ"),
        gate("g", "tanh"),
        [
          "c",
          "f · c_{t−1} + i · g",
          `${formatValue(f)} · ${operandValue(record.before.c[unit])} + ${formatValue(i)} · ${operandValue(g)}`,
        ],
        gate("o", "σ"),
        ["h", "o · tanh(c)", `${formatValue(o)} · tanh(${formatValue(c)})`],
      ];
    },
  };

  const linesOf = ({ layer, units }, { what, direction, unit, record }) => {
    const all = lines[layer](first(units, weights[layer][direction]), record, unit);
    const wanted = what === "output" ? "h" : what;
    return all
      .slice(0, 1 + all.findIndex(([symbol]) => symbol === wanted))
      .map(([symbol, ...line]) => [symbol, ...line, record.gates[unit][symbol]]);
  };

  // A formula's text, with _{...} as a subscript.
  const formula = (text) =>
    text.split(/_\{([^}]*)\}/).map((part, at) => (at % 2 ? create("sub", {}, part) : part));

  // The element.

  class RnnExplorer extends HTMLElement {
    connectedCallback() {
      if (this.texts) return;
      this.texts = this.querySelector("template").content;
      this.selected = null;
      this.build();
      this.show(address.read(location.hash));
      window.addEventListener("hashchange", () => {
        if (!address.concerns(location.hash)) return;
        this.show(address.read(location.hash));
        this.scrollIntoView();
      });
    }

    // A text of the page, with values in place of the {names} in it.
    word(name, values = {}) {
      const text = this.texts.querySelector(`.${name}`).cloneNode(true);
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) walker.currentNode.data = fill(walker.currentNode.data, values);
      return create("span", {}, ...text.childNodes);
    }

    text(name, values) {
      return this.word(name, values).textContent;
    }

    // The controls are created once, everything else on every change.

    build() {
      const choice = (name, title, options, show = String) =>
        create(
          "fieldset",
          { className: `rnn-choice rnn-${name}` },
          create("legend", {}, this.word(title)),
          create(
            "div",
            { className: "rnn-segments" },
            ...options.map((value) =>
              create(
                "label",
                {},
                create("input", { type: "radio", name: `rnn-${name}`, value }),
                create("span", {}, show(value)),
              ),
            ),
          ),
        );
      const flag = (name) =>
        create(
          "label",
          {},
          create("input", { type: "checkbox", name: `rnn-${name}` }),
          create("code", {}, FLAGS[name]),
        );
      const button = (name, act) =>
        create("button", { type: "button", className: `rnn-${name}` }, this.word(name));

      this.controls = create(
        "form",
        { className: "rnn-controls", "aria-label": this.text("choose") },
        choice("layer", "layer", kinds),
        create(
          "div",
          { className: "rnn-choice rnn-bidirectional" },
          create("label", { htmlFor: "rnn-bidirectional" }, create("code", {}, "Bidirectional")),
          create(
            "select",
            { name: "rnn-bidirectional", id: "rnn-bidirectional" },
            create("option", { value: "" }, this.text("no")),
            ...modes.map((value) => create("option", { value }, `merge_mode=${value}`)),
          ),
        ),
        create(
          "fieldset",
          { className: "rnn-choice rnn-flags" },
          create("legend", {}, this.word("flags")),
          ...Object.keys(FLAGS).map(flag),
        ),
        choice("units", "units", range(max.units).map((at) => at + 1)),
        choice("steps", "steps", range(max.timesteps).map((at) => at + 1)),
        create(
          "fieldset",
          { className: "rnn-choice rnn-input" },
          create("legend", {}, this.word("input")),
          create("ol"),
        ),
        create("div", { className: "rnn-actions" }, button("copy_link"), button("start_again")),
      );
      this.controls.addEventListener("submit", (event) => event.preventDefault());
      this.controls.addEventListener("input", (event) => this.choose(event.target));
      this.controls.addEventListener("change", ({ target }) => {
        if (target.type === "number") this.sync(); // An invalid number is reset.
      });
      this.controls.querySelector(".rnn-start_again").addEventListener("click", () => {
        this.change(address.start);
      });
      this.controls.querySelector(".rnn-copy_link").addEventListener("click", ({ target }) => {
        const link = new URL(location.href);
        link.hash = address.write(this.chosen);
        this.copy(link.href, target);
      });

      const copyCode = button("copy_code");
      copyCode.addEventListener("click", () => this.copy(this.returned.code, copyCode));
      this.summary = create("p", { className: "rnn-summary" });
      this.status = create("p", { className: "rnn-status", role: "status" });
      this.code = create("code");
      this.numbers = create("div", { className: "rnn-numbers" });
      this.notes = create("ul", { className: "rnn-notes" });
      this.diagram = create("div", { className: "rnn-diagram" });
      this.formula = create("div", { className: "rnn-formula" });
      const result = create(
        "div",
        { className: "rnn-result" },
        this.numbers,
        this.notes,
        this.formula,
        create("p", { className: "rnn-hint" }, this.word("checked")),
        this.status,
      );
      this.frame = create(
        "div",
        { className: "rnn-explorer" },
        this.controls,
        this.summary,
        this.diagram,
        create("div", { className: "rnn-python" }, create("pre", { tabIndex: 0 }, this.code), copyCode),
        result,
      );
      this.append(this.frame);
      this.numbers.addEventListener("focusin", ({ target }) => this.select(target));
      this.numbers.addEventListener("click", ({ target }) => this.select(target));
      this.numbers.addEventListener("keydown", (event) => this.move(event));
    }

    // From a control to the chosen settings.

    choose(control) {
      const chosen = { ...this.chosen };
      const name = control.name.replace("rnn-", "");
      if (name === "steps") {
        const length = Number(control.value);
        const more = (values, next) => range(length).map((at) => values[at] ?? next(at));
        chosen.x = more(chosen.x, (at) => (at + 1) / 10);
        chosen.mask = more(chosen.mask, () => true);
      } else if (name === "x" || name === "mask") {
        const at = Number(control.dataset.at);
        const value = name === "x" ? address.number(control.value) : !control.checked;
        if (value === null) {
          control.setAttribute("aria-invalid", "true");
          return;
        }
        chosen[name] = chosen[name].with(at, value);
      } else if (control.type === "checkbox") {
        chosen[name] = control.checked;
      } else {
        chosen[name] = name === "units" ? Number(control.value) : control.value;
      }
      if (!address.exists(chosen)) chosen.backwards = false;
      this.change(chosen);
    }

    change(chosen) {
      this.show(chosen);
      // Browsers limit how often the address may change.
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => {
        history.replaceState(null, "", address.write(this.chosen));
      }, 250);
    }

    // From the chosen settings to everything on the page.

    show(chosen) {
      const before = this.summary.textContent;
      this.chosen = chosen;
      this.returned = callLayer(chosen);
      this.sync();
      this.summarize();
      this.code.textContent = this.returned.code;
      this.numbers.replaceChildren(
        ...this.returned.tensors.map((tensor) => this.table(tensor)),
        create("p", { className: "rnn-hint" }, this.word("hint")),
      );
      this.draw();
      // Large results are below the controls, small ones next to them.
      const { tensors } = this.returned;
      const columns = Math.max(...tensors.map(({ rows }) => rows[0].cells.length));
      const large = chosen.x.length > 3 || columns > 4 || tensors.length > 3;
      this.frame.classList.toggle("rnn-roomy", large);
      this.note();
      this.showFormula();
      const now = this.summary.textContent;
      if (!before) return; // The first state of the page is not announced.
      const ends = this.returned.tensors[0].rows.at(-1).cells.map(({ value }) => formatValue(value));
      this.status.textContent =
        now === before ? this.text("new_numbers", { values: ends.join(", ") }) : now;
    }

    sync() {
      const { chosen, controls } = this;
      for (const [name, value] of [
        ["layer", chosen.layer],
        ["units", chosen.units],
        ["steps", chosen.x.length],
      ]) {
        controls.querySelector(`[name="rnn-${name}"][value="${value}"]`).checked = true;
      }
      controls.elements["rnn-bidirectional"].value = chosen.bidirectional;
      for (const name of Object.keys(FLAGS)) {
        const box = controls.elements[`rnn-${name}`];
        box.checked = chosen[name];
        box.disabled = !address.exists({ ...chosen, [name]: true });
      }
      const list = controls.querySelector("ol");
      while (list.children.length > chosen.x.length) list.lastChild.remove();
      while (list.children.length < chosen.x.length) list.append(this.step(list.children.length));
      chosen.x.forEach((value, at) => {
        const [input, box] = list.children[at].querySelectorAll("input");
        // Do not change a number while it is being typed, such as 0. before 0.5.
        if (document.activeElement !== input || address.number(input.value) !== value) {
          input.value = value;
        }
        input.removeAttribute("aria-invalid");
        box.checked = !chosen.mask[at];
      });
    }

    step(at) {
      const step = at + 1;
      return create(
        "li",
        {},
        create(
          "label",
          {},
          create("span", {}, this.word("step", { step })),
          create("input", {
            type: "number",
            name: "rnn-x",
            min: -address.MAX_INPUT,
            max: address.MAX_INPUT,
            step: "any",
            inputMode: "decimal",
            "data-at": at,
          }),
        ),
        create(
          "label",
          {},
          create("input", {
            type: "checkbox",
            name: "rnn-mask",
            "data-at": at,
            "aria-label": this.text("masked_step", { step }),
          }),
          create("span", {}, this.word("masked")),
        ),
      );
    }

    summarize() {
      const { container, tensors } = this.returned;
      const listed = tensors.map(({ name, shape }) => `${name} ${shape}`).join(", ");
      this.summary.replaceChildren(
        container === "tensor"
          ? this.word("returns_one", { tensors: listed })
          : this.word("returns_several", { container, count: tensors.length, tensors: listed }),
      );
    }

    table(tensor) {
      const { units, bidirectional } = this.chosen;
      const { name, sizes, shape, rows } = tensor;
      const width = rows[0].cells.length;
      const heading = (column) =>
        width > units
          ? this.word(`unit_${DIRECTIONS[Number(column >= units)]}`, { unit: (column % units) + 1 })
          : this.word("unit", { unit: column + 1 });
      const label = ({ at }) =>
        at === null
          ? this.word(name.includes("state") ? "final" : "last")
          : this.word("step", { step: at + 1 });
      const mark = (row, column) =>
        this.returned.equal.find(
          (each) => each.mark && each.views.some((view) => isIn(view, tensor, row, column, units)),
        )?.mark;
      return create(
        "div",
        { className: "rnn-tensor" },
        create(
          "table",
          { "data-tensor": name },
          create(
            "caption",
            {},
            create("code", { className: "rnn-name" }, name),
            create("code", { className: "rnn-shape" }, shape),
            create("span", { className: "rnn-axes" }, `(${sizes.join(", ")})`),
          ),
          create(
            "thead",
            {},
            create(
              "tr",
              {},
              create("td"),
              ...range(width).map((column) => create("th", { scope: "col" }, heading(column))),
            ),
          ),
          create(
            "tbody",
            {},
            ...rows.map((row, down) =>
              create(
                "tr",
                {},
                create("th", { scope: "row" }, label(row)),
                ...row.cells.map((cell, column) => {
                  const number = create(
                    "button",
                    { type: "button", tabIndex: down || column ? -1 : 0 },
                    formatValue(cell.value),
                  );
                  number.place = { name, down, column };
                  const marked = mark(row, column);
                  if (marked) number.dataset.mark = marked;
                  return create("td", {}, number);
                }),
              ),
            ),
          ),
        ),
      );
    }

    svg() {
      const layout = buildLayout(this.chosen, this.returned);
      const text = (name, values) => this.text(name, values);
      return renderSvg(layout, describeLayout(layout, this.returned, text));
    }

    draw() {
      const svg = new DOMParser().parseFromString(this.svg(), "image/svg+xml").documentElement;
      this.diagram.replaceChildren(document.adoptNode(svg));
      // A wide diagram scrolls, so it must be possible to focus it.
      const wide = this.chosen.x.length > 3;
      this.diagram.classList.toggle("rnn-wide", wide);
      for (const [name, value] of Object.entries({
        tabindex: 0,
        role: "group",
        "aria-label": svg.querySelector("title").textContent,
      })) {
        if (wide) this.diagram.setAttribute(name, value);
        else this.diagram.removeAttribute(name);
      }
    }

    note() {
      const { equal, tensors, mask, propagatesMask } = this.returned;
      const notes = [];
      if (!equal.length && tensors.length > 1) notes.push(create("li", {}, this.word("none_equal")));
      if (mask) {
        notes.push(create("li", {}, this.word(propagatesMask ? "mask_on" : "mask_off", { mask })));
      }
      if (this.chosen.bidirectional) notes.push(create("li", {}, this.word("no_backwards")));
      this.notes.replaceChildren(...notes);
    }

    // The selected number.

    select(button) {
      if (!button.place) return;
      this.selected = button.place;
      this.showFormula();
      const title = this.formula.querySelector(".rnn-heading");
      this.status.textContent = title.textContent;
    }

    move(event) {
      const [down, right] =
        { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ??
        [];
      if (down === undefined || !event.target.place) return;
      event.preventDefault();
      const { name } = event.target.place;
      const to = this.numberAt({
        name,
        down: event.target.place.down + down,
        column: event.target.place.column + right,
      });
      to?.focus();
    }

    numberAt({ name, down, column }) {
      const row = this.numbers.querySelectorAll(`[data-tensor="${name}"] tbody tr`)[down];
      return row?.querySelectorAll("button")[column];
    }

    showFormula() {
      for (const other of this.numbers.querySelectorAll("[aria-current]")) {
        other.removeAttribute("aria-current");
      }
      const button = this.selected && this.numberAt(this.selected);
      this.formula.hidden = !button;
      if (!button) {
        this.selected = null;
        this.formula.replaceChildren();
        return;
      }
      button.setAttribute("aria-current", "true");
      const { name, down, column } = this.selected;
      for (const other of button.closest("table").querySelectorAll("button")) {
        other.tabIndex = other === button ? 0 : -1;
      }
      const { axes, rows } = this.returned.tensors.find((tensor) => tensor.name === name);
      const cell = rows[down].cells[column];
      const index = axes.length === 3 ? [0, down, column] : [0, column];
      this.formula.replaceChildren(
        create(
          "p",
          { className: "rnn-heading" },
          create("code", {}, `${name}[${index.join(", ")}] = ${formatValue(cell.value)}`),
        ),
        ...(cell.parts ? this.describeMerged(cell) : this.describeValue(cell)),
        create("p", { className: "rnn-letters" }, this.word("letters")),
      );
    }

    describeMerged({ value, parts }) {
      const mode = this.chosen.bidirectional;
      const [names, numbers] = [DIRECTIONS, parts.map((part) => operandValue(part.value))].map((pair) =>
        pair.reduce((text, part) => text.replace("{}", part), merges[mode]),
      );
      return [
        this.list([["output", names, numbers, value]]),
        ...parts.flatMap((part) => this.describeValue(part)),
      ];
    }

    describeValue(cell) {
      const { what, direction, unit, record } = cell;
      const values = { step: record.at + 1, unit: unit + 1 };
      const is = what === "c" ? "c" : "h";
      const zero = this.chosen.bidirectional && this.chosen.sequences;
      const masked = what === "output" ? (zero ? "zero_output" : "kept_output") : "kept_state";
      const sentence = create(
        "p",
        {},
        ...(this.chosen.bidirectional ? [this.word(direction), " "] : []),
        this.word(record.gates ? `made_${is}` : masked, values),
      );
      if (!record.gates) return [sentence];
      return [sentence, this.list(linesOf(this.chosen, cell))];
    }

    list(all) {
      return create(
        "dl",
        {},
        ...all.flatMap(([symbol, text, numbers, value]) => [
          create("dt", {}, symbol),
          create(
            "dd",
            {},
            create("span", {}, "= ", ...formula(text)),
            create("span", { className: "rnn-with-numbers" }, `= ${numbers}`),
            create("span", { className: "rnn-value" }, `= ${formatValue(value)}`),
          ),
        ]),
      );
    }

    async copy(text, button) {
      let done = "copied";
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        done = "not_copied"; // The browser does not allow the page to copy.
      }
      this.status.textContent = this.text(done);
      button.replaceChildren(this.word(done));
      clearTimeout(button.waiting);
      const name = button.className.replace("rnn-", "");
      button.waiting = setTimeout(() => button.replaceChildren(this.word(name)), 1500);
    }
  }

  customElements.define("rnn-explorer", RnnExplorer);
})();
