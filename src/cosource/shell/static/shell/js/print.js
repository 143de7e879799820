// The button of a page for printing; without JavaScript the browser's own menu prints it.

const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => globalThis.print());
}
