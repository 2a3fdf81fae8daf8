// An open order page hears from the event stream that its order changed, and fetches its own part anew.
const part = document.querySelector("[data-live]");

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (answer.redirected) {
    location.assign(answer.url);
    return;
  }
  if (answer.ok) {
    part.innerHTML = await answer.text();
  }
}

if (part && part.dataset.live) {
  const stream = new EventSource(part.dataset.live);
  stream.addEventListener("changed", refresh);
  // Coming back by the back button shows a kept page: read it anew.
  window.addEventListener("pageshow", (event) => event.persisted && refresh());
}
