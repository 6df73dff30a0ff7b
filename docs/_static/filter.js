// Lets a reader narrow the table below each `.filter` to the rows that hold all the words typed.
// The words of the page are the page's own: the label is the text of the `.filter`, and its field
// takes over the name that the page gave it, for a label needs one.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".filter")) {
    const tables = [...document.querySelectorAll("table.rnn-table")];
    const table = tables.find(
      (one) => place.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    if (!table) continue;

    const input = document.createElement("input");
    input.type = "search";
    input.id = place.id;
    place.removeAttribute("id");
    const label = document.createElement("label");
    label.htmlFor = input.id;
    label.textContent = place.textContent.trim();
    const count = document.createElement("output");
    count.htmlFor = input.id;
    place.replaceChildren(label, input, count);

    const rows = [...table.tBodies[0].rows];
    const narrow = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const seen = row.cloneNode(true);
        seen.querySelectorAll("[hidden]").forEach((one) => one.remove());
        const text = seen.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        left += row.hidden ? 0 : 1;
      }
      count.textContent = `${left} / ${rows.length}`;
    };
    input.addEventListener("input", narrow);
    document.addEventListener("picked", narrow); // See pick.js.
    narrow();
  }
});
