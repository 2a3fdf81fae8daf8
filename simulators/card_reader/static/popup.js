// The relay between a page and the component: one request, then the window closes.
const opener = window.opener;

async function relay(event) {
  if (event.source !== opener) return;
  window.removeEventListener("message", relay);
  let func = "";
  try {
    func = JSON.parse(event.data).func;
  } catch {
    // The component itself answers that this is no JSON.
  }
  const paths = {GetUserCert: "/pkcs11info?withcert=true", CheckEnvir: "/pkcs11info", DecryptData: "/decrypt"};
  const answer = await fetch(paths[func] || "/sign", {
    method: "POST",
    headers: {"Content-Type": "application/x-www-form-urlencoded", "X-Caller": event.origin},
    // As the original: the package goes into the body as it is, so a bare "+" arrives as a space.
    body: "tbsPackage=" + event.data,
  });
  if (answer.status === 200) opener.postMessage(await answer.text(), event.origin);
  window.close();
}

if (opener) {
  window.addEventListener("message", relay);
  // Nothing secret is in it, and the page's origin is not known yet.
  opener.postMessage(JSON.stringify({func: "getTbs"}), "*");
} else {
  document.querySelector("[data-alone]").hidden = false;
}
