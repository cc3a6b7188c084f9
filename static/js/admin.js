// The icons beside the administration's search boxes have a name but no role: readers would not say it.
addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) icon.setAttribute("role", "img");
});
