// Shows notices while no page is open, and opens what they are about. Served from the root, so that it covers the whole site.

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // A message that cannot be read still has to be shown as something.
  }
  const title = said.title || "Cosource";
  event.waitUntil(
    self.registration.showNotification(title, {
      body: said.body || "",
      tag: said.tag || undefined,
      data: { url: said.url || "/notices/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/notices/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((open) => {
      const there = open.find((page) => page.url === target.href);
      return there ? there.focus() : self.clients.openWindow(target.href);
    }),
  );
});
