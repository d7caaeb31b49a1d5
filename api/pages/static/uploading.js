// Uploads with progress; without script the form is sent as usual.

export function showUploads() {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!form.dataset.sending) send(form);
    });
  }
}

function send(form) {
  const request = new XMLHttpRequest();
  const shown = form.querySelector(".upload-progress");
  const bar = shown.querySelector("progress");
  const leaving = (event) => event.preventDefault();
  form.dataset.sending = "yes";
  shown.hidden = false;
  addEventListener("beforeunload", leaving);
  request.upload.addEventListener("progress", (event) => {
    const percent = event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 0;
    bar.value = percent;
    shown.querySelector("output").textContent = `${percent} %`;
  });
  request.addEventListener("loadend", () => {
    removeEventListener("beforeunload", leaving);
    delete form.dataset.sending;
    if (request.status === 201) return location.assign(JSON.parse(request.responseText).location);
    if (request.responseURL.includes("/anmelden")) return location.assign(request.responseURL);
    shown.hidden = true;
    tell(form, request);
  });
  request.open("POST", form.action);
  request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
  request.send(new FormData(form));
}

function tell(form, request) {
  let lines = [form.dataset.lost];
  if (request.getResponseHeader("content-type") === "application/json") {
    const told = JSON.parse(request.responseText);
    lines = [told.detail, ...told.fields];
  }
  const box = document.createElement("div");
  box.className = "message problem";
  box.setAttribute("role", "alert");
  for (const line of lines) box.append(Object.assign(document.createElement("p"), { textContent: line }));
  document.getElementById("upload-problem").replaceChildren(box);
  box.scrollIntoView({ block: "center" });
}
