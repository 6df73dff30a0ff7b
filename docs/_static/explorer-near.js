// Load the Explorer's scripts, in their order, when it is within a screen of the visible part: most
// readers of the first page do not scroll down to it.
"use strict";

(() => {
  const { scripts } = document.currentScript.dataset;
  const near = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      for (const src of scripts.split(" ")) {
        document.body.append(Object.assign(document.createElement("script"), { src, async: false }));
      }
    },
    { rootMargin: "100%" },
  );
  near.observe(document.querySelector("rnn-explorer"));
})();
