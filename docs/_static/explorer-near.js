// Asks for the Explorer's scripts, in their order, when it is within a screen of what is seen: most
// who open the first page read what stands above it.
"use strict";

(() => {
  const { scripts } = document.currentScript.dataset;
  const near = new IntersectionObserver(
    (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      near.disconnect();
      for (const src of scripts.split(" ")) {
        document.body.append(Object.assign(document.createElement("script"), { src, async: false }));
      }
    },
    { rootMargin: "100%" },
  );
  near.observe(document.querySelector("rnn-explorer"));
})();
