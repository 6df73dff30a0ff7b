// The recurrences for one sample with one feature: rnn_returns/equations, for a browser.
// It keeps all intermediate results, so that each number can be explained.
"use strict";

window.rnnEquations = (() => {
  const sigmoid = (x) => {
    const small = Math.exp(-Math.abs(x)); // The exponential of a large number would overflow.
    return (x < 0 ? small : 1) / (1 + small);
  };
  const inner = (h, U, unit) => h.reduce((sum, value, from) => sum + value * U[from][unit], 0);

  // One time step of one unit: from the input x, the state before and the weights of each gate.
  const steps = {
    SimpleRNN: ({ g }, x, { h }, unit) => ({
      h: Math.tanh(x * g.W[unit] + inner(h, g.U, unit) + g.b[unit]),
    }),
    GRU: (gates, x, { h }, unit) => {
      const of = ({ W, U, b, b_h }) => [
        x * W[unit] + b[unit],
        inner(h, U, unit) + b_h[unit],
      ];
      const [z, r] = [gates.z, gates.r].map((gate) => {
        const [fromInput, fromState] = of(gate);
        return sigmoid(fromInput + fromState);
      });
      const [fromInput, fromState] = of(gates.g);
      const g = Math.tanh(fromInput + r * fromState);
      return { z, r, g, h: z * h[unit] + (1 - z) * g };
    },
    LSTM: (gates, x, { h, c }, unit) => {
      const of = ({ W, U, b }) => x * W[unit] + inner(h, U, unit) + b[unit];
      const [i, f, o] = [gates.i, gates.f, gates.o].map((gate) => sigmoid(of(gate)));
      const g = Math.tanh(of(gates.g));
      const cell = f * c[unit] + i * g;
      return { i, f, g, o, c: cell, h: o * Math.tanh(cell) };
    },
  };

  // Return one record for each time step, in the order of processing. A masked step keeps the
  // state; its output is the previous one, or zero if `zero` is true.
  const run = (kind, weights, x, { mask = x.map(() => true), backwards = false, zero = false }) => {
    const units = Object.values(weights)[0].W.map((_, unit) => unit);
    const none = units.map(() => 0);
    let [state, output] = [{ h: none, c: none }, none];
    const order = x.map((_, at) => at);
    return (backwards ? order.reverse() : order).map((at) => {
      const before = state;
      let gates = null;
      if (mask[at]) {
        gates = units.map((unit) => steps[kind](weights, x[at], before, unit));
        state = { h: gates.map(({ h }) => h), c: gates.map(({ c = 0 }) => c) };
        output = state.h;
      } else if (zero) {
        output = none;
      }
      return { at, x: x[at], before, gates, ...state, output };
    });
  };

  // The merge modes of Bidirectional.
  const merge = {
    sum: (forward, backward) => forward + backward,
    ave: (forward, backward) => (forward + backward) / 2,
    mul: (forward, backward) => forward * backward,
  };

  // The first `units` of the weights that there are.
  const first = (units, gates) => {
    const cut = (values) =>
      values.slice(0, units).map((value) => (Array.isArray(value) ? cut(value) : value));
    return Object.fromEntries(
      Object.entries(gates).map(([gate, arrays]) => [
        gate,
        Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, cut(values)])),
      ]),
    );
  };

  return { run, merge, first };
})();
