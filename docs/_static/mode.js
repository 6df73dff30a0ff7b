// Light or dark before the page is painted: what a reader chose, or what the system says.
// The theme knows this too, but late, and it complains of a reader who chose nothing.
"use strict";

(() => {
  const { dataset } = document.documentElement;
  const chosen = localStorage.getItem("mode");
  dataset.mode = ["light", "dark"].includes(chosen) ? chosen : "auto";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = dataset.mode === "auto" ? system : dataset.mode;
})();
