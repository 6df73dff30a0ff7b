// Lets a reader select a version and backend in each `.pick`, and shows what differs there: of the
// elements with positions in `data-at`, those with the position of the selected option.
// The selection is in the address as `?keras=`, so that it can be linked, and is remembered.
// The address comes before what is remembered, and that before the option that the page selects.
"use strict";

const KEY = "keras";

function remember(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // In private mode, storage can be full or forbidden.
  }
}

function recall() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function writeAddress(name) {
  const address = new URL(location.href);
  address.searchParams.set(KEY, name);
  history.replaceState(history.state, "", address);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".pick")) {
    const select = place.querySelector("select");
    const names = [...select.options].map((option) => option.value);
    const found = [...place.querySelectorAll("[data-at]")];
    const where = found.map((one) => new Set(one.dataset.at.split(" ").map(Number)));
    const show = () => {
      found.forEach((one, index) => {
        one.hidden = !where[index].has(select.selectedIndex);
      });
      const label = select.selectedOptions[0].textContent;
      for (const one of place.querySelectorAll(".picked")) one.textContent = label;
      const rows = place.querySelectorAll("tr[data-at]:not([hidden])");
      place.querySelector("output").textContent = rows.length;
    };

    const wanted = [new URLSearchParams(location.search).get(KEY), recall()];
    // A browser may restore the selection of an earlier visit, so it is always set.
    select.value =
      wanted.find((name) => names.includes(name)) ??
      [...select.options].find((option) => option.defaultSelected).value;
    select.addEventListener("change", () => {
      show();
      remember(select.value);
      writeAddress(select.value);
    });
    place.querySelector(".picker").hidden = false;
    show();
  }
});
