// ⌘↵ or Ctrl+↵ anywhere in the form: solved at once. Enter in a line other than the caller's: left open.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-call]");
  if (!form || event.key !== "Enter" || event.target.matches("button, a")) return;
  const solved = event.metaKey || event.ctrlKey;
  if (!solved && !event.target.matches("#title, select, input[type=radio]")) return;
  event.preventDefault();
  event.stopPropagation();
  form.requestSubmit(form.querySelector(`button[value=${solved ? "solved" : "open"}]`));
}, true);
