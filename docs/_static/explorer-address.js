// Convert the chosen settings of the Explorer to the part of the address after #, and back.
// An address is untrusted: a field with an invalid value has its default.
"use strict";

window.rnnAddress = (() => {
  const { layers, kinds, modes, max } = window.rnnExplorerData;
  const MAX_INPUT = 10;
  const start = {
    layer: "LSTM",
    bidirectional: "",
    sequences: true,
    state: true,
    backwards: false,
    units: 1,
    x: [0.1, 0.2, 0.3],
    mask: [true, true, true],
  };

  const key = ({ layer, sequences, state, backwards, bidirectional }) =>
    [layer, [sequences, state, backwards].map(Number).join(""), bidirectional]
      .filter(Boolean)
      .join(" ");
  // Keras does not support every combination; those have no entry.
  const exists = (chosen) => Object.hasOwn(layers, key(chosen));

  const number = (text) => {
    const value = /^-?\d{1,2}(\.\d{1,4})?$/.test(text) ? Number(text) : NaN;
    return Math.abs(value) <= MAX_INPUT ? value : null;
  };
  const among = (choices) => (text) =>
    choices.find((choice) => choice.toLowerCase() === text) ?? null;
  const flag = (text) => (/^[01]$/.test(text) ? text === "1" : null);
  const fields = {
    layer: among(kinds),
    bidirectional: among(modes),
    sequences: flag,
    state: flag,
    backwards: flag,
    units: (text) => (/^\d$/.test(text) && text >= 1 && text <= max.units ? Number(text) : null),
    x: (text) => {
      const values = text.length < 100 ? text.split(",").map(number) : [];
      return values.length && values.length <= max.timesteps && !values.includes(null)
        ? values
        : null;
    },
    mask: (text) => (/^[01]+$/.test(text) ? [...text].map((step) => step === "1") : null),
  };

  const read = (hash) => {
    const given = new URLSearchParams(hash.slice(1, 1000));
    const chosen = { ...start };
    for (const [name, parse] of Object.entries(fields)) {
      const value = given.has(name) ? parse(given.get(name)) : null;
      if (value !== null) chosen[name] = value;
    }
    if (chosen.mask.length !== chosen.x.length) chosen.mask = chosen.x.map(() => true);
    return exists(chosen) ? chosen : { ...chosen, backwards: false };
  };

  const write = (chosen) => {
    const text = {
      layer: chosen.layer.toLowerCase(),
      bidirectional: chosen.bidirectional.toLowerCase(),
      sequences: Number(chosen.sequences),
      state: Number(chosen.state),
      backwards: chosen.backwards ? 1 : "",
      units: chosen.units,
      x: chosen.x.join(","),
      mask: chosen.mask.every(Boolean) ? "" : chosen.mask.map(Number).join(""),
    };
    return `#${Object.entries(text)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}=${value}`)
      .join("&")}`;
  };

  // Return whether an address is one of the Explorer, not of a heading.
  const concerns = (hash) => Object.keys(fields).some((name) => hash.includes(`${name}=`));

  return { start, MAX_INPUT, key, exists, number, read, write, concerns };
})();
