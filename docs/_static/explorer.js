// The Explorer: choose a layer and its flags, and see what it gives back, to the last number.
// What comes back is in explorer-data.js, which the build makes of the package's rules; the words
// are in the page, so that they are translated with it. Here is what joins them.
"use strict";

(() => {
  const { layers, answers, code, kinds, modes, merges, most, weights } = window.rnnExplorerData;
  const { run, merge, first } = window.rnnEquations;
  const address = window.rnnAddress;
  const { scene, paint } = window.rnnDiagram;
  const WAYS = ["forward", "backward"];
  const FLAGS = { sequences: "return_sequences", state: "return_state", backwards: "go_backwards" };

  // Markup without markup: an element with its properties and what is in it.
  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const six = (value) => (Math.round(value * 1e6) / 1e6 + 0).toFixed(6);
  const counted = (count) => Array.from({ length: count }, (_, at) => at);

  // What comes back.

  // Every tensor with its rows of numbers, each number with where it comes from.
  const returned = (chosen) => {
    const { layer, bidirectional, sequences, units, x, mask } = chosen;
    const runs = {};
    for (const way of bidirectional ? WAYS : WAYS.slice(0, 1)) {
      runs[way] = run(layer, first(units, weights[layer][way]), x, {
        mask,
        backwards: bidirectional ? way === "backward" : chosen.backwards,
        zero: bidirectional && sequences, // Bidirectional sets zero_output_for_mask.
      });
    }
    const row = (way, what, record, at) => ({
      at,
      cells: counted(units).map((unit) => ({ value: record[what][unit], way, what, unit, record })),
    });
    const last = (way, what) => [row(way, what, runs[way].at(-1), null)];
    const output = (way) => {
      if (!sequences) return last(way, "output");
      const rows = runs[way].map((record) => row(way, "output", record, record.at));
      return bidirectional && way === "backward" ? rows.reverse() : rows;
    };
    const merged = () => {
      const [forward, backward] = WAYS.map(output);
      const both = (one, other) =>
        bidirectional === "concat"
          ? [...one.cells, ...other.cells]
          : one.cells.map((part, unit) => ({
              value: merge[bidirectional](part.value, other.cells[unit].value),
              parts: [part, other.cells[unit]],
            }));
      return forward.map((one, at) => ({ ...one, cells: both(one, backward[at]) }));
    };
    const rowsOf = (name) => {
      const way = WAYS.find((each) => name.startsWith(each)) ?? "forward";
      if (name.endsWith("state_h")) return last(way, "h");
      if (name.endsWith("state_c")) return last(way, "c");
      return name === "output" && bidirectional ? merged() : output(way);
    };

    const masked = !mask.every(Boolean);
    const [made, ...told] = layers[address.key(chosen)];
    const answer = answers[told[Number(masked)]];
    const lengths = { batch: 1, timesteps: x.length, units, "2 * units": 2 * units };
    const tensors = Object.entries(answer.tensors).map(([name, { axes, sizes }]) => ({
      name,
      axes,
      sizes,
      shape: `(${sizes.map((size) => lengths[size]).join(", ")})`,
      rows: rowsOf(name),
    }));
    const python = (values) => `[[${values.map((is) => (is ? "True" : "False")).join(", ")}]]`;
    const layerText = fill(made, { units });
    return {
      tensors,
      written: layerText
        .replaceAll("keras.layers.", "")
        .replace(/,\n */g, ", ")
        .replace(/\n */g, ""),
      container: answer.container,
      mask: masked ? python(mask) : "",
      handsMaskOn: answer.mask,
      equal: answer.equal,
      code: fill(code.all, {
        x: `[[${x.map((value) => `[${value}]`).join(", ")}]]`,
        mask: masked ? fill(code.mask, { mask: python(mask) }) : "",
        layer: layerText,
        call: fill(code.call, {
          names: tensors.map(({ name }) => name).join(", "),
          arguments: masked ? "x, mask=mask" : "x",
        }),
      }),
    };
  };

  // Whether a number is in a view such as ["output", [":", "-1", ":units"]] of its tensor.
  const isIn = ([name, [, ...index]], tensor, row, column, units) => {
    if (name !== tensor.name) return false;
    const step = tensor.axes[1] === "timesteps" ? index.shift() : undefined;
    const [part] = index;
    return (
      (step === undefined || tensor.rows.at(Number(step)) === row) &&
      (part === undefined || column >= units === (part === "units:"))
    );
  };

  // How a number was made.

  const operand = (value) => (value < 0 ? `(${value})` : `${value}`);
  const shown = (value) => (value < 0 ? `(${six(value)})` : six(value));
  const product = (value, weight) => `${value} · ${operand(weight)}`;
  const fromState = ({ before }, { U }, unit) =>
    before.h.map((h, from) => product(shown(h), U[from][unit])).join(" + ");
  const X = "x_{t} · W";
  const H = "h_{t−1} · U";

  // The lines behind h, or behind c: a symbol, its formula, the same with the numbers, the value.
  const lines = {
    SimpleRNN: ({ g }, record, unit) => {
      const sum = `${product(operand(record.x), g.W[unit])} + ${fromState(record, g, unit)}`;
      return [["h", `tanh(${X} + ${H} + b)`, `tanh(${sum} + ${operand(g.b[unit])})`]];
    },
    GRU: (gates, record, unit) => {
      const { z, g } = record.made[unit];
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
          `tanh(${input(gates.g)} + ${six(record.made[unit].r)} · (${state(gates.g)}))`,
        ],
        [
          "h",
          "z · h_{t−1} + (1 − z) · g",
          `${six(z)} · ${shown(record.before.h[unit])} + (1 − ${six(z)}) · ${shown(g)}`,
        ],
      ];
    },
    LSTM: (gates, record, unit) => {
      const { i, f, g, o, c } = record.made[unit];
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
          `${six(f)} · ${shown(record.before.c[unit])} + ${six(i)} · ${shown(g)}`,
        ],
        gate("o", "σ"),
        ["h", "o · tanh(c)", `${six(o)} · tanh(${six(c)})`],
      ];
    },
  };

  const linesOf = ({ layer, units }, { what, way, unit, record }) => {
    const all = lines[layer](first(units, weights[layer][way]), record, unit);
    const wanted = what === "output" ? "h" : what;
    return all
      .slice(0, 1 + all.findIndex(([symbol]) => symbol === wanted))
      .map(([symbol, ...line]) => [symbol, ...line, record.made[unit][symbol]]);
  };

  // A formula's text, with what is written _{so} set lower.
  const formula = (text) =>
    text.split(/_\{([^}]*)\}/).map((part, at) => (at % 2 ? make("sub", {}, part) : part));

  // The element.

  class RnnExplorer extends HTMLElement {
    connectedCallback() {
      if (this.words) return;
      this.words = this.querySelector("template").content;
      this.touched = null;
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
      const text = this.words.querySelector(`.${name}`).cloneNode(true);
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) walker.currentNode.data = fill(walker.currentNode.data, values);
      return make("span", {}, ...text.childNodes);
    }

    text(name, values) {
      return this.word(name, values).textContent;
    }

    // The controls are made once, and what is below them on every change.

    build() {
      const choice = (name, title, options, show = String) =>
        make(
          "fieldset",
          { className: `rnn-choice rnn-${name}` },
          make("legend", {}, this.word(title)),
          make(
            "div",
            { className: "rnn-segments" },
            ...options.map((value) =>
              make(
                "label",
                {},
                make("input", { type: "radio", name: `rnn-${name}`, value }),
                make("span", {}, show(value)),
              ),
            ),
          ),
        );
      const flag = (name) =>
        make(
          "label",
          {},
          make("input", { type: "checkbox", name: `rnn-${name}` }),
          make("code", {}, FLAGS[name]),
        );
      const button = (name, act) =>
        make("button", { type: "button", className: `rnn-${name}` }, this.word(name));

      this.controls = make(
        "form",
        { className: "rnn-controls", "aria-label": this.text("choose") },
        choice("layer", "layer", kinds),
        make(
          "div",
          { className: "rnn-choice rnn-bidirectional" },
          make("label", { htmlFor: "rnn-bidirectional" }, make("code", {}, "Bidirectional")),
          make(
            "select",
            { name: "rnn-bidirectional", id: "rnn-bidirectional" },
            make("option", { value: "" }, this.text("no")),
            ...modes.map((value) => make("option", { value }, `merge_mode=${value}`)),
          ),
        ),
        make(
          "fieldset",
          { className: "rnn-choice rnn-flags" },
          make("legend", {}, this.word("flags")),
          ...Object.keys(FLAGS).map(flag),
        ),
        choice("units", "units", counted(most.units).map((at) => at + 1)),
        choice("steps", "steps", counted(most.timesteps).map((at) => at + 1)),
        make(
          "fieldset",
          { className: "rnn-choice rnn-input" },
          make("legend", {}, this.word("input")),
          make("ol"),
        ),
        make("div", { className: "rnn-actions" }, button("copy_link"), button("start_again")),
      );
      this.controls.addEventListener("submit", (event) => event.preventDefault());
      this.controls.addEventListener("input", (event) => this.choose(event.target));
      this.controls.addEventListener("change", ({ target }) => {
        if (target.type === "number") this.sync(); // What was no number goes back to what it was.
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
      this.says = make("p", { className: "rnn-says" });
      this.status = make("p", { className: "rnn-status", role: "status" });
      this.code = make("code");
      this.numbers = make("div", { className: "rnn-numbers" });
      this.notes = make("ul", { className: "rnn-notes" });
      this.diagram = make("div", { className: "rnn-diagram" });
      this.formula = make("div", { className: "rnn-formula" });
      const result = make(
        "div",
        { className: "rnn-result" },
        this.numbers,
        this.notes,
        this.formula,
        make("p", { className: "rnn-hint" }, this.word("checked")),
        this.status,
      );
      this.frame = make(
        "div",
        { className: "rnn-explorer" },
        this.controls,
        this.says,
        this.diagram,
        make("div", { className: "rnn-python" }, make("pre", { tabIndex: 0 }, this.code), copyCode),
        result,
      );
      this.append(this.frame);
      this.numbers.addEventListener("focusin", ({ target }) => this.touch(target));
      this.numbers.addEventListener("click", ({ target }) => this.touch(target));
      this.numbers.addEventListener("keydown", (event) => this.move(event));
    }

    // From a control to what is chosen.

    choose(control) {
      const chosen = { ...this.chosen };
      const name = control.name.replace("rnn-", "");
      if (name === "steps") {
        const length = Number(control.value);
        const more = (values, next) => counted(length).map((at) => values[at] ?? next(at));
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
      // Browsers refuse an address that changes with every key.
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => {
        history.replaceState(null, "", address.write(this.chosen));
      }, 250);
    }

    // From what is chosen to all that is shown.

    show(chosen) {
      const before = this.says.textContent;
      this.chosen = chosen;
      this.returned = returned(chosen);
      this.sync();
      this.say();
      this.code.textContent = this.returned.code;
      this.numbers.replaceChildren(
        ...this.returned.tensors.map((tensor) => this.table(tensor)),
        make("p", { className: "rnn-hint" }, this.word("hint")),
      );
      this.draw();
      // Much is shown across, below the controls, and little beside them.
      const { tensors } = this.returned;
      const columns = Math.max(...tensors.map(({ rows }) => rows[0].cells.length));
      const much = chosen.x.length > 3 || columns > 4 || tensors.length > 3;
      this.frame.classList.toggle("rnn-roomy", much);
      this.note();
      this.explain();
      const now = this.says.textContent;
      if (!before) return; // A page that was just opened has changed nothing.
      const ends = this.returned.tensors[0].rows.at(-1).cells.map(({ value }) => six(value));
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
        // What is being typed, such as 0. on the way to 0.5, is left alone.
        if (document.activeElement !== input || address.number(input.value) !== value) {
          input.value = value;
        }
        input.removeAttribute("aria-invalid");
        box.checked = !chosen.mask[at];
      });
    }

    step(at) {
      const step = at + 1;
      return make(
        "li",
        {},
        make(
          "label",
          {},
          make("span", {}, this.word("step", { step })),
          make("input", {
            type: "number",
            name: "rnn-x",
            min: -address.MOST_INPUT,
            max: address.MOST_INPUT,
            step: "any",
            inputMode: "decimal",
            "data-at": at,
          }),
        ),
        make(
          "label",
          {},
          make("input", {
            type: "checkbox",
            name: "rnn-mask",
            "data-at": at,
            "aria-label": this.text("masked_step", { step }),
          }),
          make("span", {}, this.word("masked")),
        ),
      );
    }

    say() {
      const { container, tensors } = this.returned;
      const listed = tensors.map(({ name, shape }) => `${name} ${shape}`).join(", ");
      this.says.replaceChildren(
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
          ? this.word(`unit_${WAYS[Number(column >= units)]}`, { unit: (column % units) + 1 })
          : this.word("unit", { unit: column + 1 });
      const label = ({ at }) =>
        at === null
          ? this.word(name.includes("state") ? "final" : "last")
          : this.word("step", { step: at + 1 });
      const mark = (row, column) =>
        this.returned.equal.find(
          (each) => each.mark && each.views.some((view) => isIn(view, tensor, row, column, units)),
        )?.mark;
      return make(
        "div",
        { className: "rnn-tensor" },
        make(
          "table",
          { "data-tensor": name },
          make(
            "caption",
            {},
            make("code", { className: "rnn-name" }, name),
            make("code", { className: "rnn-shape" }, shape),
            make("span", { className: "rnn-axes" }, `(${sizes.join(", ")})`),
          ),
          make(
            "thead",
            {},
            make(
              "tr",
              {},
              make("td"),
              ...counted(width).map((column) => make("th", { scope: "col" }, heading(column))),
            ),
          ),
          make(
            "tbody",
            {},
            ...rows.map((row, down) =>
              make(
                "tr",
                {},
                make("th", { scope: "row" }, label(row)),
                ...row.cells.map((cell, column) => {
                  const number = make(
                    "button",
                    { type: "button", tabIndex: down || column ? -1 : 0 },
                    six(cell.value),
                  );
                  number.place = { name, down, column };
                  const marked = mark(row, column);
                  if (marked) number.dataset.mark = marked;
                  return make("td", {}, number);
                }),
              ),
            ),
          ),
        ),
      );
    }

    svg() {
      return paint(
        scene(this.chosen, this.returned, (name, values) => this.text(name, values)),
      );
    }

    draw() {
      const svg = new DOMParser().parseFromString(this.svg(), "image/svg+xml").documentElement;
      this.diagram.replaceChildren(document.adoptNode(svg));
      // What may be wider than a phone can be scrolled, and so must be reached by keyboard too.
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
      const { equal, tensors, mask, handsMaskOn } = this.returned;
      const notes = [];
      if (!equal.length && tensors.length > 1) notes.push(make("li", {}, this.word("none_equal")));
      if (mask) {
        notes.push(make("li", {}, this.word(handsMaskOn ? "mask_on" : "mask_off", { mask })));
      }
      if (this.chosen.bidirectional) notes.push(make("li", {}, this.word("no_backwards")));
      this.notes.replaceChildren(...notes);
    }

    // The number that was touched.

    touch(button) {
      if (!button.place) return;
      this.touched = button.place;
      this.explain();
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

    explain() {
      for (const other of this.numbers.querySelectorAll("[aria-current]")) {
        other.removeAttribute("aria-current");
      }
      const button = this.touched && this.numberAt(this.touched);
      this.formula.hidden = !button;
      if (!button) {
        this.touched = null;
        this.formula.replaceChildren();
        return;
      }
      button.setAttribute("aria-current", "true");
      const { name, down, column } = this.touched;
      for (const other of button.closest("table").querySelectorAll("button")) {
        other.tabIndex = other === button ? 0 : -1;
      }
      const { axes, rows } = this.returned.tensors.find((tensor) => tensor.name === name);
      const cell = rows[down].cells[column];
      const index = axes.length === 3 ? [0, down, column] : [0, column];
      this.formula.replaceChildren(
        make(
          "p",
          { className: "rnn-heading" },
          make("code", {}, `${name}[${index.join(", ")}] = ${six(cell.value)}`),
        ),
        ...(cell.parts ? this.merging(cell) : this.making(cell)),
        make("p", { className: "rnn-letters" }, this.word("letters")),
      );
    }

    merging({ value, parts }) {
      const mode = this.chosen.bidirectional;
      const [names, numbers] = [WAYS, parts.map((part) => shown(part.value))].map((both) =>
        both.reduce((text, part) => text.replace("{}", part), merges[mode]),
      );
      return [
        this.list([["output", names, numbers, value]]),
        ...parts.flatMap((part) => this.making(part)),
      ];
    }

    making(cell) {
      const { what, way, unit, record } = cell;
      const values = { step: record.at + 1, unit: unit + 1 };
      const is = what === "c" ? "c" : "h";
      const zero = this.chosen.bidirectional && this.chosen.sequences;
      const masked = what === "output" ? (zero ? "zero_output" : "kept_output") : "kept_state";
      const sentence = make(
        "p",
        {},
        ...(this.chosen.bidirectional ? [this.word(way), " "] : []),
        this.word(record.made ? `made_${is}` : masked, values),
      );
      if (!record.made) return [sentence];
      return [sentence, this.list(linesOf(this.chosen, cell))];
    }

    list(all) {
      return make(
        "dl",
        {},
        ...all.flatMap(([symbol, text, numbers, value]) => [
          make("dt", {}, symbol),
          make(
            "dd",
            {},
            make("span", {}, "= ", ...formula(text)),
            make("span", { className: "rnn-with-numbers" }, `= ${numbers}`),
            make("span", { className: "rnn-value" }, `= ${six(value)}`),
          ),
        ]),
      );
    }

    async copy(text, button) {
      let done = "copied";
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        done = "not_copied"; // A browser may not let a page copy.
      }
      this.status.textContent = this.text(done);
      button.replaceChildren(this.word(done));
      clearTimeout(button.waiting);
      const words = button.className.replace("rnn-", "");
      button.waiting = setTimeout(() => button.replaceChildren(this.word(words)), 1500);
    }
  }

  customElements.define("rnn-explorer", RnnExplorer);
})();
