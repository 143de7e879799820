// Says on the page when a passkey or security key was refused, cancelled, or is not known here; the exchange itself is allauth's.

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const note = document.getElementById("passkey-error");
  const heading = document.querySelector("main h1");
  if (!note || !heading) return;
  heading.after(note);
  note.hidden = false;
});
