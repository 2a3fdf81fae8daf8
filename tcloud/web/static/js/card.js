// One card step: PIN from the page to the component on this computer, signature back into a plain form.
// The PIN leaves this page by postMessage to the component's exact origin and in no other way.
import {Trouble, askComponent, openPopup, troubleOf} from "./card_component.js";

const PROBE_LIMIT = 1500;
const CHALLENGE_LIFE = 270000; // the server's challenge lives five minutes
const RENEWED = "card-step-renewed";

const PIN_MESSAGES = new Set(["pin-missing", "pin-format", "pin-wrong", "pin-one-left", "pin-two-left"]);

/** A promise that is given up after a while; what comes later is dropped. */
function within(limit, promise, otherwise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(otherwise), limit))]);
}

function start(step) {
  const pinField = step.querySelector("[data-card-pin]");
  const button = step.querySelector("[data-card-go]");
  const status = step.querySelector("[data-card-status]");
  const errors = step.querySelector("[data-card-error]");
  const form = step.querySelector("[data-card-form]") || document.querySelector("[data-card-form]");
  const origin = step.dataset.readerOrigin;
  const loaded = Date.now();
  let busy = false;

  const message = (name) =>
    step.querySelector(`template[data-card-message="${name}"]`) || step.querySelector('template[data-card-message="unknown"]');

  function say(name) {
    status.textContent = name ? message(name).content.textContent.trim() : "";
  }

  function complain(trouble) {
    const words = message(trouble.message).content.cloneNode(true);
    for (const place of words.querySelectorAll("[data-card-code]")) place.textContent = trouble.code || "";
    for (const block of words.querySelectorAll("[data-card-coded]")) block.hidden = !trouble.code;
    for (const link of words.querySelectorAll("[data-card-trust]")) {
      link.href = `${origin}/addDomain?domain=${encodeURIComponent(location.hostname)}`;
    }
    errors.replaceChildren(words);
    errors.hidden = false;
    if (PIN_MESSAGES.has(trouble.message)) pinField.focus();
  }

  function setBusy(on) {
    busy = on;
    // The attribute itself greys the button, whatever its value.
    if (on) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    step.setAttribute("aria-busy", String(on));
    say(on ? "busy" : "");
  }

  /** What is in the reader right now, so that no PIN goes to a card it does not belong to. */
  async function checkReader() {
    const detail = {};
    step.dispatchEvent(new CustomEvent("card-probe", {detail}));
    const found = await within(PROBE_LIMIT, detail.found || Promise.resolve(null), null);
    if (found?.component === "old") throw new Trouble("version-old");
    if (found?.reader === "none") throw new Trouble("no-reader");
    if (found?.card === "none") throw new Trouble("no-card");
    if (found?.card === "other") throw new Trouble("wrong-card");
    return found?.slot || "";
  }

  async function packageWith(pin) {
    const slot = await checkReader();
    const request = {
      func: "MakeSignature",
      signatureType: step.dataset.signType,
      tbs: step.dataset.tbs,
      tbsEncoding: "base64",
      hashAlgorithm: "SHA256",
      pin: pin,
      nonce: step.dataset.nonce || "",
      withCardSN: "true",
    };
    if (slot) request.slotDescription = slot;
    return request;
  }

  function hand(answer) {
    if (Number(answer.ret_code) !== 0) throw troubleOf(answer);
    if (!answer.signature) throw new Trouble("unknown");
    const values = {signature: answer.signature, certificate: answer.certb64, card_sn: answer.cardSN};
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value || "";
    say("sending");
    // Full page, so that redirects, refusals and the browser's history work as anywhere else.
    form.submit();
  }

  async function go() {
    if (busy) return;
    errors.hidden = true;
    const pin = pinField.value;
    if (!pin) return complain(new Trouble("pin-missing"));
    pinField.value = "";
    if (!/^[0-9]{6,8}$/.test(pin)) return complain(new Trouble("pin-format"));
    if (Date.now() - loaded > CHALLENGE_LIFE) return renew();
    try {
      const popup = openPopup(origin);
      setBusy(true);
      hand(await askComponent(origin, popup, "sign", () => packageWith(pin)));
    } catch (error) {
      setBusy(false);
      complain(error instanceof Trouble ? error : new Trouble("unknown"));
    }
  }

  /** The page stood open longer than its challenge lives: get a new one, and say why the PIN is asked again. */
  function renew() {
    sessionStorage.setItem(RENEWED, "1");
    location.replace(location.pathname + location.search);
  }

  button.addEventListener("click", go);
  pinField.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go();
  });
  window.addEventListener("pagehide", () => { pinField.value = ""; });
  // Back from the next page by the browser's history: the challenge has been used.
  window.addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
  if (sessionStorage.getItem(RENEWED)) {
    sessionStorage.removeItem(RENEWED);
    say("renewed");
    pinField.focus();
  }
  pinField.disabled = false;
  button.disabled = false;
}

for (const step of document.querySelectorAll("[data-card-step]")) start(step);
