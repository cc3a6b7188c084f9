// What keeps a page true while it is looked at, and never moves who reads it. Every page is complete without it.
(() => {
  "use strict";

  const POLL_MS = 5000;
  const STALE_MS = 3 * POLL_MS; // after so long without an answer, what is shown is dimmed
  const QUIET_MS = 30_000; // from one announcement to the next

  const icon = document.getElementById("favicon");
  const plain = { title: document.title, icon: icon?.href };

  // The page's tab says what matters most of it: "(2 need attention) …".
  function showEcho() {
    const echo = document.querySelector("[data-echo]")?.dataset ?? {};
    document.title = echo.echo ? `(${echo.echo}) ${plain.title}` : plain.title;
    const wanted = "echoWorst" in echo ? icon.dataset.worst : plain.icon;
    if (icon.href !== wanted) icon.href = wanted;
  }

  showEcho();
  if (!window.htmx) return;
  htmx.config.timeout = STALE_MS;

  // What the reader has unfolded stays so, and what they are typing is theirs.
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(element.tagName === "DETAILS" && (name === "open" || name === "class"));
  // A poll leaves alone what is being filled in or checked; only the answer to a form brings it up to date.
  let answersForm = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    answersForm = event.detail.requestConfig?.verb === "post";
  });
  // And what the server says is the same (a part of the page, see below) stays as it is.
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (node, wanted) =>
    !wanted.hasAttribute?.("data-same") && (answersForm || !node.hasAttribute?.("data-keep"));
  Idiomorph.defaults.callbacks.beforeNodeAdded = (node) => !node.hasAttribute?.("data-same");

  const note = document.querySelector("[data-live-note]");
  const connection = document.getElementById("connection");
  const announcements = document.getElementById("announcements");
  let paused = false;
  let asked = false; // for this one poll, by the reader: also while paused
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
    const time = { time: clock(updatedAt) };
    note.querySelector("[data-live-text]").textContent = paused
      ? gettext("Paused · updated %(time)s", time)
      : isLive()
        ? gettext("Live · updated %(time)s", time)
        : gettext("Up to date · updated %(time)s", time);
    const button = note.querySelector("[data-live-pause]");
    button.hidden = !isLive();
    button.setAttribute("aria-pressed", String(paused));
    button.querySelector("span").textContent = paused ? gettext("Resume") : gettext("Pause");
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

  // One banner, at the top, for what stops the page from being live; `way` is the link or button that leads out of it.
  function showTrouble(text, way) {
    if (connection.dataset.text === text) return;
    if (connection.contains(document.activeElement)) document.getElementById("content").focus();
    connection.dataset.text = text;
    connection.replaceChildren();
    if (!text) return;
    const banner = document.createElement("div");
    banner.className = "banner banner--row banner--amber";
    const words = document.createElement("span");
    words.textContent = text;
    banner.append(words);
    if (way) banner.append(way);
    connection.append(banner);
  }

  function link(href, text) {
    const anchor = document.createElement("a");
    anchor.href = href;
    anchor.textContent = text;
    return anchor;
  }

  function retryButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = gettext("Retry now");
    button.addEventListener("click", askNow);
    return button;
  }

  function showStale() {
    document.documentElement.classList.toggle("is-stale", failedSince !== null && Date.now() - updatedAt >= STALE_MS);
  }

  function showLost(cause) {
    failedSince ??= updatedAt;
    showStale();
    const since = { time: clock(failedSince) };
    const old = gettext("What you see is from %(time)s; trying again every 5 seconds.", since);
    showTrouble(`${cause} ${old}`, retryButton());
  }

  const UNREACHED = {
    "htmx:sendError": () => gettext("Connection lost: the server cannot be reached."),
    "htmx:timeout": () => gettext("Connection lost: no answer within %(seconds)s seconds.", { seconds: STALE_MS / 1000 }),
  };

  function showRefused(status) {
    if (status === 401) {
      signedOut = true;
      const back = encodeURIComponent(location.pathname + location.search);
      showTrouble(
        gettext("You have been signed out, so this page no longer refreshes."),
        link(`${document.body.dataset.signIn}?next=${back}`, gettext("Sign in")),
      );
    } else if (status === 403 || status === 404) {
      signedOut = true;
      showTrouble(gettext("This page is no longer there for you: it was deleted, or is not shared with you any more."));
    } else {
      showLost(gettext("Connection lost: the server answers with error %(status)s.", { status }));
    }
  }

  function statuses() {
    const found = new Map();
    for (const element of document.querySelectorAll("[data-live] [data-status-of]")) {
      found.set(element.id, [element.dataset.statusOf, element.textContent.trim().replace(/\s+/g, " ")]);
    }
    return found;
  }

  // What the reader has chosen to hear of.
  const announced = document.body.dataset.announced ?? "all";
  const isAnnounced = (id) =>
    announced === "all" || (announced === "failures" && document.getElementById(id)?.querySelector(".badge--red"));

  // What has changed is said in one sentence, at most every half minute; until then it is gathered.
  let before = statuses();
  let spokenAt = -Infinity;
  let speaksLater = 0;
  const unsaid = new Map();

  function gatherChanges() {
    const now = statuses();
    for (const [id, [name, text]] of now) {
      if (!before.has(id) || before.get(id)[1] === text) continue;
      if (text && isAnnounced(id)) unsaid.set(id, [name, text]);
      else unsaid.delete(id);
    }
    before = now;
    speak();
  }

  function speak() {
    if (!unsaid.size || speaksLater) return;
    const wait = spokenAt + QUIET_MS - Date.now();
    if (wait > 0) {
      speaksLater = setTimeout(() => {
        speaksLater = 0;
        speak();
      }, wait);
      return;
    }
    spokenAt = Date.now();
    announcements.textContent =
      unsaid.size > 3
        ? gettext("%(count)s statuses have changed.", { count: unsaid.size })
        : [...unsaid.values()].map(([name, text]) => `${name}: ${text}.`).join(" ");
    unsaid.clear();
  }

  // A poll names the parts that the page shows, so that only the others are sent.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!isPoll(event)) return;
    const parts = [...region().querySelectorAll("[data-part]")].map((part) => part.dataset.part);
    event.detail.headers["X-Parts"] = parts.join(".");
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPoll(event)) return;
    if (!asked && (paused || signedOut || document.hidden)) event.preventDefault();
    asked = false;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event) || !event.detail.successful) return;
    updatedAt = new Date();
    failedSince = null;
    showStale();
    showTrouble("");
    showNote();
  });

  // What the reader is at stays where it stands in the window, whatever comes above it: what has the focus, or else what
  // is in the middle. Whoever is at the very top of a page sees what comes there.
  let place = null;

  function holdPlace() {
    const isSeen = (element) => element.checkVisibility() && Math.abs(2 * top(element) - innerHeight) <= innerHeight;
    const focused = document.activeElement;
    const held = region().contains(focused) && isSeen(focused) ? focused : middle();
    place = held && { held, top: top(held) };
  }

  const top = (element) => element.getBoundingClientRect().top;
  const middle = () => (scrollY ? document.elementFromPoint(innerWidth / 2, innerHeight / 2) : null);

  function keepPlace() {
    if (place?.held.isConnected) scrollBy(0, top(place.held) - place.top);
    place = null;
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isPoll(event)) holdPlace();
  });
  document.addEventListener("htmx:afterSwap", keepPlace);

  document.addEventListener("htmx:afterSettle", (event) => {
    gatherChanges();
    showNote();
    showEcho();
    // Whoever asked for the new rows goes on at the first of them: the link they pressed is gone.
    if (event.detail.requestConfig?.elt?.matches("[data-new-rows]")) document.querySelector("[data-row]")?.focus();
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (isPoll(event)) showRefused(event.detail.xhr.status);
  });

  for (const [failure, cause] of Object.entries(UNREACHED)) {
    document.addEventListener(failure, (event) => {
      if (isPoll(event)) showLost(cause());
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

  // The reader wants it now: by a button, or by a key (keys.js). A page on which nothing is live is loaded again.
  function askNow() {
    asked = isLive();
    if (isLive()) pollNow();
    else if (region()) location.reload();
  }

  document.addEventListener("vedette:refresh", askNow);
  showNote();
})();
