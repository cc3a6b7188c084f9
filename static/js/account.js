// Security keys and printing, on the pages of people's accounts.
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // --- Security keys: the server's question goes to the browser, and the key's answer into the form ---
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  // Options as the browser wants them: bytes where the server could only write text.
  function question(options) {
    const asked = (options.creation_options ?? options.request_options).publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      for (const credential of asked[list] ?? []) credential.id = bytes(credential.id);
    }
    return { publicKey: asked };
  }

  // The key's answer as the server wants it.
  function answer(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  }

  const REFUSED = {
    NotAllowedError: gettext("Nothing came of it: it was cancelled, took too long, or the key is not one of yours."),
    InvalidStateError: gettext("This key is one of yours already."),
    SecurityError: gettext("Security keys do not work at this address: it has to be a name, by https."),
  };

  for (const form of document.querySelectorAll("form[data-key]")) {
    const says = form.querySelector("[data-key-says]");
    const button = form.querySelector("button");
    if (!window.PublicKeyCredential) {
      button.disabled = true;
      says.textContent = gettext("Security keys need https, and a browser that has them.");
      continue;
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      says.textContent = gettext("Waiting for the key. Your browser says what to do.");
      try {
        const asked = question(JSON.parse(form.querySelector("#key-options").textContent));
        const given = await navigator.credentials[form.dataset.key](asked);
        form.elements.credential.value = JSON.stringify(answer(given));
        form.submit();
      } catch (error) {
        says.textContent = REFUSED[error.name] ?? gettext("That did not work. Try again.");
        button.disabled = false;
      }
    });
  }
})();
