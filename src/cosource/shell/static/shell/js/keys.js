// Keyboard first: j/k through rows, / to filter, g then a letter to go, single letters from the page's own commands,
// ⌘K or Ctrl+K for the palette, ? for help. Commands are links and buttons on the page that carry `data-key`.

const GO_MILLISECONDS = 1500;
let goUntil = 0;

function isTyping(target) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
}

function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  if (input) {
    input.value = "";
    movedTo = "";
    if (id === "palette") showFound(document.getElementById("palette-found"), input, "");
    input.focus();
  }
}

// ---- rows: any container marked data-rows; each row holds its link marked data-row-link ----

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-row]")].filter(isShown);
}

function step(by) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.findIndex((row) => row.classList.contains("cur"));
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)] ?? all[0];
  choose(next, all);
  return true;
}

function choose(row, all) {
  for (const other of all) other.classList.toggle("cur", other === row);
  const link = row.querySelector("[data-row-link]");
  if (link) link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  // A list with a preview beside it listens for this on the row (hx-trigger="preview").
  row.dispatchEvent(new CustomEvent("preview", { bubbles: true }));
}

// ---- palette ----

const FIND_MILLISECONDS = 120;
let finding = null;
let findTimer = 0;
let movedTo = "";

// What the rooms have under the typed words comes from the server, between what can be done and where words can be searched for.
function findTyped(input) {
  clearTimeout(findTimer);
  finding?.abort();
  const words = input.value.trim();
  const place = document.getElementById("palette-found");
  if (words.length < 2) return showFound(place, input, "");
  findTimer = setTimeout(async () => {
    const asked = (finding = new AbortController());
    try {
      const answer = await fetch(`${place.dataset.find}?q=${encodeURIComponent(words)}`, { signal: asked.signal });
      if (answer.ok && !answer.redirected) showFound(place, input, await answer.text());
    } catch {
      // Given up for newer words, or no connection: what is there already can still be chosen.
    }
  }, FIND_MILLISECONDS);
}

function showFound(place, input, html) {
  for (const old of document.querySelectorAll("#palette [data-found]")) old.remove();
  place.insertAdjacentHTML("afterend", html);
  narrowPalette(input, { isFresh: true });
}

function entries() {
  return [...document.querySelectorAll("#palette [data-entry]")];
}

// `isFresh`: what was found is the answer to these very words, wherever they stand; until then it must show them.
function narrowPalette(input, { isFresh = false } = {}) {
  const words = input.value.trim().toLowerCase();
  const shown = [];
  for (const entry of entries()) {
    const parameter = entry.dataset.query;
    let fits = true;
    if (parameter) {
      const address = new URL(entry.dataset.href, location.origin);
      address.searchParams.set(parameter, input.value.trim());
      entry.href = address.pathname + address.search;
      entry.querySelector("[data-typed]").textContent = words ? `“${input.value.trim()}”` : "";
      fits = words !== "";
    } else if (!isFresh || !entry.closest("[data-found]")) {
      fits = words.split(/\s+/).every((word) => entry.textContent.toLowerCase().includes(word));
    }
    entry.hidden = !fits;
    entry.parentElement.hidden = !fits;
    if (fits) shown.push(entry);
  }
  // What was gone to by an arrow stays marked while more is found.
  mark(shown.find((entry) => entry.id === movedTo) ?? shown[0], shown, input);
  document.querySelector("#palette [data-none]").hidden = shown.length > 0;
}

function mark(entry, shown, input) {
  for (const other of shown) other.setAttribute("aria-selected", String(other === entry));
  if (entry) input.setAttribute("aria-activedescendant", entry.id);
  else input.removeAttribute("aria-activedescendant");
  entry?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "palette-words") return;
  movedTo = "";
  narrowPalette(event.target);
  findTyped(event.target);
});

function paletteKey(event) {
  const shown = entries().filter((entry) => !entry.hidden);
  const at = shown.findIndex((entry) => entry.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const by = event.key === "ArrowDown" ? 1 : -1;
    const next = shown[(at + by + shown.length) % shown.length];
    movedTo = next?.id ?? "";
    mark(next, shown, event.target);
  } else if (event.key === "Enter") {
    event.preventDefault();
    shown[at]?.click();
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) openDialog(opener.dataset.dialogOpen);
  if (event.target.closest("#palette [data-entry]")) document.getElementById("palette").close();
});

// ---- one listener for all keys ----

document.addEventListener("keydown", (event) => {
  if (event.target.id === "palette-words") return paletteKey(event);
  if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
    event.preventDefault();
    return openDialog("palette");
  }
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (document.documentElement.dataset.keys === "off") return;

  if (Date.now() < goUntil) {
    goUntil = 0;
    const link = document.querySelector(`[data-go-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  if (event.key === "g") {
    goUntil = Date.now() + GO_MILLISECONDS;
  } else if (event.key === "?") {
    event.preventDefault();
    openDialog("keys");
  } else if (event.key === "/") {
    const filter = document.querySelector("[data-filter-input]");
    if (filter && isShown(filter)) {
      event.preventDefault();
      filter.focus();
      filter.select();
    } else {
      event.preventDefault();
      openDialog("palette");
    }
  } else if (event.key === "j" || event.key === "k") {
    if (step(event.key === "j" ? 1 : -1)) event.preventDefault();
  } else {
    // A key on the row under the cursor wins over one on the page ("A" approves this row).
    const key = CSS.escape(event.key);
    const own = document.querySelector(`[data-row].cur [data-key="${key}"]`);
    const control = own ?? [...document.querySelectorAll(`[data-key="${key}"]`)].find(isShown) ?? document.querySelector(`[data-command-key="${key}"]`);
    if (!control) return;
    event.preventDefault();
    if (control.matches("input, textarea, select")) control.focus();
    else control.click();
  }
});
