// One stream for all of a browser's tabs: every page is told what any of them would have been told.
// Not here: what a page does with it (live.js).

const AGAIN_MILLISECONDS = 60_000;
const pages = new Set();
let source = null;
let reader = "";
let address = "";
let wasLost = false;

function tell(message) {
  for (const page of pages) page.postMessage(message);
}

function listen() {
  source?.close();
  source = new EventSource(address);
  source.onmessage = (event) => tell({ news: JSON.parse(event.data) });
  source.onopen = () => {
    // What happened while the stream was lost is known to nobody.
    if (wasLost) tell({ again: true });
    wasLost = false;
  };
  source.onerror = () => {
    wasLost = true;
    if (source.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(() => {
      if (!source && pages.size > 0) listen();
    }, AGAIN_MILLISECONDS);
  };
}

self.onconnect = (connected) => {
  const page = connected.ports[0];
  page.onmessage = ({ data }) => {
    if (data.leave) {
      pages.delete(page);
      return;
    }
    pages.add(page);
    address = data.address;
    // Somebody else signed in, or the same person acts for another organization.
    if (!source || data.reader !== reader) listen();
    reader = data.reader;
  };
};
