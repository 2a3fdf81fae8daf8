// The component on the visitor's computer, through its popup: one request, one answer, and its return codes by name.
const FIRST_WORD_LIMIT = 3500;
const ANSWER_LIMIT = 120000;
const BLOCKED_WITHIN = 1500; // a popup that is gone so soon was shut by the browser or an add-on, not by a person

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

export class Trouble extends Error {
  constructor(name, code = "") {
    super(name);
    this.code = code;
  }
}

/** The component writes codes as signed 32-bit numbers now and then. */
export function troubleOf(answer) {
  const code = Number(answer.ret_code) >>> 0;
  const minor = Number(answer.last_error) >>> 0;
  const written = "0x" + code.toString(16) + (minor ? " / 0x" + minor.toString(16) : "");
  if (code === LOGIN_FAILED) return new Trouble(LOGIN_MESSAGES.get(minor) || "login-failed", written);
  return new Trouble(MESSAGES.get(code) || "unknown", written);
}

/** The component's window, opened inside a click, or the browser takes it for an advertisement. */
export function openPopup(origin) {
  const popup = window.open(`${origin}/popupForm`, "tcloud-card", "height=220,width=360,left=120,top=80");
  if (!popup || popup.closed) throw new Trouble("popup-blocked");
  return popup;
}

/**
 * One request through one popup; resolves with the answer whose `func` is `result`.
 * `packageFor` is called when the component is there, and may still throw.
 */
export function askComponent(origin, popup, result, packageFor) {
  return new Promise((resolve, reject) => {
    const opened = Date.now();
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
      const name = !asked && Date.now() - opened < BLOCKED_WITHIN ? "popup-blocked" : "popup-closed";
      // Its last word may still be on the way.
      setTimeout(() => end(reject, new Trouble(name)), 600);
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
      } else if (said.func === result && asked) {
        end(resolve, said);
      }
    }
    window.addEventListener("message", hear);
  });
}
