// The card check without a PIN: which component, reader and card are there. The component hides its answer in the
// pixels of a picture, because it lets no page read its other answers.
const LIMIT = 3000;
const OLDEST_SERVICE = [1, 3, 4];
const FINE = new Set(["ok", "soon", "wait"]);
const PERMISSIONS = ["local-network-access", "loopback-network", "local-network"]; // its name has changed twice

/** The component's answer about readers and cards; rejects when the picture cannot be had. */
function readPicture(origin) {
  return new Promise((resolve, reject) => {
    const picture = new Image();
    const timer = setTimeout(() => reject(new Error("timeout")), LIMIT);
    picture.crossOrigin = "anonymous";
    picture.onerror = () => { clearTimeout(timer); reject(new Error("unreachable")); };
    picture.onload = () => {
      clearTimeout(timer);
      try {
        resolve(JSON.parse(textOf(picture)));
      } catch (error) {
        reject(error);
      }
    };
    picture.src = `${origin}/p11Image.bmp?t=${Date.now()}`;
  });
}

/** The text in the first pixel row: blue, green, red of each pixel, up to the first pixel without blue. */
function textOf(picture) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(picture.naturalWidth, 2000);
  canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, 1).data;
  let text = "";
  for (let at = 0; at < pixels.length && pixels[at + 2]; at += 4) {
    text += String.fromCharCode(pixels[at + 2], pixels[at + 1], pixels[at]);
  }
  return text.replace(/\0+$/, "");
}

function isOld(version) {
  const parts = String(version || "").split(".").map(Number);
  for (const [place, least] of OLDEST_SERVICE.entries()) {
    if ((parts[place] || 0) !== least) return (parts[place] || 0) < least;
  }
  return false;
}

/** The slot to use, and the one with a company's card if there is any. */
export function cardsIn(slots) {
  const filled = slots.filter((slot) => slot.token && typeof slot.token === "object");
  const company = filled.find((slot) => /^M[GT]/.test(slot.token.serialNumber || ""));
  return {chosen: company || filled[0], company};
}

/** What the page says about each part, and which reader to use: 工商憑證 cards are numbered MG or MT. */
export function judge(facts) {
  const slots = facts.slots || [];
  const {chosen, company} = cardsIn(slots);
  const number = chosen?.token.serialNumber || "";
  return {
    version: facts.version || "",
    readers: slots.length,
    serial: number,
    number: number && `${number.slice(0, 6)}****`,
    slot: slots.length > 1 && chosen ? chosen.slotDescription : "",
    component: isOld(facts.serverVersion) ? "old" : "ok",
    reader: slots.length ? "ok" : "none",
    card: company ? "ok" : chosen ? "other" : slots.length ? "none" : "wait",
  };
}

/** Whether this browser was told to keep the page away from this computer; browsers without the permission say no. */
async function refused() {
  for (const name of PERMISSIONS) {
    try {
      if ((await navigator.permissions.query({name})).state === "denied") return true;
    } catch {
      // This browser does not know the permission by this name.
    }
  }
  return false;
}

export async function probe(origin) {
  try {
    return judge(await readPicture(origin));
  } catch {
    return {component: (await refused()) ? "refused" : "missing", reader: "wait", card: "wait", slot: ""};
  }
}

/** Each row shows the blocks of its state and fills the figures in. */
export function show(list, found) {
  for (const row of list.querySelectorAll("[data-card-test]")) {
    const state = found[row.dataset.cardTest];
    row.classList.toggle("tc-test-bad", !FINE.has(state));
    row.classList.toggle("tc-test-off", state === "wait");
    for (const block of row.querySelectorAll("[data-when]")) {
      block.hidden = !block.dataset.when.split(" ").includes(state);
    }
    for (const part of row.querySelectorAll("[data-fill-if]")) part.hidden = !found[part.dataset.fillIf];
    for (const place of row.querySelectorAll("[data-fill]")) place.textContent = found[place.dataset.fill] ?? "";
  }
}

for (const step of document.querySelectorAll("[data-card-step]")) {
  const list = step.querySelector("[data-card-check]");
  const again = step.querySelector("[data-card-again]");
  let running = null;
  const run = () => {
    running ??= probe(step.dataset.readerOrigin).then((found) => {
      running = null;
      if (list) show(list, found);
      return found;
    });
    return running;
  };
  again?.addEventListener("click", run);
  // People go to another window to install or to plug in, and come back.
  window.addEventListener("focus", run);
  // card.js asks here, so that neither file needs the other.
  step.addEventListener("card-probe", (event) => { event.detail.found = run(); });
  run();
}
