// Puts an article's link or text into the message that is being written, where the cursor stands.
// Not here: finding articles (htmx) and sending the message (a form).

function composer() {
  return document.querySelector("#compose textarea[name=text]");
}

function show() {
  for (const button of document.querySelectorAll("button[data-insert]")) button.hidden = composer() === null;
}

document.addEventListener("htmx:load", show);
show();

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-insert]");
  const text = composer();
  if (!button || !text) return;
  const { selectionStart: from, selectionEnd: until, value } = text;
  const apart = from > 0 && !/\s$/.test(value.slice(0, from)) ? "\n" : "";
  text.setRangeText(apart + button.dataset.insert, from, until, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
});
