// The frame's behaviour: theme, messages, menus, busy bar, focus after a boosted page change.
// Everything here is an enhancement: without it the same pages work by links and forms.
// Not here: keyboard and palette (keys.js), passkeys (passkeys.js).

const root = document.documentElement;
root.classList.add("js");

const YEAR_SECONDS = 365 * 24 * 60 * 60;

function setTheme(theme) {
  if (theme === "system") {
    delete root.dataset.theme;
    delete root.dataset.bsTheme;
  } else {
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme;
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `cosource_theme=${theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
  for (const button of document.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.removeAttribute("open");
  }
}

document.addEventListener("click", (event) => {
  const target = event.target;
  const themeButton = target.closest("button[name=theme]");
  if (themeButton) {
    event.preventDefault();
    setTheme(themeButton.value);
  }
  const closer = target.closest("[data-toast-close]");
  if (closer) closer.closest("[data-toast]").remove();
  const dialogCloser = target.closest("[data-dialog-close]");
  if (dialogCloser) dialogCloser.closest("dialog").close();
  if (target.matches("dialog.dlg")) target.close();
  closeMenus(target.closest("details.menu"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    closeMenus(null);
    menu.querySelector("summary").focus();
  }
});

// Good news leaves by itself after a while; an error stays until it is dismissed.
const SHOWN_MILLISECONDS = 8000;

function retireToasts() {
  for (const toast of document.querySelectorAll("[data-toast]:not(.error):not([data-retiring])")) {
    toast.dataset.retiring = "";
    setTimeout(() => {
      if (!toast.matches(":hover, :focus-within")) toast.remove();
    }, SHOWN_MILLISECONDS);
  }
}
retireToasts();

// A select or checkbox marked so sends its form at once; the form's button stays for those without JavaScript.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// "Mark all" in the head of a table of checkboxes.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});

// ⌘↵ or Ctrl+↵ in a text sends it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector("button.go"));
  }
});

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const source = document.getElementById(copy.dataset.copy);
  navigator.clipboard.writeText(source.innerText.trim()).then(() => {
    copy.querySelector("[data-copy-label]").textContent = copy.dataset.copied;
  });
});

// A row of sections that is wider than the window begins where the reader is.
function showSection() {
  for (const here of document.querySelectorAll("nav.seg > [aria-current]")) {
    const row = here.parentElement;
    const [seen, box] = [row.getBoundingClientRect(), here.getBoundingClientRect()];
    row.scrollLeft += box.left + box.width / 2 - seen.left - seen.width / 2;
  }
}
showSection();

document.addEventListener("htmx:beforeRequest", () => root.classList.add("busy"));
document.addEventListener("htmx:afterRequest", () => root.classList.remove("busy"));
document.addEventListener("htmx:afterSwap", retireToasts);

// After a boosted page change the reader is at the top of the new content, as after a full load.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "frame" && event.detail.elt?.id !== "frame") return;
  closeMenus(null);
  showSection();
  const main = document.getElementById("main");
  if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
});

// Counts asked for by a frame that is replaced meanwhile have no place any more; the new frame asks for its own.
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  if (event.target.matches?.("[data-live-counts]")) htmx.trigger(event.target, "htmx:abort");
});

// A failed or forbidden fragment never fails silently: the full page says what happened.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (requestConfig.verb === "get" && xhr.status !== 409) location.assign(requestConfig.path);
  else if (!xhr.getResponseHeader("HX-Trigger")) showError(root.dataset.saveFailed);
});
// What a refused action says (sent beside its page by the server).
document.addEventListener("cosource:refused", (event) => showError(event.detail.message));
document.addEventListener("htmx:sendError", () => showError(root.dataset.noConnection));

function showError(words) {
  const area = document.getElementById("toasts");
  if (!area || !words) return;
  const toast = document.createElement("div");
  toast.className = "toast-c error";
  toast.dataset.toast = "";
  const text = document.createElement("span");
  text.textContent = words;
  toast.append(text);
  area.append(toast);
}

// A field for the time zone begins with the browser's, unless somebody has written another.
for (const field of document.querySelectorAll("input[data-browser-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && field.value === field.dataset.browserZone) field.value = zone;
}
