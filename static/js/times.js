// Times of lists as people say them: "12 minutes ago". The exact one, which the server wrote, is in the title, on paper,
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

  function ago(seconds) {
    for (const [unit, length] of UNITS) {
      if (seconds >= length) return spoken.format(-Math.floor(seconds / length), unit);
    }
    return spoken.format(0, "second");
  }

  function show() {
    for (const time of times()) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      if (seconds >= MONTH) continue;
      time.dataset.exact ??= time.textContent;
      time.textContent = ago(seconds);
    }
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
