// Times of lists as people say them: "12 minutes ago", "in 3 hours". The exact one, which the server wrote, is in the title, on paper,
// and wherever this script is not.
(() => {
  "use strict";

  const UNITS = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const MONTH = 30 * 86_400; // beyond that the date says more
  const AGAIN_MS = 30_000;
  const spoken = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const times = () => document.querySelectorAll("[data-relative] time");

  function said(seconds) {
    for (const [unit, length] of UNITS) {
      if (Math.abs(seconds) >= length) return spoken.format(Math.trunc(seconds / length), unit);
    }
    return spoken.format(0, "second");
  }

  function show() {
    for (const time of times()) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      if (Math.abs(seconds) >= MONTH) continue;
      time.dataset.exact ??= time.textContent;
      // What ends is said exactly, whatever is said beside it.
      const isBeside = time.closest("[data-relative]").dataset.relative === "beside";
      time.replaceChildren(said(seconds), ...(isBeside ? [part("dot", " · "), part("exact", time.dataset.exact)] : []));
    }
  }

  function part(name, words) {
    const span = document.createElement("span");
    span.className = `time__${name}`;
    span.textContent = words;
    return span;
  }

  function showExact() {
    for (const time of times()) {
      time.textContent = time.dataset.exact ?? time.textContent;
      delete time.dataset.exact;
    }
  }

  show();
  setInterval(show, AGAIN_MS);
  document.addEventListener("htmx:afterSwap", show); // before anybody sees what the server wrote
  addEventListener("beforeprint", showExact);
  addEventListener("afterprint", show);
})();
