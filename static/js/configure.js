// Configure Analysis: shows what belongs to the chosen method, adds rows without a round trip, and warns before
// changes are lost. The page is complete without it.
(() => {
  "use strict";

  const form = document.getElementById("configure");
  if (!form) return;

  let changed = form.hasAttribute("data-changed");
  let sent = false;

  function showMethod(group) {
    const method = group.querySelector("select[name$='-sign_in_method']");
    if (!method) return;
    for (const part of group.querySelectorAll("[data-methods]")) {
      part.hidden = !part.dataset.methods.split(" ").includes(method.value);
    }
    for (const hint of group.querySelectorAll("[data-without-script]")) hint.hidden = true;
  }

  function showStart() {
    const chosen = form.querySelector("input[name='start']:checked");
    for (const part of form.querySelectorAll("[data-start]")) {
      part.hidden = Boolean(chosen) && part.dataset.start !== chosen.value;
    }
  }

  function showRepeat() {
    const chosen = form.querySelector("select[name='repeat']");
    for (const part of form.querySelectorAll("[data-repeat]")) {
      part.hidden = Boolean(chosen) && !part.dataset.repeat.split(" ").includes(chosen.value);
    }
  }

  // How many endpoints of an API are chosen.
  function showChosen(list) {
    const boxes = [...list.querySelectorAll("input[type='checkbox']")];
    list.querySelector("[data-with-script]").hidden = false;
    list.querySelector("[data-chosen]").textContent = gettext("%(chosen)s of %(all)s chosen", {
      chosen: boxes.filter((box) => box.checked).length,
      all: boxes.length,
    });
  }

  function choose(button) {
    const list = button.closest("[data-endpoints]");
    for (const box of list.querySelectorAll("input[type='checkbox']")) box.checked = Boolean(button.dataset.choose);
    changed = true;
    showChosen(list);
  }

  function showAll(root) {
    for (const group of root.querySelectorAll("[data-scan]")) showMethod(group);
    for (const list of root.querySelectorAll("[data-endpoints]")) showChosen(list);
  }

  // An element inside a folded row is shown by unfolding it.
  function unfold(element) {
    for (let at = element; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
  }

  function nextNumber() {
    const keys = [...form.querySelectorAll("input[name='scan'][value^='new-']")].map((input) => Number(input.value.slice(4)));
    return Math.max(0, ...keys) + 1;
  }

  function newRow(url, key) {
    const row = document.getElementById("new-scan").content.firstElementChild.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        if (attribute.value.includes("__key__")) {
          element.setAttribute(attribute.name, attribute.value.replaceAll("__key__", key));
        }
      }
    }
    row.querySelector("input[name$='-url']").value = url;
    row.querySelector("[data-url]").textContent = url;
    return row;
  }

  function showCount() {
    const count = document.querySelector("[data-count]");
    count.textContent = String(form.querySelectorAll("#scans > li").length);
    count.hidden = false;
  }

  // Lines that are plainly addresses become rows here; anything else is left to the server, which says what is wrong.
  function addRows(event) {
    const box = form.elements.urls;
    if (form.elements.specifications.files.length) return; // the server reads them
    const lines = box.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.length || lines.length > 1000 || !lines.every((line) => /^https?:\/\/\S+$/i.test(line))) return;
    event.preventDefault();
    const kept = [...form.querySelectorAll("#scans > li")].filter((row) => !row.querySelector("[name='remove']:checked"));
    const listed = new Set(kept.map((row) => row.querySelector("[data-url]")?.textContent.trim()));
    const rows = document.createDocumentFragment();
    let number = nextNumber();
    for (const line of new Set(lines)) {
      if (listed.has(line)) continue;
      rows.append(newRow(line, String(number)));
      number += 1;
    }
    const added = [...rows.children];
    document.getElementById("scans").append(rows);
    for (const row of added) window.htmx.process(row);
    box.value = "";
    changed = true;
    showCount();
  }

  form.addEventListener("input", (event) => {
    changed = true;
    if (event.target.name && event.target.name.endsWith("-url")) {
      const row = event.target.closest("details");
      if (row) row.querySelector("[data-url], [data-api]").textContent = event.target.value || gettext("New URL");
    }
  });
  form.addEventListener("change", (event) => {
    changed = true;
    const group = event.target.closest("[data-scan]");
    if (group) showMethod(group);
    const list = event.target.closest("[data-endpoints]");
    if (list) showChosen(list);
    if (event.target.name === "start") showStart();
    if (event.target.name === "repeat") showRepeat();
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-add]")) addRows(event);
    const button = event.target.closest("[data-choose]");
    if (button) choose(button);
  });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault(); // a second click while the first is on its way
    sent = true;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#problems a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    event.preventDefault();
    unfold(target);
    target.scrollIntoView({ block: "center" });
    const field = target.matches("input, select, textarea, summary") ? target : target.querySelector("input, select, textarea, summary");
    if (field) field.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => showAll(event.target));
  window.addEventListener("beforeunload", (event) => {
    if (changed && !sent) event.preventDefault();
  });
  // Shown again by "back": it can be sent once more.
  window.addEventListener("pageshow", () => {
    sent = false;
  });

  // The summary of errors has autofocus, which an address with a #place in it overrules.
  const problems = document.getElementById("problems");
  if (problems && location.hash) problems.focus();

  showAll(form);
  showStart();
  showRepeat();
})();
