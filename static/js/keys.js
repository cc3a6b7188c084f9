// Single keys: to find, to walk the rows of a list, to look the keys up. Everybody can switch them off for themselves
// (WCAG 2.1.4); they fire nowhere where somebody types, and change no analysis.
(() => {
  "use strict";

  const dialog = document.getElementById("keys");
  const on = document.body.dataset.keys !== "off";
  const SEQUENCE_MS = 1500; // from g to the letter after it

  const rows = () => [...document.querySelectorAll("[data-row]")];

  function move(step) {
    const all = rows();
    if (!all.length) return false;
    const within = document.activeElement.closest("tr");
    const at = within ? all.findIndex((link) => within.contains(link)) : -1;
    const next = at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
    all[next].focus();
    all[next].closest("tr").scrollIntoView({ block: "nearest" });
    return true;
  }

  function find() {
    const search = document.querySelector("[data-search]");
    if (!search) return false;
    search.focus();
    search.select();
    return true;
  }

  function check() {
    const box = document.activeElement.closest("tr")?.querySelector("input[name='chosen'], input[name='finding']");
    if (!box) return false;
    box.click();
    return true;
  }

  function pause() {
    const button = document.querySelector("[data-live-pause]:not([hidden])");
    button?.click();
    return Boolean(button);
  }

  function markSeen() {
    const button = document.querySelector("[data-mark-seen]");
    button?.click();
    return Boolean(button);
  }

  function refresh() {
    document.dispatchEvent(new Event("vedette:refresh"));
    return true;
  }

  let goes = 0; // until when a letter says where to

  function beginToGo() {
    goes = Date.now() + SEQUENCE_MS;
    return true;
  }

  function go(letter) {
    const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
    link?.click();
    return Boolean(link);
  }

  function openDialog() {
    if (!dialog) return false;
    dialog.showModal();
    dialog.querySelector("[data-keys-close]").focus(); // so that one more key changes nothing
    return true;
  }

  const KEYS = {
    "/": find,
    j: () => move(1),
    k: () => move(-1),
    x: check,
    m: markSeen,
    r: refresh,
    p: pause,
    g: beginToGo,
    "?": openDialog,
  };

  function press(key) {
    if (Date.now() < goes) {
      goes = 0;
      return go(key);
    }
    return Object.hasOwn(KEYS, key) && KEYS[key]();
  }

  function isTyping(element) {
    return element.matches("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
    // Arrows are no single-character keys: they walk the rows where the focus is on one, and scroll elsewhere.
    if (event.target.matches("[data-row]") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
      return;
    }
    if (on && press(event.key)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-open]") && openDialog()) event.preventDefault();
    if (event.target.closest("[data-keys-close]")) dialog.close();
  });
})();
