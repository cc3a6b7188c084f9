// What scripts say, in the language of the page: its texts stand in it as data (dashboard/script_words.py).
(() => {
  "use strict";

  const texts = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

  function filled(text, values) {
    return text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  }

  // The names are those that the collecting of texts looks for. `values` take the places of %(name)s.
  window.gettext = (text, values = {}) => filled(texts[text] ?? text, values);
  window.ngettext = (one, many, count, values = {}) => {
    const form = count === 1 ? 0 : 1; // so it is in all the languages that there are
    return filled((texts[one] ?? [one, many])[form], { count, ...values });
  };
})();
