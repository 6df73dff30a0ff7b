// The search page: asks for what stands in its address or its field, and shows what was found, at
// each key. An address of its own, to which Back returns, is made by Enter.
"use strict";

(() => {
  // How long a piece of a section is shown, and what of it comes before the word that was found.
  const PIECE = 180, BEFORE = 30;
  // So many words are marked on the page that is opened; all words of a message would be too many.
  const MARKED = 5;
  // So many results are shown until a reader asks for more.
  const SHOWN = 10;

  const { content_root: root } = document.documentElement.dataset;
  const form = document.querySelector(".bd-search-container form");
  const list = document.querySelector("#search-results ol");
  const summary = document.querySelector(".search-summary");
  const advice = document.getElementById("search-advice");
  const more = document.querySelector("#search-results button");
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  // The texts are heavy, and come when there is something to look for.
  let loading;
  const ranking = () =>
    (loading ??= new Promise((done) => {
      const texts = document.head.appendChild(document.createElement("script"));
      texts.addEventListener("load", () => done(Ranking(SEARCHED, SEARCH_WORDS)));
      texts.src = `${root}searchindex.js`;
    }));

  // The piece of a text that has most of the query, with its words marked.
  const piece = (text, matches, weights) => {
    const worth = ({ from }) => {
      const inside = matches.filter((one) => one.from >= from && one.to <= from + PIECE - BEFORE);
      const terms = new Set(inside.flatMap((one) => one.terms));
      return sum([...terms].map((term) => weights.get(term)));
    };
    const values = matches.map(worth);
    const best = matches[values.indexOf(Math.max(...values))]?.from ?? 0;
    // Chinese has no blanks to begin at.
    const begin = Math.max(0, best - BEFORE);
    const from = begin && begin + text.slice(begin, best).indexOf(" ") + 1;
    const to = Math.min(from + PIECE, text.length);
    const shown = document.createElement("p");
    let at = from;
    for (const match of matches.filter((one) => one.from >= from && one.to <= to)) {
      const word = document.createElement("span");
      word.className = "highlighted";
      word.textContent = text.slice(match.from, match.to);
      shown.append(text.slice(at, match.from), word);
      at = match.to;
    }
    shown.append(text.slice(at, to), to < text.length ? "…" : "");
    shown.prepend(from ? "…" : "");
    return shown;
  };

  const linkTo = ({ address, title }, marked) => {
    const link = document.createElement("a");
    link.href = root + address;
    link.textContent = title;
    // Sphinx's script marks these words there, and takes them out of the address again. It looks into
    // the browser's storage as well, but the page may open before what is put there has arrived.
    link.addEventListener("click", () => {
      link.search = new URLSearchParams({ highlight: marked });
    });
    return link;
  };

  // The best section of a page with a piece of its text, and links to others of that page.
  const result = ([best, ...others], matches, weights, marked) => {
    const item = document.createElement("li");
    item.append(linkTo(best, marked));
    if (best.page) item.appendChild(document.createElement("span")).textContent = best.page;
    item.append(piece(best.text, matches(best.text, weights), weights));
    if (!others.length) return item;
    const rest = item.appendChild(document.createElement("ul"));
    for (const section of others) {
      rest.appendChild(document.createElement("li")).append(linkTo(section, marked));
    }
    return item;
  };

  const append = (results, matches, weights, marked) => {
    list.append(...results.slice(0, SHOWN).map((one) => result(one, matches, weights, marked)));
    more.hidden = results.length <= SHOWN;
    more.onclick = () => {
      const first = list.children.length;
      append(results.slice(SHOWN), matches, weights, marked);
      list.children[first].querySelector("a").focus();
    };
  };

  let asked;
  const show = async (query) => {
    asked = query;
    const loaded = query && (await ranking());
    if (query !== asked) return; // More was typed meanwhile.
    list.replaceChildren();
    summary.textContent = "";
    advice.hidden = query !== "";
    more.hidden = true;
    if (!query) return;
    const { weighed, found, matches } = loaded;
    const weights = weighed(query);
    const worth = ({ terms }) => Math.max(...terms.map((term) => weights.get(term)));
    const marked = matches(query, weights)
      .sort((one, other) => worth(other) - worth(one))
      .slice(0, MARKED)
      .map(({ run }) => run.toLowerCase())
      .join(" ");
    const { results, answered } = found(query, weights);
    append(results, matches, weights, marked);
    const { found: some, weak, none } = summary.dataset;
    const said = results.length ? (answered ? some : weak) : none;
    summary.textContent = said.replace("{number}", results.length);
    advice.hidden = results.length > 0;
  };

  const ask = () => {
    const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
    form.elements.q.value = query;
    show(query);
  };
  form.addEventListener("submit", (event) => {
    // Where a browser refuses this, as it may for a file, it sends the form.
    history.pushState(null, "", `?${new URLSearchParams(new FormData(form))}`);
    event.preventDefault();
    ask();
  });
  form.elements.q.addEventListener("input", () => show(form.elements.q.value.trim()));
  window.addEventListener("popstate", ask);
  if (!location.search) form.elements.q.focus();
  ask();
})();
