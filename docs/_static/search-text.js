// Splits texts and queries into terms, and adds the other words of the field to a query.
"use strict";

const SearchText = (() => {
  const RUN = /[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu;
  const HAN = /^[\u3400-\u9fff]/u;
  const NUMBER = /^\p{N}+$/u;
  const PLURAL = /(\p{Lu}{2})s$/u;
  const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu;

  // One term for mask, masks, masked and masking.
  const stem = (word) => {
    const one = word.length > 3 ? word.replace(/([^s])s$/u, "$1") : word;
    return one.length > 4 ? one.replace(/(?:ing|ed|e)$/u, "") : one;
  };

  // The terms of a run of letters: a name, and its parts. Chinese writes no spaces between words:
  // the terms are every two characters side by side, and each character.
  const termsOf = (run) => {
    if (HAN.test(run)) {
      const parts = [...run];
      const whole = parts.slice(1).map((character, before) => parts[before] + character);
      return { whole, parts };
    }
    const one = run.replace(PLURAL, "$1"); // LSTM for LSTMs.
    const whole = stem(one.toLowerCase());
    const parts = (one.match(PART) ?? []).map((part) => stem(part.toLowerCase()));
    return { whole: [whole], parts: parts.filter((part) => part.length > 1 && part !== whole) };
  };

  // A text as its runs of letters, each with its place and its terms.
  const read = (text) =>
    [...text.matchAll(RUN)].map(({ 0: run, index: from }) => {
      const { whole, parts } = termsOf(run);
      return { run, from, to: from + run.length, whole, parts, terms: [...whole, ...parts] };
    });

  return { HAN, NUMBER, read };
})();
