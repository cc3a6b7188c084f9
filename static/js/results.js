// Selecting findings: one box for all of a page, where scripts run.
(() => {
  "use strict";

  const boxes = () => [...document.querySelectorAll("input[name=finding][type=checkbox]")];

  function showAll() {
    const all = document.querySelector("[data-check-all]");
    if (!all) return;
    all.closest("label").hidden = false;
    const checked = boxes().filter((box) => box.checked).length;
    all.checked = checked > 0 && checked === boxes().length;
    const every = document.querySelector("#bulk [name=every]");
    const faulty = document.getElementById("bulk-problems");
    document.getElementById("bulk").toggleAttribute("data-idle", !checked && !every?.checked && !faulty);
    all.indeterminate = checked > 0 && checked < boxes().length;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-check-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    showAll();
  });
  document.addEventListener("htmx:afterSettle", showAll);
  showAll();
})();
