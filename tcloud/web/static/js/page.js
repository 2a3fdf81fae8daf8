// Every page: what has to be mended takes the focus, and a form is sent once. Without this file pages work the same;
// the server refuses or repeats harmlessly what was sent twice.
document.querySelector("[data-errsum]")?.focus();

// A row of tabs that is wider than the phone shows the one we are at.
for (const row of document.querySelectorAll(".tc-desknav, .tc-tabs")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft += here.getBoundingClientRect().right - row.getBoundingClientRect().right + 24;
}

const sent = new Set();

addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  // A form without an address of its own is sent to the page's, and would take its #fragment along: the browser would
  // then give the focus to that place instead of the error summary.
  if (!form.hasAttribute("action")) form.setAttribute("action", location.pathname + location.search);
  if (event.defaultPrevented || form.method !== "post" || !button) return;
  // After the browser has read the form: a disabled button's own value would be missing.
  setTimeout(() => {
    button.disabled = true;
    sent.add(button);
  });
});

// The back button shows a kept page: it can be sent again.
addEventListener("pageshow", () => {
  for (const button of sent) button.disabled = false;
  sent.clear();
});
