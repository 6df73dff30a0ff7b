// What the theme's buttons need besides its own script: it leaves this to Bootstrap's, which alone
// weighs more than a page of ours with all its files, and to code in attributes, which the policy of
// the pages refuses.
"use strict";

(() => {
  const all = (selector) => document.querySelectorAll(selector);

  // A menu opens and closes by its button; it closes by Escape, by a choice and by a look elsewhere.
  for (const button of all("[data-bs-toggle='dropdown']")) {
    const menu = button.parentElement.querySelector(".dropdown-menu");
    const choices = () => [...menu.querySelectorAll("a, button")];
    const show = (open) => {
      menu.classList.toggle("show", open);
      button.setAttribute("aria-expanded", String(open));
    };
    menu.dataset.bsPopper = "static"; // Placed by the style.
    show(false);
    button.addEventListener("click", () => show(!menu.classList.contains("show")));
    menu.addEventListener("click", () => {
      show(false);
      button.focus();
    });
    button.parentElement.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !button.parentElement.contains(relatedTarget)) show(false);
    });
    document.addEventListener("click", ({ target }) => {
      if (!button.parentElement.contains(target)) show(false);
    });
    button.parentElement.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.classList.contains("show")) {
        show(false);
        button.focus();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      show(true);
      const at = choices().indexOf(document.activeElement);
      choices().at(at < 0 && step < 0 ? -1 : (at + step) % choices().length).focus();
    });
  }

  // The theme lets go of a button that was pressed, and who uses the keyboard would lose their place.
  for (const button of all(".theme-switch-button, .search-button, .sidebar-toggle")) {
    button.blur = () => {};
  }

  for (const button of all(".btn-fullscreen-button")) {
    button.addEventListener("click", () => window.toggleFullScreen());
  }

  // Shown on the way up, for a reader who goes back.
  const toTop = document.getElementById("pst-back-to-top");
  let before = 0;
  window.addEventListener("scroll", () => {
    const up = scrollY < before && scrollY > innerHeight;
    toTop.style.display = up ? "block" : "none";
    before = scrollY;
  });
  toTop.addEventListener("click", () => window.scrollTo(0, 0));

  // An address within what is folded unfolds it. Not all browsers do this by themselves.
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = [];
    for (let at = target?.closest("details"); at; at = at.parentElement.closest("details")) {
      if (!at.open) folded.push(at);
    }
    for (const each of folded) each.open = true;
    if (folded.length) target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  // The link that ends the marking of what was searched for has its code in its address.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".highlight-link a")) {
      event.preventDefault();
      SphinxHighlight.hideSearchWords();
    }
  });
})();
