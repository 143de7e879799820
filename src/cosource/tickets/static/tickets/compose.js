// Where somebody writes on a ticket: what is written is kept as it grows, and what was just sent counts down.
// Not here: sending, looking and taking back, which are forms. Without this "Keep draft" keeps it.

const KEEP_MILLISECONDS = 1200;
let timer = 0;
let under_way = null;

function forget() {
  clearTimeout(timer);
  timer = 0;
  under_way?.abort();
  under_way = null;
}

// What is written; files go once, with what they belong to.
function bodyOf(form) {
  const body = new FormData(form);
  body.delete("files");
  body.set("by_itself", "1");
  return body;
}

async function keep(form) {
  timer = 0;
  // Taken off the page, a form may still say that it changed.
  if (!form.isConnected) return;
  const said = form.querySelector("#kept");
  const body = bodyOf(form);
  under_way?.abort();
  const mine = (under_way = new AbortController());
  try {
    const answer = await fetch(form.querySelector("[data-keep]").formAction, { method: "POST", body, credentials: "same-origin", signal: mine.signal });
    if (said?.isConnected) said.textContent = answer.ok && !answer.redirected ? said.dataset.said : said.dataset.failed;
    const writers = form.querySelector("#writers");
    if (writers) writers.textContent = answer.status === 200 && !answer.redirected ? await answer.text() : "";
  } catch (trouble) {
    if (trouble.name !== "AbortError" && said?.isConnected) said.textContent = said.dataset.failed;
  }
}

function written(event) {
  const form = event.target.closest?.("form[data-compose]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => keep(form), KEEP_MILLISECONDS);
}
document.addEventListener("input", written);
document.addEventListener("change", written);

// "/" where nothing is written yet offers the ready replies.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || !event.target.matches?.("form[data-compose] textarea")) return;
  const offer = event.target.form.querySelector("[data-ready]");
  if (!offer || event.target.value !== "") return;
  event.preventDefault();
  offer.click();
});
document.addEventListener("htmx:afterSettle", () => {
  const first = document.querySelector("#look .canned button");
  if (first && !document.activeElement?.closest("#look")) first.focus();
});
document.addEventListener("keydown", (event) => {
  const here = event.target.closest?.("#look .canned button");
  if (!here || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "Escape") {
    here.form.querySelector("textarea").focus();
    here.closest("#look").replaceChildren();
    return;
  }
  const all = [...here.parentElement.querySelectorAll("button")];
  all[(all.indexOf(here) + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length].focus();
});

// What is on its way must not be kept once more behind it.
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-compose]") && !event.submitter?.hasAttribute("formaction")) forget();
}, true);

// Leaving a page in the middle of a word keeps the word.
addEventListener("pagehide", () => {
  const form = document.querySelector("form[data-compose]");
  if (!timer || !form) return;
  clearTimeout(timer);
  const body = bodyOf(form);
  navigator.sendBeacon(form.querySelector("[data-keep]").formAction, body);
});

setInterval(() => {
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const ends = Number(place.dataset.ends ||= String(Date.now() + 1000 * Number(place.dataset.countdown)));
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left > 0) {
      place.textContent = place.dataset.said.replace("…", String(left));
    } else if (left < 0 && !place.dataset.asked) {
      // By now it has been said; whoever hears of it by the live stream has this page already.
      place.dataset.asked = "1";
      window.htmx?.ajax("GET", location.pathname + location.search, { target: ".tconv", select: ".tconv", swap: "outerHTML show:none" });
    }
  }
}, 250);

// "@" and a letter offer the names of those who take part and would read what is written.
let askedFor = "";

function nameBegun(area) {
  const before = area.value.slice(0, area.selectionStart);
  const found = /(?:^|\s)@([\p{L}\d][^@\n]{0,40})$/u.exec(before);
  return found && !/\s{2}|\s\S+\s\S+\s/.test(found[1]) ? found[1] : "";
}

function offerNames(area, people) {
  document.getElementById("names")?.remove();
  if (people.length === 0) return;
  const list = document.createElement("div");
  list.id = "names";
  list.className = "canned names";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area.dataset.names);
  people.slice(0, 6).forEach((person, at) => {
    const one = document.createElement("button");
    one.type = "button";
    one.setAttribute("role", "option");
    one.setAttribute("aria-selected", String(at === 0));
    one.dataset.name = person.name;
    one.textContent = `${person.name} · ${person.party}`;
    list.append(one);
  });
  area.after(list);
}

function takeName(area, name) {
  const begun = nameBegun(area);
  const start = area.selectionStart - begun.length;
  area.setRangeText(`${name} `, start, area.selectionStart, "end");
  document.getElementById("names")?.remove();
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", async (event) => {
  const area = event.target;
  if (!area.matches?.("form[data-compose] textarea[data-people]")) return;
  const begun = nameBegun(area);
  askedFor = begun;
  if (!begun) {
    document.getElementById("names")?.remove();
    return;
  }
  const query = new URLSearchParams({ q: begun, audience: new FormData(area.form).get("audience") ?? "" });
  if (area.form.elements.with_requester?.checked) query.set("with_requester", "1");
  const answer = await fetch(`${area.dataset.href}?${query}`, { credentials: "same-origin" });
  if (answer.ok && askedFor === begun) offerNames(area, (await answer.json()).people);
});
document.addEventListener("click", (event) => {
  const one = event.target.closest?.("#names button");
  if (one) takeName(one.closest("form").querySelector("textarea[data-people]"), one.dataset.name);
});
document.addEventListener("keydown", (event) => {
  const list = document.getElementById("names");
  if (!list || !event.target.matches?.("textarea[data-people]")) return;
  const all = [...list.children];
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") list.remove();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = (at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === next)));
  } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") takeName(event.target, all[at].dataset.name);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
