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

  function showAll(root) {
    for (const group of root.querySelectorAll("[data-scan]")) showMethod(group);
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
    const row = document.getElementById("new-scan").content.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        if (attribute.value.includes("__key__")) {
          element.setAttribute(attribute.name, attribute.value.replaceAll("__key__", key));
        }
      }
    }
    row.querySelector("input[name$='-url']").value = url;
    row.querySelector("[data-url]").textContent = url;
    showAll(row);
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
    const lines = box.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.length || lines.length > 1000 || !lines.every((line) => /^https?:\/\/\S+$/i.test(line))) return;
    event.preventDefault();
    const listed = new Set([...form.querySelectorAll("[data-url]")].map((element) => element.textContent.trim()));
    let number = nextNumber();
    for (const line of new Set(lines)) {
      if (listed.has(line)) continue;
      document.getElementById("scans").append(newRow(line, `new-${number}`));
      number += 1;
    }
    box.value = "";
    changed = true;
    showCount();
  }

  form.addEventListener("input", (event) => {
    changed = true;
    if (event.target.name && event.target.name.endsWith("-url")) {
      const row = event.target.closest("details");
      if (row) row.querySelector("[data-url]").textContent = event.target.value || "New URL";
    }
  });
  form.addEventListener("change", (event) => {
    changed = true;
    const group = event.target.closest("[data-scan]");
    if (group) showMethod(group);
    if (event.target.name === "start") showStart();
    if (event.target.name === "repeat") showRepeat();
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-add]")) addRows(event);
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
