"""A browser that looks at a page and tells what a payload has done there, if anything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Error, Page, Request, Response

# Before anything of a page: what payloads call, and what else would be a sign of one.
LISTENING = """
(() => {
  window.pwnedBy = [];
  window.pwned = (...what) => { window.pwnedBy.push(String(what)); return 1; };
  window.alert = window.confirm = window.prompt = (...what) => { window.pwnedBy.push(`dialog ${what}`); };
  document.addEventListener("securitypolicyviolation",
    (breach) => window.pwnedBy.push(`policy: ${breach.violatedDirective} ${breach.blockedURI} ${breach.sample}`));
})();
"""
# What of a page can only have come from a payload: an element, an attribute, an address that runs.
LOOKING = """
() => {
  const found = [...window.pwnedBy];
  if (["image/jpeg", "text/plain"].includes(document.contentType)) { // shown by a page of the browser's own
    return found.filter((one) => !one.startsWith("policy: style-src-attr"));
  }
  if (document.contentType !== "text/html") found.push(`a page of ${document.contentType}`);
  const told = (element) => element.outerHTML.slice(0, 200);
  const roots = [document, ...[...document.querySelectorAll("template")].map((one) => one.content)];
  for (const root of roots) {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName.includes("pwn")) found.push(`element ${told(element)}`);
      for (const attribute of element.attributes) {
        if (attribute.name.includes("pwn")) found.push(`attribute ${told(element)}`);
        if (/^(on|hx-on|data-hx-on)/.test(attribute.name)) found.push(`handler ${told(element)}`);
        if (attribute.name === "srcdoc") found.push(`page ${told(element)}`);
        if (/^(href|src|action|formaction|data|xlink:href|srcset)$/.test(attribute.name)
            && /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text)/i.test(attribute.value)) {
          found.push(`runs ${told(element)}`);
        }
        if (/^(data-)?hx-(get|post|put|delete|patch)$/.test(attribute.name) && attribute.value.startsWith("/pwned")) {
          found.push(`request ${told(element)}`);
        }
      }
      if (/^(iframe|object|embed|base|math|audio|video)$/.test(element.localName)
          || (element.localName === "script" && !element.src)
          || (element.localName === "style" && element.textContent.includes("pwn"))) {
        found.push(`element ${told(element)}`);
      }
    }
  }
  return found;
}
"""
# Everything that can be unfolded or shown, so that nothing waits for a click to do harm; then as people do.
UNFOLDING = """
() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const hidden of document.querySelectorAll("[hidden]")) hidden.hidden = false;
  for (const dialog of document.querySelectorAll("dialog")) { dialog.show(); }
  for (const field of document.querySelectorAll("input, select, textarea, button, a[href], summary")) {
    field.focus({ preventScroll: true });
    field.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  }
}
"""
# A file to be kept, and answers without a page.
NOTHING_SHOWN = ("Download is starting", "ERR_ABORTED", "ERR_HTTP_RESPONSE_CODE_FAILURE")


@dataclass
class Watch:
    """What is asked for by the pages of a browser window, and what they have done that they should not."""

    page: Page
    site: str
    unexpected: list[str] = field(default_factory=list)
    visited: int = 0

    def __post_init__(self) -> None:
        context = self.page.context
        context.add_init_script(LISTENING)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("dialog", self._asks)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_ours = request.url.startswith(self.site) and "/pwned" not in parts.path
        if not is_ours and parts.scheme != "data":
            self.unexpected.append(f"asked for {request.url[:200]}")

    def _asks(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # which is our own: what was typed is not saved
            self.unexpected.append(f"dialog {dialog.message}")
        dialog.accept()

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.unexpected.append(f"{response.status} at {response.url}")

    def visit(self, address: str) -> None:
        """Open a page, unfold and touch all of it, and look."""
        told = len(self.unexpected)
        if self._is_shown(address):
            self.look()
            self.visited += 1
        self.unexpected[told:] = [f"{address}: {one}" for one in self.unexpected[told:]]

    def look(self) -> None:
        """Look at the page as it is now."""
        self.page.evaluate(UNFOLDING)
        self.page.wait_for_function("() => document.readyState === 'complete'")
        self.unexpected += self.page.evaluate(LOOKING)

    def _is_shown(self, address: str) -> bool:
        """Open it; False where there is nothing to look at."""
        return self.leads_somewhere(lambda: self.page.goto(address, wait_until="load"))

    def leads_somewhere(self, act: Callable[[], object]) -> bool:
        """Do what opens another page; False, and an empty window, where there is nothing to look at."""
        try:
            act()
        except Error as error:
            if not any(reason in str(error) for reason in NOTHING_SHOWN):
                raise
            context = self.page.context
            self.page.close()  # the browser's own page about it may still be coming
            self.page = context.new_page()
            return False
        return True
