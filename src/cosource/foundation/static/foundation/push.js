// The button by which this browser shows notices while no page is open.

const button = document.querySelector("[data-push-key]");

function bytesOf(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

function say(words) {
  const place = document.getElementById("push-said");
  place.textContent = words;
  place.hidden = false;
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") {
    say(button.dataset.denied);
    return;
  }
  const worker = await navigator.serviceWorker.register("/push-worker.js");
  await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(button.dataset.pushKey),
  });
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(button.dataset.address, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  location.reload();
}

if (button && "serviceWorker" in navigator && "PushManager" in window) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    subscribe()
      .catch(() => say(button.dataset.failed))
      .finally(() => {
        button.disabled = false;
      });
  });
} else if (button) {
  say(button.dataset.unable);
}
