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

// Filters by typing: the last word offers what it may mean; a name with a colon searches for nothing before it is chosen.
const OFFER_MILLISECONDS = 120;
const NAMES_A_FILTER = /(?:^|\s)\p{L}+:\S*$/u;
let offering = null;
let offerTimer = 0;

function offers() {
  return [...document.querySelectorAll("#offers [role=option]")];
}

function markOffer(input, offer) {
  for (const other of offers()) other.setAttribute("aria-selected", String(other === offer));
  if (offer) input.setAttribute("aria-activedescendant", offer.id);
  else input.removeAttribute("aria-activedescendant");
}

function showOffers(input, html) {
  const list = document.getElementById("offers");
  if (!list) return;
  list.innerHTML = html;
  list.hidden = list.children.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  // Who names a filter chooses one; who types words searches for them unless an arrow goes to an offer.
  markOffer(input, NAMES_A_FILTER.test(input.value) ? offers()[0] : null);
  window.htmx?.process(list);
}

document.addEventListener("input", (event) => {
  const input = event.target;
  if (input.id !== "words") return;
  clearTimeout(offerTimer);
  offering?.abort();
  if (input.value.trim().length < 2 || input.value.endsWith(" ")) return showOffers(input, "");
  offerTimer = setTimeout(async () => {
    const asked = (offering = new AbortController());
    const query = new URLSearchParams(new FormData(input.form));
    try {
      const answer = await fetch(`${input.dataset.offers}?${query}`, { signal: asked.signal });
      if (answer.ok && !answer.redirected && document.activeElement === input) showOffers(input, await answer.text());
    } catch {
      // Given up for newer words, or no connection: the words are searched for all the same.
    }
  }, OFFER_MILLISECONDS);
});
document.addEventListener("htmx:configRequest", (event) => {
  const names = event.detail.elt.id === "words" && NAMES_A_FILTER.test(event.detail.elt.value);
  if (names && offers().length > 0) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (input.id !== "words" || offers().length === 0) return;
  const all = offers();
  const at = all.findIndex((offer) => offer.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    markOffer(input, all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    all[at].click();
  } else if (event.key === "Escape") {
    showOffers(input, "");
  }
});
document.addEventListener("focusout", (event) => {
  if (event.target.id === "words" && !event.relatedTarget?.closest("#offers")) setTimeout(() => showOffers(event.target, ""), 200);
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
