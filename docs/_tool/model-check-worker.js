// Runs the package `rnn_returns` in a worker, with Pyodide: CPython compiled to WebAssembly. The page
// starts it when a reader asks for it, see model-check.js.
//
// It loads files from the site only and keeps them for later. Then it deletes all that reaches the
// network, stores data or runs a text as code, and only after that it accepts a model: the policy of
// the page does not apply to a worker. Python gets no object of JavaScript at all (`jsglobals`).
"use strict";

(() => {
  const CACHE = "rnn-returns-tool-";
  const MODEL = "/model"; // Where Python sees the file of the reader.
  const TOOL = "/tool";
  const TYPES = { wasm: "application/wasm", mjs: "text/javascript" };
  const send = self.postMessage.bind(self);
  let pyodide = null;
  let check = null; // The function of model_check.py.

  // What stays of the global object: the language itself, and what Pyodide uses when it runs Python.
  const KEPT = new Set(
    `Object Function Array String Number Boolean Symbol BigInt Map Set WeakMap WeakSet WeakRef
    FinalizationRegistry Promise Proxy Reflect JSON Math Date RegExp Intl Iterator Atomics
    Error AggregateError RangeError ReferenceError SyntaxError TypeError URIError
    ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array
    Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array
    BigUint64Array NaN Infinity undefined globalThis self parseInt parseFloat isNaN isFinite
    decodeURI decodeURIComponent encodeURI encodeURIComponent
    WebAssembly TextDecoder TextEncoder FileReaderSync performance crypto console
    DedicatedWorkerGlobalScope WorkerGlobalScope constructor`.split(/\s+/),
  );

  // The build compresses large files, because not every host does.
  const decompress = (bytes) =>
    bytes[0] === 0x1f && bytes[1] === 0x8b
      ? new Response(bytes).body.pipeThrough(new DecompressionStream("gzip"))
      : bytes;

  const respond = (name, bytes) =>
    new Response(decompress(bytes), { headers: { "Content-Type": TYPES[name.split(".").at(-1)] ?? "" } });

  async function importModule(name, bytes) {
    const address = URL.createObjectURL(await respond(name, bytes).blob());
    try {
      return await import(address);
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  // Null where a page may not store files, such as without encryption.
  async function openCache(version) {
    try {
      const name = CACHE + version;
      const old = (await caches.keys()).filter((each) => each.startsWith(CACHE) && each !== name);
      await Promise.all(old.map((each) => caches.delete(each)));
      return await caches.open(name);
    } catch {
      return null;
    }
  }

  async function loadFile(address, size, cache, report) {
    const stored = await cache?.match(address);
    const response = stored ?? (await fetch(address));
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
    const parts = [];
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      report(part.value.length);
    }
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    if (bytes.length !== size) throw new Error(`${bytes.length} / ${size}`);
    if (!stored) await cache?.put(address, new Response(bytes)).catch(() => {}); // The disk is full.
    return bytes;
  }

  async function loadFiles({ version, files }) {
    const cache = await openCache(version);
    let loaded = 0;
    const report = (count) => {
      loaded += count;
      send({ loaded });
    };
    const loading = files.map(async ([name, address, size]) => [
      name,
      await loadFile(address, size, cache, report),
    ]);
    return Object.fromEntries(await Promise.all(loading));
  }

  async function startPython(files, lock) {
    const { loadPyodide } = await importModule("pyodide.mjs", files["pyodide.mjs"]);
    const asm = await importModule("pyodide.asm.mjs", files["pyodide.asm.mjs"]);
    // Pyodide fetches two files, which are here already.
    self.fetch = async (address) => {
      const name = new URL(address).pathname.split("/").at(-1);
      return respond(name, files[name]);
    };
    pyodide = await loadPyodide({
      createPyodideModule: asm.default,
      indexURL: new URL(".", self.location.href).href,
      lockFileContents: { info: lock, packages: {} },
      jsglobals: Object.create(null),
      stdin: () => null,
    });
    pyodide.FS.mkdir(MODEL);
    pyodide.FS.mkdir(TOOL);
    for (const name of ["rnn_returns.whl", "model_check.py"]) {
      pyodide.FS.writeFile(`${TOOL}/${name}`, files[name]);
    }
    check = pyodide.runPython(
      `import sys
sys.path[:0] = ["${TOOL}", "${TOOL}/rnn_returns.whl"]
from model_check import check
check`,
    );
  }

  // An `import` cannot be deleted, but no text can become code that has one.
  function removeAccess() {
    for (let place = self; place !== Object.prototype; place = Object.getPrototypeOf(place)) {
      for (const name of Reflect.ownKeys(place)) {
        if (KEPT.has(name) || typeof name === "symbol" || Reflect.deleteProperty(place, name)) continue;
        if (typeof place[name] !== "number") throw new Error(`${name} cannot be deleted`);
      }
    }
    const none = {
      Function() {
        throw new TypeError("A text cannot become a function here.");
      },
    }.Function;
    const examples = [() => {}, async () => {}, function* () {}, async function* () {}];
    for (const prototype of examples.map(Object.getPrototypeOf)) {
      Object.defineProperty(prototype, "constructor", { value: none, writable: false, configurable: false });
    }
    self.Function = Object.assign(none, { prototype: Object.getPrototypeOf(none) });
  }

  async function start({ start: settings }) {
    try {
      const files = await loadFiles(settings);
      await startPython(files, settings.lock);
      removeAccess();
      send({ ready: true });
    } catch (error) {
      send({ failed: String(error.message) });
    }
  }

  // Python reads the parts of the file that it needs where they are, so that a large one is no copy.
  function checkFile(file, name) {
    const { FS } = pyodide;
    FS.mount(FS.filesystems.WORKERFS, { blobs: [{ name, data: file }] }, MODEL);
    try {
      return check(`${MODEL}/${name}`);
    } finally {
      FS.unmount(MODEL);
    }
  }

  self.addEventListener("message", ({ data }) => {
    if (data.start) {
      start(data);
      return;
    }
    try {
      send({ result: data.file ? checkFile(data.file, data.name) : check(data.layer, data.shape) });
    } catch (error) {
      send({ crashed: String(error.message).trim().split("\n").at(-1) });
    }
  });
})();
