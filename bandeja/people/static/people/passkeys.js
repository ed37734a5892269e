// Passkeys. A form with data-passkey asks the device before it is sent: "make" makes one, "ask" proves with one that
// the page's options allow, "enter" with any of this site's. What the device answers goes into the field `credential`.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const spell = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function make({ publicKey }) {
  const wanted = { ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true };
  return navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
      authenticatorSelection: { ...wanted, userVerification: "required" },
    },
  });
}

async function ask({ publicKey }) {
  return navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: known(publicKey.allowCredentials),
    },
  });
}

function told(credential) {
  const { response } = credential;
  const said = { clientDataJSON: spell(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[part]) said[part] = spell(response[part]);
  return JSON.stringify({
    id: credential.id,
    rawId: spell(credential.rawId),
    type: credential.type,
    response: said,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function options(form) {
  if (form.dataset.passkey !== "enter") return JSON.parse(document.getElementById("passkey-options").textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  return answer.json();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !window.PublicKeyCredential && form.dataset.passkey === "enter";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { creation_options: making, request_options: asking } = await options(form);
      form.elements.credential.value = told(making ? await make(making) : await ask(asking));
      form.submit();
    } catch {
      form.querySelector("[data-passkey-trouble]").hidden = false; // refused, dismissed, or the time was up
    }
  });
}
