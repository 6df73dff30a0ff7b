// Checks a reader's model on the page: a worker runs the package `rnn_returns` on a file or a layer.
// Nothing is loaded before the reader selects the button. The texts are in the page, so that they are
// translated with it; those of reports are the package's own.
"use strict";

(() => {
  const settings = JSON.parse(document.currentScript.dataset.settings);
  const LIMIT = 10_000; // Milliseconds, from handing over a model until its result.
  const MEGABYTE = 1e6;
  const SIZE = settings.files.reduce((sum, [, , size]) => sum + size, 0);
  const NAME = /^(?!\.\.?$)[^/\0]+$/;

  const create = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(1);
  const resolve = (address) => new URL(address, location.href).href;

  // A worker is in use and a second one waits, so that there is another after the first was ended,
  // even without a network.
  let spare = null;
  const createWorker = () => new Worker(settings.worker, { type: "module" });

  class Checker {
    constructor(report) {
      this.worker = spare ?? createWorker();
      spare = createWorker();
      spare.onerror = (event) => {
        event.preventDefault();
        spare = null;
      };
      this.report = report;
      this.ready = new Promise((done, fail) => {
        this.worker.onerror = (event) => {
          event.preventDefault();
          fail(new Error(event.message ?? ""));
        };
        this.worker.onmessage = ({ data }) => {
          if ("loaded" in data) this.report(data.loaded);
          else if (data.ready) done();
          else fail(new Error(data.failed));
        };
      });
      const files = settings.files.map(([name, address, size]) => [
        name,
        `${resolve(address)}?v=${settings.version}`,
        size,
      ]);
      const { version, lock } = settings;
      this.worker.postMessage({ start: { version, lock, files } });
    }

    // The result of a model; rejected with the name of a text if there is none.
    check(request) {
      return new Promise((done, fail) => {
        const timer = setTimeout(() => fail(new Error("slow")), LIMIT);
        const stop = (then, value) => {
          clearTimeout(timer);
          then(value);
        };
        this.worker.onmessage = ({ data }) =>
          data.result
            ? stop(done, JSON.parse(data.result))
            : stop(fail, new Error("crashed", { cause: data.crashed }));
        this.worker.onerror = (event) => {
          event.preventDefault();
          stop(fail, new Error("crashed", { cause: event.message }));
        };
        this.worker.postMessage(request);
      });
    }

    end() {
      this.worker.terminate();
    }
  }

  class ModelCheck extends HTMLElement {
    connectedCallback() {
      if (this.texts) return;
      this.texts = this.querySelector("template").content;
      this.checker = null;
      this.turn = 0; // Counts the requests, because only the last one is shown.
      this.build();
    }

    text(name, values = {}) {
      return fill(this.texts.querySelector(`.${name}`).textContent.trim(), values);
    }

    build() {
      this.button = create("button", {
        type: "button",
        className: "rnn-load",
        textContent: this.text("load", { size: megabytes(SIZE) }),
      });
      this.file = create("input", { type: "file", accept: ".keras,.h5,.hdf5,.json" });
      this.drop = create(
        "label",
        { className: "rnn-drop" },
        create("span", { textContent: this.text("file") }),
        this.file,
      );
      const field = (name, placeholder) => {
        const options = { name, placeholder, type: "text", autocomplete: "off", spellcheck: false };
        const input = create("input", options);
        input.setAttribute("autocapitalize", "off");
        return create("label", {}, create("span", { textContent: this.text(name) }), input);
      };
      this.form = create(
        "form",
        {},
        field("layer", "LSTM(4, return_state=True)"),
        field("shape", "8,10,3"),
        create("button", { textContent: this.text("check") }),
      );
      this.controls = create("div", { className: "rnn-forms", hidden: true }, this.drop, this.form);
      this.progress = create("progress", { max: SIZE, value: 0, hidden: true });
      this.progress.setAttribute("aria-label", this.text("progress"));
      this.status = create("p", { className: "rnn-status" });
      this.status.setAttribute("role", "status");
      this.result = create("div", { className: "rnn-report", lang: "en" });
      this.append(
        create(
          "div",
          { className: "rnn-check" },
          this.button,
          this.controls,
          this.progress,
          this.status,
          this.result,
        ),
      );
      if (location.protocol === "file:") {
        this.button.remove();
        this.say("from_disk");
        return;
      }
      this.button.addEventListener("click", () => this.open());
      this.file.addEventListener("change", () => this.takeFile(this.file.files[0]));
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.takeLayer();
      });
      this.acceptDrops();
    }

    acceptDrops() {
      const mark = (is) => this.drop.classList.toggle("rnn-over", is);
      for (const name of ["dragenter", "dragover"]) {
        this.drop.addEventListener(name, (event) => {
          event.preventDefault();
          mark(true);
        });
      }
      this.drop.addEventListener("dragleave", () => mark(false));
      this.drop.addEventListener("drop", (event) => {
        event.preventDefault();
        mark(false);
        this.takeFile(event.dataTransfer.files[0]);
      });
    }

    // A screen reader reads it aloud, so it changes only with its text.
    say(name, values, isError = false) {
      this.status.classList.toggle("rnn-error", isError);
      const text = this.text(name, values);
      if (this.status.textContent !== text) this.status.textContent = text;
    }

    async open() {
      this.button.hidden = true;
      this.controls.hidden = false;
      this.file.focus();
      if (await this.start()) this.say("ready");
    }

    // Return whether Python runs; start it if it does not.
    async start() {
      this.checker ??= new Checker((loaded) => this.showProgress(loaded));
      const { checker } = this;
      try {
        await checker.ready;
        this.progress.hidden = true;
        return true;
      } catch (error) {
        if (this.checker === checker) {
          this.end();
          this.progress.hidden = true;
          this.button.hidden = false;
          this.say("failed", { reason: error.message }, true);
        }
        return false;
      }
    }

    showProgress(loaded) {
      this.progress.hidden = false;
      if (loaded < SIZE) {
        this.progress.value = loaded;
        this.say("loading", { size: megabytes(SIZE) });
      } else {
        this.progress.removeAttribute("value"); // It is not known how long Python needs.
        this.say("starting");
      }
    }

    end() {
      this.checker?.end();
      this.checker = null;
    }

    takeFile(file) {
      if (!file) return;
      const name = NAME.test(file.name) ? file.name : "model";
      this.check(name, { file, name });
      this.file.value = ""; // So that the same file can be selected again.
    }

    takeLayer() {
      const { layer, shape } = Object.fromEntries(new FormData(this.form));
      if (layer.trim()) this.check(layer.trim(), { layer: layer.trim(), shape: shape.trim() });
    }

    async check(name, request) {
      const turn = ++this.turn;
      const isLast = () => turn === this.turn;
      this.result.replaceChildren();
      this.status.classList.remove("rnn-error");
      if (this.running) this.end(); // The reader waits for another model.
      if (!(await this.start()) || !isLast()) return;
      this.say("reading", { name });
      this.running = true;
      try {
        const result = await this.checker.check(request);
        if (isLast()) this.show(name, "file" in request, result);
      } catch (error) {
        if (!isLast()) return;
        this.end();
        this.say(error.message, { name, seconds: LIMIT / 1000, reason: error.cause }, true);
      } finally {
        if (isLast()) this.running = false;
      }
    }

    show(name, isFile, { error, text, parts }) {
      if (error) {
        // As the command does it: the name, which the reason can start with, once.
        const reason = error.startsWith(`${name} `) ? error.slice(name.length + 1) : error;
        this.say("error", { name, reason }, true);
        return;
      }
      const found = parts.flatMap(({ diagnostics }) => diagnostics ?? []);
      this.say(isFile ? "done" : "predicted", { name, count: found.length });
      const printed = create("pre", { textContent: text, tabIndex: 0 });
      this.result.replaceChildren(
        ...parts.map((part) => this.createPart(part)),
        create(
          "details",
          { className: "rnn-printed" },
          create("summary", { textContent: this.text("text") }),
          printed,
        ),
      );
      for (const place of this.result.querySelectorAll("summary, figcaption, .rnn-see")) {
        place.lang = document.documentElement.lang;
      }
    }

    // The HTML is the package's, which escapes every text of a model.
    createPart({ html, diagnostics = [], diagram, layer }) {
      const part = create("section", { innerHTML: html });
      if (diagnostics.length) {
        const links = diagnostics.map(({ code, name, section }) =>
          create(
            "li",
            {},
            create("a", {
              href: resolve(settings.root + (settings.sections[code] ?? section)),
              textContent: `${code} ${name}`,
            }),
          ),
        );
        const title = create("p", { textContent: this.text("see") });
        part.append(create("div", { className: "rnn-see" }, title, create("ul", {}, ...links)));
      }
      if (diagram) {
        const figure = create("figure", { innerHTML: diagram });
        const caption = this.text(layer ? "diagram" : "diagram_of_one", { layer });
        figure.prepend(create("figcaption", { textContent: caption }));
        part.append(figure);
      }
      return part;
    }
  }

  customElements.define("rnn-model-check", ModelCheck);
})();
