// Turning pages and documents without reload: fetch the page a link leads to and swap the regions that differ.

let shown = location.pathname + location.search;
let running = null;
let refreshing = 0;

export function turnInPlace() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-turn]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    load(link.href, { push: true, turn: link.dataset.turn });
  });
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) load(location.href, {});
  });
  refreshLater();
}

async function load(url, { push = false, turn = "", quiet = false }) {
  running?.abort();
  running = new AbortController();
  let response, html;
  try {
    response = await fetch(url, { signal: running.signal, headers: { Accept: "text/html" } });
    html = await response.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (quiet) return refreshLater();
    return location.assign(url); // the browser says best what is wrong with the line
  }
  if (!response.ok || response.redirected) return location.assign(url);
  const page = new DOMParser().parseFromString(html, "text/html");
  const regions = [...document.querySelectorAll("[data-swap]")];
  if (!regions.length || regions.some((region) => !page.getElementById(region.id))) return location.assign(url);
  if (quiet && regions.some((region) => region.contains(document.activeElement) && region !== document.activeElement)) {
    return refreshLater(); // somebody is at work in there
  }
  for (const region of regions) {
    const fresh = page.getElementById(region.id);
    const scrolled = region.scrollTop;
    region.replaceWith(fresh);
    fresh.scrollTop = scrolled;
  }
  document.title = page.title;
  if (push) history.pushState(null, "", url);
  shown = location.pathname + location.search;
  if (!quiet) settle(turn);
  refreshLater();
}

function settle(turn) {
  document.querySelector("[data-swap] [aria-current]")?.scrollIntoView({ block: "nearest" });
  const again = turn === "document" ? ".documents [aria-current]" : `[data-turn="${turn}"]`;
  const next = (turn && document.querySelector(again)) || document.getElementById("leser");
  next?.focus({ preventScroll: true });
  const reader = document.getElementById("leser");
  const top = reader?.getBoundingClientRect().top ?? 0;
  if (top < 0 || top > 0.8 * innerHeight) reader.scrollIntoView(); // below the list on narrow screens
}

function refreshLater() {
  clearTimeout(refreshing);
  const waiting = document.querySelector("[data-refresh]");
  if (!waiting) return;
  refreshing = setTimeout(() => {
    if (document.hidden) refreshLater();
    else load(location.href, { quiet: true });
  }, 1000 * Number(waiting.dataset.refresh));
}
