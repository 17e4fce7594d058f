// The book's pages beyond the theme. Nothing here asks another host for anything.
(function () {
  // A link into something folded opens it first.
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let opened = false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      opened = opened || !fold.open;
      fold.open = true;
    }
    if (opened) target.scrollIntoView();
  }

  // What is wider than the page scrolls by itself; the keyboard has to reach it.
  function reachScrollers() {
    for (const formula of document.querySelectorAll(".bd-article mjx-container:not([display])")) {
      const holder = formula.closest("p, li, dd, td, th, figcaption, summary, .gan-claim");
      formula.classList.toggle("gan-wide", Boolean(holder) && formula.firstElementChild.getBoundingClientRect().width > holder.clientWidth);
    }
    const wide = "pre, div.math, mjx-container, .gan-scroll, .pst-scrollable-table-container, .cell_output .output";
    for (const part of document.querySelectorAll(wide)) {
      if (!part.closest(".bd-article")) continue;
      if (part.scrollWidth > part.clientWidth + 1) part.tabIndex = 0;
      else if (part.getAttribute("tabindex") === "0") part.removeAttribute("tabindex");
    }
  }

  function wrapTables() {
    for (const table of document.querySelectorAll(".bd-article table")) {
      if (table.closest(".pst-scrollable-table-container")) continue;
      const around = document.createElement("div");
      around.className = "gan-scroll";
      table.replaceWith(around);
      around.append(table);
    }
  }

  // What is folded on the screen is open on paper.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const fold of closed) fold.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const fold of closed) fold.open = false;
  });

  // From a file, pages cannot be fetched for search summaries; the list of hits works without.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  document.addEventListener("DOMContentLoaded", () => {
    wrapTables();
    reveal();
    reachScrollers();
  });
  document.addEventListener("toggle", reachScrollers, true);
  window.addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reachScrollers));
  window.addEventListener("resize", reachScrollers);
  window.addEventListener("hashchange", reveal);
})();
