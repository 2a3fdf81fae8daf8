// The solution page: choosing a plan shows its own price split and refund table. Without this file the page
// shows them for the plan in the address, and the next page says every sum again before anything happens.
const form = document.querySelector("[data-plan-form]");

function show(id) {
  for (const block of document.querySelectorAll("[data-plan]")) block.hidden = block.dataset.plan !== id;
  for (const label of form.querySelectorAll(".tc-plan")) {
    label.classList.toggle("tc-plan-on", label.querySelector("input").checked);
  }
}

form?.addEventListener("change", (event) => {
  if (event.target.name === "plan") show(event.target.value);
});

// Going back in the browser keeps the radio button, not what belonged to it.
const kept = form?.querySelector("input[name=plan]:checked");
if (kept) show(kept.value);
