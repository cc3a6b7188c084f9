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
  document.addEventListener("keydown", (event) => {
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
  });
})();
