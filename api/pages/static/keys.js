// Single keys, which anybody may switch off (WCAG 2.1.4).

const CHOICE = "eakte.keys";

export function useKeys() {
  const overview = document.getElementById("tasten");
  if (!overview) return;
  const choice = overview.querySelector("[data-use-keys]");
  choice.checked = localStorage.getItem(CHOICE) !== "off";
  choice.addEventListener("change", () => localStorage.setItem(CHOICE, choice.checked ? "on" : "off"));
  document.querySelector("[data-show-keys]").addEventListener("click", () => overview.showModal());
  document.addEventListener("keydown", (event) => {
    if (!choice.checked || event.ctrlKey || event.metaKey || event.altKey || overview.open) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const act = {
      "/": () => document.querySelector("[data-search]")?.select(),
      "?": () => overview.showModal(),
      j: () => neighbour(1)?.click(),
      k: () => neighbour(-1)?.click(),
      ArrowRight: () => document.querySelector("[data-turn=page-on]")?.click(),
      ArrowLeft: () => document.querySelector("[data-turn=page-back]")?.click(),
    }[event.key] ?? pressButton(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// A button of the page that has this key.
function pressButton(key) {
  const button = [...document.querySelectorAll("button[data-key]")].find((one) => one.dataset.key === key);
  return button && (() => button.click());
}

function neighbour(step) {
  const links = [...document.querySelectorAll(".documents .document-list a")];
  return links[links.findIndex((link) => link.ariaCurrent) + step];
}
