/**
 * An agent adds a passkey (`/passkey#SECRET`), or confirms a held session with one (`/confirm#SECRET`). The secret
 * stands after `#`, which no server or log sees.
 */
const by = (id) => document.getElementById(id);
const { startRegistration, startAuthentication } = globalThis.SimpleWebAuthnBrowser;
const secret = location.hash.slice(1);
// A secret must not stay in the history; another link that is opened in this tab is this page again.
history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload());

const uses = {
  "/passkey": {
    title: "Add a passkey",
    text: "With it you confirm that it is you, should your desktop ask. It stays on this device.",
    button: "Add a passkey of this device",
    run: (optionsJSON) => startRegistration({ optionsJSON }),
    done: "Done: this device can confirm you from now on. You can close this page.",
  },
  "/confirm": {
    title: "Is it you at the desktop?",
    text: "Your desktop waits. Confirm only if you sit in front of it yourself, and see this address on its screen.",
    button: "Confirm with my passkey",
    run: (optionsJSON) => startAuthentication({ optionsJSON }),
    done: "Confirmed: go on at your desktop. You can close this page.",
  },
};
const use = uses[location.pathname];

/** The browser's own errors, by their names: what it says of them itself is for programmers. */
const faults = {
  NotAllowedError: "No passkey was given: it was cancelled, or took too long. Try again.",
  AbortError: "No passkey was given: it was cancelled. Try again.",
  InvalidStateError: "This device has a passkey for you already.",
  SecurityError: "Passkeys do not work at this address. Please tell your support desk.",
  TypeError: "The gateway cannot be reached. Check your network, then try again.",
  SyntaxError: "The gateway's answer cannot be read. Try again in a moment.",
};

/** @throws Error in words for the agent */
async function ask(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`${answer.detail === "" ? answer.message : answer.detail}. Please ${answer.action}.`);
  return answer;
}

async function go() {
  by("go").disabled = true;
  by("state").textContent = "";
  try {
    const response = await use.run(await ask(`${location.pathname}/options`, { secret }));
    await ask(location.pathname, { secret, response });
    by("state").textContent = use.done;
    by("go").hidden = true;
  } catch (error) {
    by("state").textContent = faults[error.name] ?? error.message;
    by("go").disabled = false;
  }
}

document.title = `${use.title} · Samehand`;
by("title").textContent = use.title;
by("text").textContent = use.text;
by("go").textContent = use.button;
by("go").addEventListener("click", () => void go());
