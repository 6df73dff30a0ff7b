// Light or dark before the page is painted: the choice of the reader, or else of the system.
(() => {
  const { dataset } = document.documentElement;
  const chosen = localStorage.getItem("mode");
  dataset.mode = ["light", "dark"].includes(chosen) ? chosen : "auto";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = dataset.mode === "auto" ? system : dataset.mode;
})();
