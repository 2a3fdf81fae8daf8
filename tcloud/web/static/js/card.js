// One card step: PIN from the page to the component on this computer, signature back into a plain form.
// The PIN leaves this page by postMessage to the component's exact origin and in no other way.
const FIRST_WORD_LIMIT = 3500;
const ANSWER_LIMIT = 120000;
const PROBE_LIMIT = 1500;
const CHALLENGE_LIFE = 270000; // the server's challenge lives five minutes
const RENEWED = "card-step-renewed";

const MESSAGES = new Map([
  [0x76000006, "no-card"], [0x7600000d, "timeout"], [0x7600000e, "version-old"], [0x7600000f, "untrusted-site"],
  [0x76000031, "untrusted-site"], [0x76000998, "pin-missing"], [0x76000999, "cancelled"],
  [0x76100001, "component-broken"], [0x76100003, "no-reader"], [0x76100004, "no-reader"],
  [0x76100005, "card-unreadable"], [0x76100008, "card-unreadable"], [0x76100009, "card-unreadable"],
  [0x7610000b, "card-unreadable"], [0x7610000c, "no-certificate"], [0x7610000d, "no-certificate"],
  [0x76500001, "not-yet-valid"], [0x76500002, "expired"], [0x83000101, "wrong-card"], [0x83000102, "wrong-card"],
  [0x83000103, "wrong-card"], [0x83000104, "wrong-card"], [0x83000105, "pin-format"],
]);
const LOGIN_FAILED = 0x76100006;
const LOGIN_MESSAGES = new Map([
  [0xa0, "pin-wrong"], [0xa2, "pin-format"], [0xa4, "pin-locked"],
  [0x80000001, "pin-one-left"], [0x80000002, "pin-two-left"],
]);
const PIN_MESSAGES = new Set(["pin-missing", "pin-format", "pin-wrong", "pin-one-left", "pin-two-left"]);

class Trouble extends Error {
  constructor(name, code = "") {
    super(name);
    this.code = code;
  }
}

/** The component writes codes as signed 32-bit numbers now and then. */
function troubleOf(answer) {
  const code = Number(answer.ret_code) >>> 0;
  const minor = Number(answer.last_error) >>> 0;
  const written = "0x" + code.toString(16) + (minor ? " / 0x" + minor.toString(16) : "");
  if (code === LOGIN_FAILED) return new Trouble(LOGIN_MESSAGES.get(minor) || "login-failed", written);
  return new Trouble(MESSAGES.get(code) || "unknown", written);
}

/** A promise that is given up after a while; what comes later is dropped. */
function within(limit, promise, otherwise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(otherwise), limit))]);
}

/** One request through one popup. `packageFor` is called when the component is there, and may still throw. */
function askComponent(origin, popup, packageFor) {
  return new Promise((resolve, reject) => {
    let asked = false;
    const end = (settle, value) => {
      window.removeEventListener("message", hear);
      clearTimeout(timer);
      clearInterval(watch);
      if (!popup.closed) popup.close();
      settle(value);
    };
    const watch = setInterval(() => {
      if (!popup.closed) return;
      clearInterval(watch);
      // Its last word may still be on the way.
      setTimeout(() => end(reject, new Trouble("popup-closed")), 600);
    }, 300);
    let timer = setTimeout(() => end(reject, new Trouble("component-missing")), FIRST_WORD_LIMIT);

    async function hear(event) {
      if (event.origin !== origin || event.source !== popup) return;
      let said;
      try {
        said = JSON.parse(event.data);
      } catch {
        end(reject, new Trouble("unknown"));
        return;
      }
      if (said.func === "getTbs" && !asked) {
        asked = true;
        clearTimeout(timer);
        timer = setTimeout(() => end(reject, new Trouble("timeout")), ANSWER_LIMIT);
        try {
          const request = await packageFor();
          // The component reads an unescaped form body, where a bare plus sign means a space.
          popup.postMessage(JSON.stringify(request).replace(/\+/g, "%2B"), origin);
        } catch (error) {
          end(reject, error);
        }
      } else if (said.func === "sign" && asked) {
        end(resolve, said);
      }
    }
    window.addEventListener("message", hear);
  });
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
    // Opened inside the click itself, or the browser takes it for an advertisement.
    const popup = window.open(`${origin}/popupForm`, "tcloud-card", "height=220,width=360,left=120,top=80");
    if (!popup || popup.closed) return complain(new Trouble("popup-blocked"));
    setBusy(true);
    try {
      hand(await askComponent(origin, popup, () => packageWith(pin)));
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
