// Files in a form: dropped, pasted or chosen, listed by name and size, taken out again before they are sent.
// Without this the same field takes files as browsers do it. Not here: what a file may be; the server judges that.

const UNITS = ["B", "KB", "MB", "GB"];
const STEP = 1024;

function sizeOf(bytes) {
  let [amount, unit] = [bytes, 0];
  while (amount >= STEP && unit < UNITS.length - 1) [amount, unit] = [amount / STEP, unit + 1];
  const digits = unit ? 1 : 0;
  const shown = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${shown.format(amount)} ${UNITS[unit]}`;
}

const inputOf = (field) => field.querySelector("input[type=file]");
// What was chosen before: a browser forgets it with every new choice.
const chosen = new WeakMap();

function put(field, files) {
  const carrier = new DataTransfer();
  for (const file of files) carrier.items.add(file);
  inputOf(field).files = carrier.files;
  chosen.set(field, files);
}

function line(words, className = "") {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.className = `fl ${className}`;
  for (const [tag, said] of words) {
    const part = document.createElement(tag);
    part.textContent = said;
    if (tag === "span") part.className = "mute num";
    text.append(part);
  }
  item.append(text);
  return item;
}

function draw(field, refused = []) {
  const list = field.querySelector("[data-files-list]");
  const files = chosen.get(field) ?? [];
  list.replaceChildren(...files.map((file) => {
    const item = line([["bdi", file.name], ["span", sizeOf(file.size)]]);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "flx";
    button.textContent = "×";
    button.setAttribute("aria-label", `${field.dataset.remove}: ${file.name}`);
    button.addEventListener("click", () => {
      put(field, files.filter((other) => other !== file));
      draw(field);
      inputOf(field).focus();
    });
    item.firstChild.append(button);
    return item;
  }), ...refused.map(([file, why]) => {
    const item = line([["bdi", file.name], ["span", why]], "bad");
    item.setAttribute("role", "alert");
    return item;
  }));
}

function add(field, more) {
  const files = [...(chosen.get(field) ?? [])];
  const refused = [];
  const kept = field.querySelectorAll("input[name=file]:checked").length;
  for (const file of more) {
    if (files.some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified)) continue;
    if (file.size > Number(field.dataset.maxBytes)) refused.push([file, field.dataset.tooLarge]);
    else if (files.length + kept >= Number(field.dataset.maxCount)) refused.push([file, field.dataset.tooMany]);
    else files.push(file);
  }
  put(field, files);
  draw(field, refused);
}

const fieldNear = (target) => target.closest?.("form")?.querySelector("[data-files]") ?? null;
const bringsFiles = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("change", (event) => {
  const field = event.target.matches("input[type=file]") ? event.target.closest("[data-files]") : null;
  if (field) add(field, [...event.target.files]);
});

document.addEventListener("dragover", (event) => {
  const field = fieldNear(event.target);
  if (!field || !bringsFiles(event)) return;
  event.preventDefault();
  field.closest("form").classList.add("is-over");
});

document.addEventListener("dragleave", (event) => {
  const form = event.target.closest?.("form.is-over");
  if (form && !form.contains(event.relatedTarget)) form.classList.remove("is-over");
});

document.addEventListener("drop", (event) => {
  const field = fieldNear(event.target);
  if (!field || !bringsFiles(event)) return;
  event.preventDefault();
  field.closest("form").classList.remove("is-over");
  add(field, [...event.dataTransfer.files]);
});

function named(file, field) {
  // Every pasted picture is called the same.
  if (file.name !== "image.png") return file;
  const now = new Date();
  const part = (number) => String(number).padStart(2, "0");
  const day = [now.getFullYear(), part(now.getMonth() + 1), part(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(part).join(".");
  return new File([file], `${field.dataset.pasted} ${day} ${time}.png`, { type: file.type, lastModified: now.getTime() });
}

document.addEventListener("paste", (event) => {
  const field = fieldNear(event.target);
  const found = event.clipboardData;
  // A table that is copied comes as words and as a picture of them: the words are meant.
  if (!field || !found?.files.length || found.types.includes("text/plain")) return;
  event.preventDefault();
  add(field, [...found.files].map((file) => named(file, field)));
});

document.addEventListener("reset", (event) => {
  const field = fieldNear(event.target);
  if (!field) return;
  put(field, []);
  draw(field);
});

// A browser that goes back keeps what was chosen.
for (const field of document.querySelectorAll("[data-files]")) {
  if (inputOf(field).files.length) add(field, [...inputOf(field).files]);
}
