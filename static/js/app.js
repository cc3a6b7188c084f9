// The viewer's time zone and the menus. Every page is complete without it; what refreshes pages is in live.js.
(() => {
  "use strict";

  // --- The viewer's time zone, for the next page the server writes ---
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000${secure}`;
  }

  // --- Menus; single keys are in keys.js ---
  // A link to a menu opens it.
  function openTarget() {
    const menu = document.getElementById(location.hash.slice(1));
    if (!menu?.matches("details.menu")) return;
    menu.open = true;
    menu.querySelector("summary").focus();
  }

  // The browser itself moves the focus to the hash, in a frame that comes later.
  const openSoon = () => requestAnimationFrame(() => requestAnimationFrame(openTarget));
  addEventListener("pageshow", openSoon);
  addEventListener("hashchange", openSoon);
  // Arrows, Home and End walk an open menu, round and round; on its button the arrows open it.
  const STEPS = {
    ArrowDown: (at, all) => (at + 1) % all,
    ArrowUp: (at, all) => (at <= 0 ? all : at) - 1,
    Home: () => 0,
    End: (_, all) => all - 1,
  };

  function walk(event) {
    const menu = event.target.closest("details.menu");
    const isArrow = event.key.startsWith("Arrow");
    if (!menu || !Object.hasOwn(STEPS, event.key) || !(menu.open || isArrow)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    menu.open = true;
    const items = [...menu.querySelectorAll(":is(a, button).menu__item")].filter((item) => item.checkVisibility());
    items[STEPS[event.key](items.indexOf(event.target), items.length)]?.focus();
    event.preventDefault();
  }

  document.addEventListener("keydown", (event) => {
    walk(event);
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (event.target.closest("a[href*='#']")?.href === location.href) openSoon(); // the hash does not change
  });
})();
