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

// Marking rows for a step with several: x marks the present row, with shift (or shift and a click) all since the last one.
const chosen = new Set();
let lastPick = null;

function picks() {
  return [...document.querySelectorAll("#found .pick")];
}

function showPicked() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const all = picks();
  const here = all.filter((pick) => pick.checked).length;
  bar.classList.toggle("has-some", here > 0);
  bar.querySelector("[data-bulk-all]").hidden = false;
  // Only what differs is written: whoever watches the list for changes calls this again.
  const count = bar.querySelector("[data-bulk-count]");
  const said = here > 0 ? `${here} / ${all.length}` : "";
  if (count.textContent !== said) count.textContent = said;
}

function pickOne(pick, on, extend) {
  const all = picks();
  const from = extend && lastPick ? all.findIndex((other) => other.value === lastPick) : -1;
  const to = all.indexOf(pick);
  const range = from < 0 ? [pick] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of range) {
    one.checked = on;
    if (on) chosen.add(one.value);
    else chosen.delete(one.value);
  }
  lastPick = pick.value;
  showPicked();
}

document.addEventListener("click", (event) => {
  if (event.target.matches(".pick")) pickOne(event.target, event.target.checked, event.shiftKey);
  if (event.target.closest("[data-bulk-all]")) {
    const all = picks();
    const on = all.some((pick) => !pick.checked);
    for (const pick of all) pickOne(pick, on, false);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input:not(.pick), select, textarea") || document.querySelector("dialog[open]")) return;
  if (document.documentElement.dataset.keys === "off") return;
  const pick = document.querySelector("#found .q-row.cur .pick");
  if (!pick) return;
  event.preventDefault();
  pickOne(pick, event.shiftKey || !pick.checked, event.shiftKey);
});

// A list that was drawn anew keeps what was marked in it.
new MutationObserver(() => {
  for (const pick of picks()) if (chosen.has(pick.value)) pick.checked = true;
  showPicked();
}).observe(document.querySelector(".list") ?? document.body, { childList: true, subtree: true });
showPicked();
