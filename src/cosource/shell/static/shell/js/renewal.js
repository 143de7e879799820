// Puts into a page what differs in a newer copy of it. What the reader is at stays: focus, what is written, what is open.
// An element is told apart by its id or `data-id`; `data-live-keep` is never touched. Not here: when (live.js).

// Classes that scripts give, not the server.
const OWN_CLASSES = ["cur", "fresh"];
// Kept up to date in a form that somebody writes in, so that it is sent on the state that the page shows.
const STATE_FIELDS = "input[type=hidden][name=version], input[type=hidden][name=since]";

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.id || node.id || "" : "");
const isKept = (node) => node.nodeType === Node.ELEMENT_NODE && (node.hasAttribute("data-live-keep") || node.hasAttribute("hx-preserve"));
const isMark = (node) => node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-live-mark");

function isWrittenIn(form) {
  if (form.contains(document.activeElement) && !document.activeElement.matches("button")) return true;
  return [...form.elements].some((field) => {
    if (field.type === "hidden" || field.matches("button, fieldset")) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.matches("select")) {
      const first = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(first, 0);
    }
    return field.value !== field.defaultValue;
  });
}

function holdsWriting(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  return [...(node.matches("form") ? [node] : node.querySelectorAll("form"))].some(isWrittenIn);
}

function sameKind(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) return false;
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  // What htmx has bound to an element stays bound: one that asks for something else is another element.
  return old.getAttributeNames().concat(fresh.getAttributeNames()).every((name) => !name.startsWith("hx-") || old.getAttribute(name) === fresh.getAttribute(name));
}

function renewAttributes(old, fresh) {
  let differs = false;
  const own = OWN_CLASSES.filter((name) => old.classList.contains(name));
  for (const name of fresh.getAttributeNames()) {
    if (old.getAttribute(name) !== fresh.getAttribute(name) && name !== "class") {
      old.setAttribute(name, fresh.getAttribute(name));
      differs ||= !["value", "datetime"].includes(name);
    }
  }
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && !["open", "class", "aria-pressed"].includes(name)) old.removeAttribute(name);
  }
  const classes = [...fresh.classList, ...own.filter((name) => !fresh.classList.contains(name))].join(" ");
  if (old.className !== classes && typeof old.className === "string") {
    old.className = classes;
    differs = true;
  }
  return differs;
}

// Returns whether anything differed. `found.added` and `found.changed` gather the elements with a key of their own.
export function renew(old, fresh, found) {
  if (isKept(old) || old.isEqualNode(fresh)) return false;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return true;
  }
  if (old.matches("form") && isWrittenIn(old)) {
    for (const field of old.querySelectorAll(STATE_FIELDS)) {
      field.value = fresh.querySelector(`[name="${field.name}"]`)?.value ?? field.value;
    }
    return false;
  }
  let differs = renewAttributes(old, fresh);
  if (renewChildren(old, fresh, found)) differs = true;
  if (differs && keyOf(old)) found.changed.push(old);
  return differs;
}

// The old sibling that a new one without a key stands for: the next that looks like it, or the very next where nothing is lost.
function counterpart(place, next) {
  for (let old = place; old; old = old.nextSibling) {
    if (!keyOf(old) && !isMark(old) && sameKind(old, next) && old.className === next.className) return old;
  }
  const isPlain = place && !keyOf(place) && sameKind(place, next) && !place.querySelector?.("form");
  return isPlain ? place : null;
}

function renewChildren(old, fresh, found) {
  let differs = false;
  const keyed = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  const stays = new Set();
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    while (place && (isMark(place) || stays.has(place))) place = place.nextSibling;
    const key = keyOf(next);
    const known = key ? keyed.get(key) : counterpart(place, next);
    if (known && (sameKind(known, next) || isKept(known))) {
      if (known === place) {
        place = place.nextSibling;
      } else {
        old.insertBefore(known, place);
        differs = true;
      }
      stays.add(known);
      if (renew(known, next, found)) differs = true;
      continue;
    }
    const added = document.importNode(next, true);
    stays.add(added);
    old.insertBefore(added, place);
    if (added.nodeType !== Node.ELEMENT_NODE) continue;
    differs = true;
    window.htmx?.process(added);
    found.added.push(...(key ? [added] : []), ...added.querySelectorAll("[data-id]"));
  }
  for (const left of [...old.childNodes]) {
    if (stays.has(left) || isMark(left) || isKept(left) || holdsWriting(left)) continue;
    differs ||= left.nodeType === Node.ELEMENT_NODE;
    left.remove();
  }
  return differs;
}
