// 環境檢測. By itself: component, reader and card, from the component's picture. At a click: the popup, and through it
// the card's certificates, which need no PIN to be read. Nothing of what is found leaves the browser.
import {askComponent, openPopup} from "./card_component.js";
import {cardsIn, judge, probe, show} from "./card_probe.js";

const SOON = 45 * 86400000;
const ANSWER = "pkcs11info";
// Kinds of holders, by the object identifier in the certificate.
const KINDS = [
  ["company", "2.16.886.1.100.3.2.2.1.1"], ["company", "2.16.886.1.100.3.2.3.1"], ["branch", "2.16.886.1.100.3.2.3.3.1"],
  ["person", "2.16.886.1.100.3.1.1"], ["other", "2.16.886.1.100.3.2.1"], ["other", "2.16.886.1.100.3.3.1"],
];

/** An object identifier as it stands in a certificate, one character a byte. */
function encoded(identifier) {
  const [first, second, ...rest] = identifier.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const digits = [part & 127];
    for (let left = part >> 7; left; left >>= 7) digits.unshift((left & 127) | 128);
    return digits;
  });
  return String.fromCharCode(6, bytes.length, ...bytes);
}

function kindOf(certificate, number) {
  const text = atob(certificate.certb64 || "");
  const known = KINDS.find(([, identifier]) => text.includes(encoded(identifier)));
  return known ? known[0] : /^M[GT]/.test(number) ? "company" : "other";
}

/** What stands in the card's signing certificate; `now` is the programme's time in milliseconds. */
function judgeCertificate(slots, now) {
  const {chosen} = cardsIn(slots);
  if (!chosen) return {certificate: "wait"};
  const own = (chosen.token.certs || []).find((row) => String(row.usage).includes("digitalSignature"));
  if (!own) return {certificate: "missing"};
  const [from, until] = [own.notBeforeT * 1000, own.notAfterT * 1000];
  const kind = kindOf(own, chosen.token.serialNumber || "");
  const name = /(?:^|[,/+])\s*O=((?:\\.|[^,/+])+)/.exec(own.subjectDN || "");
  const facts = {
    holder: name ? name[1].replace(/\\(.)/g, "$1").trim() : own.subjectCN || "", ubn: own.subjectID || "",
    from: day(from), until: day(until),
  };
  return {...facts, certificate: kind !== "company" ? kind : validity(from, until, now)};
}

function validity(from, until, now) {
  if (now < from) return "early";
  if (now > until) return "expired";
  return until - now < SOON ? "soon" : "ok";
}

/** A day in Taipei as 2026-04-20. */
function day(instant) {
  return new Intl.DateTimeFormat("sv-SE", {timeZone: "Asia/Taipei"}).format(new Date(instant));
}

function start(page) {
  const {readerOrigin: origin, now: programme, machineNow, tolerance} = page.dataset;
  const list = page.querySelector("[data-card-check]");
  const button = page.querySelector("[data-card-certificates]");
  const status = page.querySelector("[data-card-status]");
  const loaded = Date.now();
  const now = () => Date.parse(programme) + Date.now() - loaded;
  const clockWrong = Math.abs(loaded - Date.parse(machineNow)) > Number(tolerance) * 1000;
  const handheld = navigator.userAgentData?.mobile || /Android|iPhone|iPad/.test(navigator.userAgent);
  let found = {popup: "wait", certificate: "wait"};

  function browser() {
    if (handheld) return "handheld";
    if (found.component === "refused") return "refused";
    return clockWrong ? "clock" : "ok";
  }

  function tell() {
    const seen = {...found, browser: browser()};
    if (seen.component === "refused") seen.component = "wait";
    show(list, seen);
    const rows = [...list.querySelectorAll("[data-card-test]")].map((row) => seen[row.dataset.cardTest]);
    const outcome = rows.some((state) => !["ok", "soon", "wait"].includes(state)) ? "bad" : rows.includes("wait") ? "wait" : "good";
    for (const block of page.querySelectorAll("[data-card-outcome]")) block.hidden = block.dataset.cardOutcome !== outcome;
    button.classList.toggle("tc-btn-2", outcome === "good");
    button.disabled = false;
  }

  /** The picture's word on component, reader and card; a certificate read before belongs to the card it was read from. */
  async function look() {
    const seen = await probe(origin);
    const same = seen.serial === found.serial;
    // Where the picture is kept from the page, the popup may have told more.
    if (found.popup === "ok" && found.component === "refused" && seen.reader === "wait") return tell();
    found = {...found, ...seen, ...(same ? {} : {certificate: "wait"})};
    tell();
  }

  async function ask() {
    button.disabled = true;
    status.textContent = page.dataset.busy;
    try {
      const answer = await askComponent(origin, openPopup(origin), ANSWER, () => ({func: "GetUserCert"}));
      const hidden = found.component === "missing" || found.component === "refused";
      const slots = answer.slots || [];
      found = {...found, ...judge(answer), popup: "ok", ...judgeCertificate(slots, now())};
      // The popup answers and the picture does not: the browser keeps this page from the computer.
      if (hidden && found.component === "ok") found.component = "refused";
    } catch (trouble) {
      found = {...found, ...failure(trouble.message), certificate: "wait"};
    }
    status.textContent = "";
    tell();
  }

  /** What a popup without an answer says: shut at once, shut by a person, or open with nobody to talk to. */
  function failure(name) {
    if (name === "popup-blocked") return {popup: "blocked"};
    if (name === "popup-closed") return {popup: "closed"};
    const silent = found.component === "ok" || found.component === "old";
    return silent ? {popup: "silent"} : {popup: "ok", component: found.component === "refused" ? "refused" : "missing"};
  }

  button.addEventListener("click", ask);
  page.querySelector("[data-card-again]").addEventListener("click", look);
  // People go to another window to install or to plug in, and come back.
  window.addEventListener("focus", look);
  // Its times are those of the first visit.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  look();
}

for (const page of document.querySelectorAll("[data-card-check-page]")) start(page);
