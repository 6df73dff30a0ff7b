// Ranks the sections of the site for a query, after BM25. Any word of the query may be missing from
// a section: a pasted message has the name and the shapes of the reader's own layer.
"use strict";

const Ranking = (() => {
  const { HAN, NUMBER, read } = SearchText;
  // How much a word counts by where it stands, and how much less it counts there among many.
  // `called` has the texts of the links to a section, `asked` questions that it answers.
  const FIELDS = {
    title: [8, 0.7], called: [3.7, 0.3], asked: [9, 0.3], page: [1, 0], text: [0.7, 0.6],
  };
  // How late a word that is repeated counts for no more.
  const REPEATED = 16;
  // What a part of a name counts where the whole name is known: `return` of `return_state`.
  const PART_OF_NAME = 0.2;
  // What a number counts: it is mostly the size of the reader's own layer.
  const OF_NUMBER = 0.4;
  // What another word for a word of the query counts.
  const SYNONYM = 0.3, LEAST_SYNONYM = 2;
  // How much the sections of a page count for the page itself, by their mean: it is about them.
  const OF_SECTIONS = 0.9;
  // How much more a section counts that has the query word by word, and how many are compared.
  const IN_ORDER = 3, CANDIDATES = 40, ORDERED = ["title", "asked", "text"];
  // So many sections of a page are shown as one result.
  const SECTIONS_A_PAGE = 3;
  // The pages of messages, and how many results are offered where nothing answers.
  const MESSAGES = "docs/errors/", CLOSEST = 5;
  // A section is left out that covers less of the query than this part of what the best one covers.
  const LEAST_PART = 0.2;
  // What two characters count that no section has side by side: it has each of them in other words.
  const UNKNOWN_PAIR = 0.25;
  // What the best section must score for each unit of the query's weight to answer it. If none does,
  // so many results are shown before the questions and messages that are closest.
  const ANSWERED = 2, BEST_GUESSES = 3;

  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  // Takes the pages and the words as the build wrote them; returns what ranks sections.
  return (pages, { common, synonyms }) => {
    const sections = Object.entries(pages).flatMap(([address, { weight, parts }]) => {
      const all = parts.map(([anchor, title, called, asked, text]) => ({
        address: address + (anchor && `#${anchor}`),
        page: anchor ? parts[0][1] : "",
        title,
        called,
        asked,
        text,
        weight,
        inside: [],
        words: {},
      }));
      all[0].inside = all.slice(1);
      return all;
    });

    // Words as numbers, which are fast to compare.
    const numbers = new Map();
    const numberOf = (word) => {
      if (!numbers.has(word)) numbers.set(word, numbers.size);
      return numbers.get(word);
    };
    // How many of the pairs of words of a query a text has, as a part of all.
    const inOrder = (pairs, words) => {
      const there = new Set();
      for (let at = 1; at < words.length; at += 1) {
        if (pairs.get(words[at - 1])?.has(words[at])) there.add(words[at - 1] * numbers.size + words[at]);
      }
      return there.size / (sum([...pairs.values()].map((seconds) => seconds.size)) || 1);
    };

    // For each term the sections that have it, with how much.
    const index = new Map();
    for (const [field, [weight, long]] of Object.entries(FIELDS)) {
      const terms = sections.map((section) => {
        const runs = read(section[field]);
        section.words[field] = runs.flatMap(({ whole }) => whole.map(numberOf));
        return runs.flatMap((run) => run.terms);
      });
      const filled = terms.filter((all) => all.length).length;
      const average = sum(terms.map((all) => all.length)) / filled;
      sections.forEach((section, number) => {
        const each = weight / (1 - long + (long * terms[number].length) / average);
        for (const term of terms[number]) {
          if (!index.has(term)) index.set(term, new Map());
          index.get(term).set(section, (index.get(term).get(section) ?? 0) + each);
        }
      });
    }
    const rarity = (having) =>
      Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));

    const COMMON = new Set(common.filter((word) => !HAN.test(word)));
    const COMMON_HAN = common.filter((word) => HAN.test(word)).sort((a, b) => b.length - a.length);
    const spaced = (text) => ` ${read(text).map(({ run }) => run.toLowerCase()).join(" ")} `;
    const groups = synonyms.map((group) =>
      group.map((words) => ({
        words,
        // Chinese has no blanks between words, and code is more than its words.
        asWritten: HAN.test(words) || !/^[\p{L}\p{N}]/u.test(words),
        whole: spaced(words),
        terms: read(words).flatMap(({ whole }) => whole),
      })),
    );
    const plain = (query) => {
      let text = query;
      for (const word of COMMON_HAN) text = text.replaceAll(word, " ");
      return text;
    };

    // The terms of a query that any section has, each with how much it counts: the rarer the more.
    // `others` has what can stand for some of the terms, `unknown` is the weight of the rest.
    const weighed = (query) => {
      const weights = new Map();
      const unknown = new Map();
      const add = (term, weight) => {
        const having = index.get(term)?.size ?? 0;
        const value = weight * rarity(having);
        if (having) weights.set(term, Math.max(weights.get(term) ?? 0, value));
        return having > 0;
      };
      const all = read(plain(query));
      const runs = all.length ? all : read(query);
      const telling = runs.filter(({ run }) => !COMMON.has(run.toLowerCase()));
      for (const { run, whole, parts } of telling.length ? telling : runs) {
        const weight = NUMBER.test(run) ? OF_NUMBER : 1;
        const known = whole.map((term) => add(term, weight)).includes(true);
        if (known && HAN.test(run)) continue;
        const found = parts.map((part) => add(part, known ? PART_OF_NAME : 1));
        if (HAN.test(run)) unknown.set(run, UNKNOWN_PAIR * whole.length * rarity(0));
        if (!known && !found.includes(true)) unknown.set(whole[0], weight * rarity(0));
      }
      const text = spaced(query);
      weights.others = groups.flatMap((group) => {
        const given = group.filter(({ words, asWritten, whole }) =>
          asWritten ? query.includes(words) : text.includes(whole),
        );
        if (!given.length) return [];
        const terms = new Set(given.flatMap((one) => one.terms));
        const weight = sum([...terms].map((term) => weights.get(term) ?? 0));
        for (const term of terms) unknown.delete(term);
        const others = group.filter((one) => !given.includes(one) && one.terms.length);
        return [{ terms, others, weight: Math.max(weight, LEAST_SYNONYM) }];
      });
      weights.unknown = sum([...unknown.values()]);
      return weights;
    };

    // How much a section has of a term: a word that is repeated counts less each time.
    const has = (section, term) => {
      const count = index.get(term)?.get(section) ?? 0;
      return (count * (REPEATED + 1)) / (count + REPEATED);
    };

    // Each word of a query, as a number, with those that follow it.
    const pairsOf = (query) => {
      const words = read(query).flatMap(({ whole }) => whole.map(numberOf));
      const pairs = new Map();
      for (let at = 1; at < words.length; at += 1) {
        if (!pairs.has(words[at - 1])) pairs.set(words[at - 1], new Set());
        pairs.get(words[at - 1]).add(words[at]);
      }
      return pairs;
    };

    // The score of each section that has a term, and the part of the query that it covers.
    const scored = (weights) => {
      const all = sum([...weights.values()]) || 1;
      const scores = new Map();
      const add = (section, score, covered) => {
        const [before, part] = scores.get(section) ?? [0, 0];
        scores.set(section, [before + score, part + covered / all]);
      };
      for (const [term, weight] of weights) {
        for (const section of index.get(term).keys()) {
          add(section, weight * has(section, term), weight);
        }
      }
      for (const { terms, others, weight } of weights.others) {
        const given = [...terms].filter((term) => weights.has(term));
        const candidates = new Set(others.flatMap((one) => [...(index.get(one.terms[0])?.keys() ?? [])]));
        for (const section of candidates) {
          const there = given.filter((term) => index.get(term).has(section));
          const own = sum(there.map((term) => weights.get(term) * has(section, term)));
          const best = Math.max(
            ...others.map((one) => {
              const parts = one.terms.map((term) => has(section, term));
              return parts.includes(0) ? 0 : sum(parts) / parts.length;
            }),
          );
          const more = SYNONYM * weight * best - own;
          const covered = sum(there.map((term) => weights.get(term)));
          if (more > 0) add(section, more, Math.max(0, SYNONYM * weight - covered));
        }
      }
      return scores;
    };

    // The sections that fit best come first; of one page come not too many.
    const found = (query, weights) => {
      const all = sum([...weights.values()]);
      const scores = scored(weights);
      const known = all / (all + weights.unknown);
      const most = Math.max(...[...scores.values()].map(([, covered]) => covered));
      const score = (section) => {
        const [sum, covered] = scores.get(section) ?? [0, 0];
        return sum * covered * section.weight;
      };
      const ofSections = ({ inside }) =>
        (OF_SECTIONS * sum(inside.map(score))) / (inside.length || 1);
      const ranked = [...scores]
        .filter(([, [, covered]]) => covered >= most * LEAST_PART)
        .map(([section]) => [section, score(section) + ofSections(section)])
        .sort(([, one], [, other]) => other - one);
      const pairs = pairsOf(query);
      let answered = false;
      const best = ranked.slice(0, CANDIDATES).map(([section, score]) => {
        const parts = ORDERED.map((field) => inOrder(pairs, section.words[field]));
        // It has the whole query, word by word.
        answered ||= known * scores.get(section)[1] > 0.99 && (!pairs.size || parts.includes(1));
        return [section, score * (1 + IN_ORDER * sum(parts))];
      });
      best.sort(([, one], [, other]) => other - one);
      // A result is a page: its best sections.
      const pages = new Map();
      for (const [section] of [...best, ...ranked.slice(CANDIDATES)]) {
        const page = section.address.split("#")[0];
        pages.set(page, [...(pages.get(page) ?? []), section]);
      }
      const results = [...pages.values()].map((all) => all.slice(0, SECTIONS_A_PAGE));
      answered ||= best.length > 0 && (best[0][1] / all) * known >= ANSWERED;
      if (answered) return { results, answered };
      const helpful = results
        .slice(BEST_GUESSES, CLOSEST)
        .flat()
        .filter(({ address, asked }) => asked || address.startsWith(MESSAGES));
      const closest = helpful.map((section) => [section]);
      return { results: [...results.slice(0, BEST_GUESSES), ...closest], answered };
    };

    // The words of a text that a query has. What was read is kept for the next key.
    const kept = new Map();
    const matches = (text, weights) => {
      if (!kept.has(text)) kept.set(text, read(text));
      return kept.get(text).flatMap((run) => {
        const terms = run.terms.filter((term) => weights.has(term));
        return terms.length ? [{ ...run, terms }] : [];
      });
    };

    return { weighed, found, matches };
  };
})();
