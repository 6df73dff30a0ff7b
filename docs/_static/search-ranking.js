// Ranks the sections of the site for a query, after BM25. Any word of the query may be missing from
// a section: who pastes a message brings the name and the shapes of a layer of theirs.
"use strict";

const Ranking = (() => {
  // How much a word counts by where it stands, and how much less it counts there among many.
  // `called` has the words by which other pages link to a section.
  const FIELDS = { title: [8, 0.5], called: [3, 0.5], page: [1, 0], text: [1, 0.6] };
  // How late a word that is repeated counts for no more.
  const REPEATED = 3;
  // What a part of a name counts where the whole name is known: `return` of `return_state`.
  const PART_OF_NAME = 0.3;
  // What a number counts: it is mostly the reader's own, such as the size of a layer of theirs.
  const OF_NUMBER = 0.3;
  // What a page counts that lists what other pages explain.
  const LISTED = 0.7;
  // How much the sections of a page count for the page itself, by their mean: it is about them.
  const OF_SECTIONS = 0.4;
  // How much more a section counts that has the query word by word, and how many are looked at.
  const IN_ORDER = 2, CANDIDATES = 40;
  const SECTIONS_A_PAGE = 3;

  const RUN = /[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu;
  const HAN = /^[\u3400-\u9fff]/u;
  // Words that say nothing of what is sought; a query of nothing else is looked for all the same.
  const COMMON = new Set(
    ("a an and are as at be by can do does for from get how i if in is it me my not of on or so "
      + "that the there this to was what when where which who why will with you").split(" "),
  );
  const NUMBER = /^\p{N}+$/u;
  const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu;

  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  // One term for mask, masks, masked and masking.
  const stem = (word) => {
    const one = word.length > 3 ? word.replace(/([^s])s$/u, "$1") : word;
    return one.length > 4 ? one.replace(/(?:ing|ed|e)$/u, "") : one;
  };

  // The terms of a run of letters: a name whole, and its parts. Of Chinese, which writes no spaces
  // between words, every two characters side by side, and each.
  const termsOf = (run) => {
    if (HAN.test(run)) {
      const parts = [...run];
      const whole = parts.slice(1).map((character, before) => parts[before] + character);
      return { whole, parts };
    }
    const whole = stem(run.toLowerCase());
    const parts = (run.match(PART) ?? []).map((part) => stem(part.toLowerCase()));
    return { whole: [whole], parts: parts.filter((part) => part.length > 1 && part !== whole) };
  };

  // A text as its runs of letters, each with its place and its terms.
  const read = (text) =>
    [...text.matchAll(RUN)].map(({ 0: run, index: from }) => {
      const { whole, parts } = termsOf(run);
      return { run, from, to: from + run.length, whole, parts, terms: [...whole, ...parts] };
    });

  // The words of a text, each with the one that follows it.
  const pairsOf = (text) => {
    const words = read(text).flatMap(({ whole }) => whole);
    return new Set(words.slice(1).map((word, before) => `${words[before]} ${word}`));
  };

  // Takes the pages as the build wrote them; gives what finds the best sections for a query.
  return (pages) => {
    const sections = Object.entries(pages).flatMap(([address, { listed, parts }]) => {
      const all = parts.map(([anchor, title, called, text]) => ({
        address: address + (anchor && `#${anchor}`),
        page: anchor ? parts[0][1] : "",
        title,
        called,
        text,
        listed,
        inside: [],
      }));
      all[0].inside = all.slice(1);
      return all;
    });

    // For each term the sections that have it, with how much.
    const index = new Map();
    for (const [field, [weight, long]] of Object.entries(FIELDS)) {
      const terms = sections.map((section) => read(section[field]).flatMap((run) => run.terms));
      const average = sum(terms.map((all) => all.length)) / sections.length;
      sections.forEach((section, number) => {
        const each = weight / (1 - long + (long * terms[number].length) / average);
        for (const term of terms[number]) {
          if (!index.has(term)) index.set(term, new Map());
          index.get(term).set(section, (index.get(term).get(section) ?? 0) + each);
        }
      });
    }

    // The terms of a query that any section has, each with how much it counts: the rarer the more.
    const weighed = (query) => {
      const weights = new Map();
      const add = (term, weight) => {
        const having = index.get(term)?.size ?? 0;
        const rare = Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));
        if (having) weights.set(term, Math.max(weights.get(term) ?? 0, weight * rare));
        return having > 0;
      };
      const runs = read(query);
      const telling = runs.filter(({ run }) => !COMMON.has(run.toLowerCase()));
      for (const { run, whole, parts } of telling.length ? telling : runs) {
        const weight = NUMBER.test(run) ? OF_NUMBER : 1;
        const known = whole.map((term) => add(term, weight)).includes(true);
        if (known && HAN.test(run)) continue;
        for (const part of parts) add(part, known ? PART_OF_NAME : 1);
      }
      return weights;
    };

    // The sections that fit best come first; of one page come not too many.
    const found = (query, weights) => {
      const all = sum([...weights.values()]);
      const scores = new Map();
      for (const [term, weight] of weights) {
        for (const [section, count] of index.get(term)) {
          const [score, covered] = scores.get(section) ?? [0, 0];
          const more = (weight * count * (REPEATED + 1)) / (count + REPEATED);
          scores.set(section, [score + more, covered + weight / all]);
        }
      }
      const most = Math.max(...[...scores.values()].map(([, covered]) => covered));
      const score = (section) => {
        const [sum, covered] = scores.get(section) ?? [0, 0];
        return sum * covered * (section.listed ? LISTED : 1);
      };
      const ofSections = ({ inside }) =>
        (OF_SECTIONS * sum(inside.map(score))) / (inside.length || 1);
      const ranked = [...scores]
        .filter(([, [, covered]]) => covered >= most / 2)
        .map(([section]) => [section, score(section) + ofSections(section)])
        .sort(([, one], [, other]) => other - one);
      const pairs = pairsOf(query);
      const best = ranked.slice(0, CANDIDATES).map(([section, score]) => {
        const inOrder = [section.title, section.text].map((text) => {
          const there = pairsOf(text);
          return [...pairs].filter((pair) => there.has(pair)).length / (pairs.size || 1);
        });
        return [section, score * (1 + IN_ORDER * sum(inOrder))];
      });
      best.sort(([, one], [, other]) => other - one);
      const shown = new Map();
      return [...best, ...ranked.slice(CANDIDATES)]
        .map(([section]) => section)
        .filter(({ address }) => {
          const page = address.split("#")[0];
          shown.set(page, (shown.get(page) ?? 0) + 1);
          return shown.get(page) <= SECTIONS_A_PAGE;
        });
    };

    // The words of a text that a query has.
    const matches = (text, weights) =>
      read(text)
        .map(({ terms, ...run }) => ({ ...run, terms: terms.filter((term) => weights.has(term)) }))
        .filter(({ terms }) => terms.length);

    return { weighed, found, matches };
  };
})();
