// Choosing a row with the mouse shows its ticket beside the list; where there is no room for that, it opens the ticket.
// Not here: j, k and Enter (shell/js/keys.js), loading the preview (htmx, on the row's event "preview").

function previewIsShown() {
  const pane = document.getElementById("preview");
  return pane !== null && getComputedStyle(pane).display !== "none";
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-row]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const see = event.target.closest("[data-see]");
  if (event.target.closest("a, button, input") && !see) return;
  if (getSelection().toString() !== "") return;
  event.preventDefault();
  event.stopPropagation();
  if (!previewIsShown()) {
    row.querySelector("[data-row-link]").click();
    return;
  }
  for (const other of row.parentElement.children) other.classList.toggle("cur", other === row);
  row.dispatchEvent(new CustomEvent("preview", { bubbles: true }));
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.target.id !== "words") return;
  // A browser would clear the words; they stay, and the keys are the list's again.
  event.preventDefault();
  event.target.blur();
});

// Another list beside the same preview: it shows the first of the new ones.
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id !== "found" || !previewIsShown()) return;
  const row = document.querySelector("[data-rows] [data-row]");
  if (!row) return;
  row.classList.add("cur");
  row.dispatchEvent(new CustomEvent("preview", { bubbles: true }));
});

// The first row is shown beside the list from the start, so it is the one that is marked.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.id !== "preview") return;
  if (document.querySelector("[data-rows] .cur")) return;
  document.querySelector("[data-rows] [data-row]")?.classList.add("cur");
});
