// A suggestion is taken by pressing it: its value goes into the field, where it can still be changed.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-fill]");
  const field = chip && document.getElementById(chip.dataset.fill);
  if (!field) return;
  field.value = chip.dataset.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});
