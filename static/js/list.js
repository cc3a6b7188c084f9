// What a refresh of the list brings that stands outside of what it replaces, and the checking of rows: how many are, all
// of a page, none. The page is complete without it.
(() => {
  "use strict";

  // How many analyses show each status, in the drop-down: its words only, so that it stays open, chosen and focused.
  function showCounts() {
    const counted = document.querySelector("[data-status-options]")?.dataset.statusOptions;
    for (const [value, words] of Object.entries(JSON.parse(counted ?? "{}"))) {
      const option = document.querySelector(`select[name='status'] option[value='${CSS.escape(value)}']`);
      if (option && option.text !== words) option.text = words;
    }
  }

  document.addEventListener("htmx:afterSettle", showCounts);

  const bulk = document.getElementById("bulk");
  if (!bulk) return;

  const boxes = () => [...document.querySelectorAll("input[name='chosen']")];

  function show() {
    const all = boxes();
    const checked = all.filter((box) => box.checked).length;
    bulk.hidden = !checked;
    bulk.querySelector("[data-bulk-count]").textContent = gettext("%(checked)s of %(all)s checked", {
      checked,
      all: all.length,
    });
    const every = document.querySelector("[data-choose-all]");
    if (!every) return;
    every.checked = Boolean(checked) && checked === all.length;
    every.indeterminate = Boolean(checked) && checked < all.length;
  }

  function check(wanted) {
    for (const box of boxes()) box.checked = wanted;
    show();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-all]")) check(event.target.checked);
    else if (event.target.matches("input[name='chosen']")) show();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose-page]")) check(true);
    if (event.target.closest("[data-choose-none]")) {
      check(false);
      document.querySelector("input[name='chosen']")?.focus();
    }
  });

  // Enter on a checkbox would send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[type='checkbox'][name='chosen']")) event.preventDefault();
  });

  // A menu that has no room below opens upwards.
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.open || !menu.matches("tr details.menu")) return;
      menu.classList.remove("menu--up");
      const panel = menu.querySelector(".menu__panel").getBoundingClientRect();
      const top = menu.getBoundingClientRect().top;
      menu.classList.toggle("menu--up", panel.bottom > window.innerHeight && top > panel.height);
    },
    true,
  );

  document.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pageshow", show); // going back brings the checks back
  show();
})();
