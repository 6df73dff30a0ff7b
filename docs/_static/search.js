// The search page: asks for what stands in its address or its field, and shows what was found.
"use strict";

(() => {
  // How long a piece of a section is shown, and what of it comes before the word that was found.
  const PIECE = 180, BEFORE = 30;
  // So many words are marked on the page that is opened; all words of a message would be too many.
  const MARKED = 5;

  const { content_root: root } = document.documentElement.dataset;
  const form = document.querySelector(".bd-search-container form");
  const list = document.querySelector("#search-results ol");
  const summary = document.querySelector(".search-summary");
  const advice = document.getElementById("search-advice");
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  // The texts are heavy, and come when there is something to look for.
  let loading;
  const ranking = () =>
    (loading ??= new Promise((done) => {
      const texts = document.head.appendChild(document.createElement("script"));
      texts.addEventListener("load", () => done(Ranking(SEARCHED)));
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

  const result = ({ address, title, page, text }, matches, weights, marked) => {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = root + address;
    link.textContent = title;
    // Sphinx's script marks these words there, and takes them out of the address again. It looks into
    // the browser's storage as well, but the page may open before what is put there has arrived.
    link.addEventListener("click", () => {
      link.search = new URLSearchParams({ highlight: marked });
    });
    if (page) item.appendChild(document.createElement("span")).textContent = page;
    item.append(piece(text, matches(text, weights), weights));
    return item;
  };

  const show = async (query) => {
    form.elements.q.value = query;
    list.replaceChildren();
    summary.textContent = "";
    advice.hidden = query !== "";
    if (!query) return;
    const { weighed, found, matches } = await ranking();
    const weights = weighed(query);
    const worth = ({ terms }) => Math.max(...terms.map((term) => weights.get(term)));
    const marked = matches(query, weights)
      .sort((one, other) => worth(other) - worth(one))
      .slice(0, MARKED)
      .map(({ run }) => run.toLowerCase())
      .join(" ");
    const results = found(query, weights);
    list.append(...results.map((one) => result(one, matches, weights, marked)));
    const said = summary.dataset[results.length ? "found" : "none"];
    summary.textContent = said.replace("{number}", results.length);
    advice.hidden = results.length > 0;
  };

  const asked = () => show(new URLSearchParams(location.search).get("q")?.trim() ?? "");
  form.addEventListener("submit", (event) => {
    // Where a browser refuses this, as it may for a file, it sends the form.
    history.pushState(null, "", `?${new URLSearchParams(new FormData(form))}`);
    event.preventDefault();
    asked();
  });
  window.addEventListener("popstate", asked);
  if (!location.search) form.elements.q.focus();
  asked();
})();
