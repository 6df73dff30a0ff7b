// Lets a reader pick one Keras for the table behind each `.pick`: of every behaviour only what was
// found there is left. The words of the page are the page's own.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".pick")) {
    const select = place.querySelector("select");
    const found = [...place.nextElementSibling.querySelectorAll("[data-at]")];
    const where = found.map((one) => new Set(one.dataset.at.split(" ").map(Number)));
    const pick = () => {
      found.forEach((one, index) => {
        one.hidden = !where[index].has(select.selectedIndex);
      });
      document.dispatchEvent(new Event("picked"));
    };
    select.addEventListener("change", pick);
    place.hidden = false;
    pick();
  }
});
