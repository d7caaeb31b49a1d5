// Every page works without this; it spares reloads and waiting.
import { useKeys } from "./keys.js";
import { turnInPlace } from "./turning.js";
import { showUploads } from "./uploading.js";

document.documentElement.classList.add("js");
turnInPlace();
useKeys();
showUploads();

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

// A form is sent once, however often it is clicked.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A menu closes when somebody goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
