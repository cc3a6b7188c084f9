// What makes the pages live and quick to use. Every page is complete without it.
(() => {
  "use strict";

  const POLL_MS = 5000;

  // --- The viewer's time zone, for the next page the server writes ---
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000${secure}`;
  }

  // --- Keyboard and menus ---
  function isTyping(element) {
    return element.matches("input, textarea, select, [contenteditable]");
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      const search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // --- Live regions ---
  if (!window.htmx) return;
  htmx.config.timeout = 3 * POLL_MS;

  // What the reader has unfolded stays so, and what they are typing is theirs.
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element.tagName === "DETAILS");

  const note = document.querySelector("[data-live-note]");
  const connection = document.getElementById("connection");
  const announcements = document.getElementById("announcements");
  let paused = false;
  let signedOut = false;
  let updatedAt = new Date();
  let failedSince = null;

  const region = () => document.querySelector("[data-live]");
  const isLive = () => Boolean(region() && region().hasAttribute("hx-get"));
  const isPoll = (event) => event.detail.elt.hasAttribute("data-live");
  const clock = (moment) => moment.toLocaleTimeString("en-GB");

  function showNote() {
    if (!note) return;
    note.hidden = !isLive() && !note.dataset.wasLive;
    if (isLive()) note.dataset.wasLive = "yes";
    const word = paused ? "Paused" : isLive() ? "Live" : "Up to date";
    note.querySelector("[data-live-text]").textContent = `${word} · updated ${clock(updatedAt)}`;
    const button = note.querySelector("[data-live-pause]");
    button.hidden = !isLive();
    button.setAttribute("aria-pressed", String(paused));
    button.querySelector("span").textContent = paused ? "Resume" : "Pause";
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
    document.documentElement.classList.toggle("is-paused", paused || !isLive());
  }

  function pollNow() {
    if (!isLive()) return;
    htmx.ajax("GET", region().getAttribute("hx-get"), {
      source: region(),
      target: region(),
      swap: "morph:outerHTML",
    });
  }

  // One banner, at the top, for what stops the page from being live.
  function showTrouble(text, link) {
    if (connection.dataset.text === text) return;
    connection.dataset.text = text;
    connection.replaceChildren();
    if (!text) return;
    const banner = document.createElement("p");
    banner.className = "banner banner--row banner--amber";
    const words = document.createElement("span");
    words.textContent = text;
    banner.append(words);
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.href;
      anchor.textContent = link.text;
      banner.append(anchor);
    }
    connection.append(banner);
  }

  function showLost() {
    failedSince ??= updatedAt;
    showTrouble(`Connection lost. What you see is from ${clock(failedSince)}; trying again every 5 seconds.`);
  }

  function showRefused(status) {
    if (status === 401) {
      signedOut = true;
      const back = encodeURIComponent(location.pathname + location.search);
      showTrouble("You have been signed out, so this page no longer refreshes.", {
        href: `${document.body.dataset.signIn}?next=${back}`,
        text: "Sign in",
      });
    } else if (status === 403 || status === 404) {
      signedOut = true;
      showTrouble("This page is no longer there for you: it was deleted, or is not shared with you any more.");
    } else {
      showLost();
    }
  }

  function statuses() {
    const found = new Map();
    for (const element of document.querySelectorAll("[data-live] [data-status-of]")) {
      found.set(element.id, [element.dataset.statusOf, element.textContent.trim().replace(/\s+/g, " ")]);
    }
    return found;
  }

  let before = statuses();
  function announceChanges() {
    const now = statuses();
    const changed = [...now].filter(([id, [, text]]) => before.has(id) && before.get(id)[1] !== text);
    before = now;
    if (!changed.length) return;
    announcements.textContent =
      changed.length > 3
        ? `${changed.length} statuses have changed.`
        : changed.map(([, [name, text]]) => `${name}: ${text}.`).join(" ");
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event) && (paused || signedOut || document.hidden)) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event) || !event.detail.successful) return;
    updatedAt = new Date();
    failedSince = null;
    showTrouble("");
    showNote();
  });

  document.addEventListener("htmx:afterSettle", () => {
    announceChanges();
    showNote();
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (isPoll(event)) showRefused(event.detail.xhr.status);
  });

  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (isPoll(event)) showLost();
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) pollNow();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-live-pause]")) return;
    paused = !paused;
    showNote();
    if (!paused) pollNow();
  });

  showNote();
})();
