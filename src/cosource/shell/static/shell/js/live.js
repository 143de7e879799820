// Pages that bring themselves up to date: told that something changed, a page fetches itself and puts in place what differs.
// One stream for the whole browser (live-worker.js), or one for each tab where there are no shared workers.
// Not here: putting in place (renewal.js). Without this the same pages show what was so when they were loaded.

import { renew } from "./renewal.js";

const JITTER_MILLISECONDS = 500;
const BETWEEN_MILLISECONDS = 2000;
// Clocks run on by themselves.
const MINUTE_MILLISECONDS = 60_000;
const MARKED_MILLISECONDS = 30_000;
// Says that nobody used the session for this.
const BY_ITSELF = { "Cosource-Live": "1" };

const about = document.querySelector("meta[name=cosource-live]");
const changed = new Set();
let isWanted = false;
let timer = 0;
let lastAt = 0;

// What the page shows: "tickets" for any of them, or one ticket's id.
const shown = () => document.getElementById("main")?.dataset.live ?? "";

function want(ids, milliseconds) {
  for (const id of ids) changed.add(id);
  isWanted = true;
  if (timer || document.hidden) return;
  const wait = Math.max(milliseconds, lastAt + BETWEEN_MILLISECONDS - Date.now());
  timer = setTimeout(() => bringUpToDate().finally(() => {
    timer = 0;
    lastAt = Date.now();
    if (isWanted) want([], 0);
  }), wait);
}

function hear({ news, again }) {
  const ids = news?.tickets ?? [];
  // After a lost stream, and where there is too much to name, everything is looked at.
  if (ids.length === 0) changed.add(shown());
  want(ids, Math.random() * JITTER_MILLISECONDS * (again ? 4 : 1));
}

async function fetched(address) {
  const answer = await fetch(address, { headers: BY_ITSELF, credentials: "same-origin", cache: "no-store" });
  const isHere = answer.ok && new URL(answer.url).pathname === new URL(address, location.href).pathname;
  return isHere ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

async function bringUpToDate() {
  const ids = new Set(changed);
  changed.clear();
  isWanted = false;
  const what = shown();
  const address = location.pathname + location.search;
  try {
    if (what === "tickets" || ids.has(what) || ids.size === 0) await bringPage(address, what, ids);
    for (const counts of document.querySelectorAll("[data-live-counts]")) await bringCounts(counts.getAttribute("hx-get"));
  } catch (trouble) {
    // No connection, or the server is being started again: the stream comes back, and everything is looked at then.
    if (!(trouble instanceof TypeError)) throw trouble;
  }
}

async function bringPage(address, what, ids) {
  if (!what) return;
  const copy = await fetched(address);
  // The reader has gone on meanwhile.
  if (address !== location.pathname + location.search) return;
  const main = document.getElementById("main");
  if (!copy?.getElementById("main")?.dataset.live) {
    sayItIsGone(main);
    return;
  }
  const focused = document.activeElement;
  const found = { added: [], changed: [] };
  let differs = renew(main, copy.getElementById("main"), found);
  const head = document.querySelector(".main-col > header.top");
  if (head && renew(head, copy.querySelector(".main-col > header.top"), found)) differs = true;
  document.title = copy.title;
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  if (ids.size === 0 || !differs) return;
  const rows = found.changed.filter((element) => ids.has(element.dataset.id));
  for (const element of new Set([...found.added, ...rows])) mark(element);
  say(document.getElementById("live-said").dataset.changed);
  bringPreview(ids);
}

async function bringCounts(address) {
  const copy = await fetched(address);
  for (const fresh of copy?.querySelectorAll("[id][hx-swap-oob]") ?? []) {
    const place = document.getElementById(fresh.id);
    if (!place) continue;
    place.textContent = fresh.textContent;
    place.className = fresh.className;
  }
}

function bringPreview(ids) {
  const row = document.querySelector("tr[data-row].cur");
  const preview = document.getElementById("preview");
  if (!row || !preview || !ids.has(row.dataset.id) || preview.contains(document.activeElement)) return;
  row.dispatchEvent(new CustomEvent("preview", { bubbles: true, detail: { byItself: true } }));
}

function mark(element) {
  const place = element.querySelector("[data-live-mark-here]") ?? element.querySelector("[data-row-link]");
  if (!place || place.querySelector("[data-live-mark]")) return;
  const note = document.createElement("span");
  note.className = "chip newm";
  note.dataset.liveMark = "";
  note.textContent = document.getElementById("live-said").dataset.new;
  place.append(note);
  element.classList.add("fresh");
  setTimeout(() => {
    note.remove();
    element.classList.remove("fresh");
  }, MARKED_MILLISECONDS);
}

function say(words) {
  const place = document.getElementById("live-said");
  // The same words twice are read twice only if they were gone in between.
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = words; });
}

function sayItIsGone(main) {
  if (main.querySelector("[data-live-gone]")) return;
  const note = document.createElement("p");
  note.className = "note over";
  note.setAttribute("role", "alert");
  note.dataset.liveGone = "";
  note.dataset.liveMark = "";
  note.textContent = document.getElementById("live-said").dataset.gone;
  main.prepend(note);
}

function listen() {
  const address = about.content;
  if (!window.SharedWorker) {
    const source = new EventSource(address);
    let wasLost = false;
    source.onmessage = (event) => hear({ news: JSON.parse(event.data) });
    source.onerror = () => { wasLost = true; };
    source.onopen = () => {
      if (wasLost) hear({ again: true });
      wasLost = false;
    };
    return;
  }
  const worker = new SharedWorker(about.dataset.worker, { name: "cosource-live" });
  worker.port.onmessage = ({ data }) => hear(data);
  const join = () => worker.port.postMessage({ address, reader: about.dataset.reader });
  join();
  addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    join();
    hear({ again: true });
  });
}

if (about) {
  listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isWanted) want([], Math.random() * JITTER_MILLISECONDS);
  });
  setInterval(() => {
    if (!document.hidden) want([], Math.random() * JITTER_MILLISECONDS);
  }, MINUTE_MILLISECONDS);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.triggeringEvent?.detail?.byItself) Object.assign(event.detail.headers, BY_ITSELF);
  });
}
