// Selecting findings: one box for all of a page; and copying what stands on it, where scripts run.
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
  // A link's address, or what an element says. Where the browser gives no access to what is copied it is selected.
  async function copy(button) {
    const from = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(from.href ?? from.textContent);
      document.getElementById("announcements").textContent = gettext("Copied.");
      button.classList.add("is-copied");
      setTimeout(() => button.classList.remove("is-copied"), 1500);
    } catch {
      getSelection().selectAllChildren(from);
      document.getElementById("announcements").textContent = gettext("Selected: copy it with your keyboard.");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("htmx:afterSettle", showAll);
  showAll();
})();
