// Lets a reader narrow what follows each `.filter`: the rows of a table, or the messages of a list.
// A row stays if it has all the words typed. A message also stays if it is in what was pasted; if
// there is none, those stay that have most words in common with it.
// A table can have menus before it, each for one of its columns: a row stays if its cell begins with
// the entry that is selected; the first entry is for any row. Such a table shows its first rows only,
// until a reader filters them or selects the button after it.
// The words of the page are the page's own: the label is the text of the `.filter`, and its field
// takes over the name that the page gave it, for a label needs one.
"use strict";

const LEFT_OUT = "…"; // A message has this for what differs from program to program.

const splitWords = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// Quotes and blanks differ between versions and terminals.
const simplify = (text) =>
  text.toLowerCase().replace(/[`'"‘’“”]/g, "").replace(/\s+/g, " ").trim();

function isIn(typed, message) {
  let place = 0;
  for (const part of message.split(LEFT_OUT).map(simplify).filter(Boolean)) {
    const found = typed.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return place > 0;
}

// Numbers and short words are in every message.
const listLongWords = (text) => new Set(simplify(text).match(/[\p{L}_][\p{L}\p{N}_]{3,}/gu) ?? []);

function findMostAlike(typed, texts) {
  const words = listLongWords(typed);
  const shared = texts.map((text) => [...listLongWords(text)].filter((word) => words.has(word)).length);
  const most = Math.max(...shared);
  return shared.map((count) => most > 1 && count === most); // One word in common is an accident.
}

function chooseRows(typed, texts) {
  const words = splitWords(typed);
  return texts.map((text) => words.every((word) => text.toLowerCase().includes(word)));
}

function chooseMessages(typed, texts) {
  const pasted = simplify(typed);
  const withAll = chooseRows(typed, texts);
  const chosen = texts.map((text, index) => withAll[index] || isIn(pasted, text));
  return chosen.includes(true) ? chosen : findMostAlike(typed, texts);
}

function isSelected(row, menu) {
  const text = row.cells[menu.dataset.column].textContent;
  return !menu.selectedIndex || text.startsWith(menu.selectedOptions[0].textContent);
}

function readVisible(element) {
  const seen = element.cloneNode(true);
  seen.querySelectorAll("[hidden]").forEach((one) => one.remove());
  return seen.textContent;
}

// The messages are the headings of the pages that a list of pages has below its first level.
function findItems(place) {
  const found = [...document.querySelectorAll("table.rnn-table, .toctree-wrapper")].find(
    (one) => place.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  if (!found) return null;
  const table = found.matches("table");
  const before = found.previousElementSibling;
  const menus = table && before?.matches(".menus") ? before : null;
  return {
    menus: menus ? [...menus.querySelectorAll("select")] : [],
    firstRows: Number(menus?.dataset.firstRows ?? Infinity),
    button: menus && found.nextElementSibling,
    choose: table ? chooseRows : chooseMessages,
    items: table ? [...found.tBodies[0].rows] : [...found.querySelectorAll("li.toctree-l2")],
    groups: table ? [] : [...found.querySelectorAll("li.toctree-l1")],
  };
}

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".filter")) {
    const found = findItems(place);
    if (!found) continue;
    const { choose, items, groups, menus, firstRows, button } = found;
    let all = false;

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

    const narrow = () => {
      const first = !all && !input.value.trim() && menus.every((menu) => !menu.selectedIndex);
      const chosen = choose(input.value, items.map(readVisible)).map(
        (is, index) =>
          is && (!first || index < firstRows) && menus.every((menu) => isSelected(items[index], menu)),
      );
      if (button) button.hidden = !first || firstRows >= items.length;
      items.forEach((item, index) => (item.hidden = !chosen[index]));
      for (const group of groups) group.hidden = !group.querySelector("li:not([hidden])");
      count.textContent = `${chosen.filter(Boolean).length} / ${items.length}`;
    };
    input.addEventListener("input", narrow);
    for (const menu of menus) menu.addEventListener("change", narrow);
    button?.addEventListener("click", () => {
      all = true;
      narrow();
      input.focus({ preventScroll: true });
    });
    narrow();
  }
});
