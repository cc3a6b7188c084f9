// The question before a run is stopped: Escape is No. The page is complete without it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open], details.menu[open]")) {
    document.querySelector("[data-cancel]")?.click();
  }
});
