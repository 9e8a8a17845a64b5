/** Signing in: by passkey, by the organisation's own provider, or by a one-time link. */
import { startAuthentication, type PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get, post, wordsOfAct } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { signedIn } from "./operator.ts";
import { Fault, useTitle, Waiting } from "./parts.tsx";
import { signedOut } from "./session-list.ts";

/** The one-time link that was opened and not used yet; null where there is none. */
export const link = signal<string | null>(null);

/** Takes what stands behind `#link=` out of the address at once: it must not stay in the history. */
function takeLink(): void {
  const found = /^#link=(.+)$/.exec(location.hash)?.[1];
  if (found === undefined) return;
  history.replaceState(null, "", location.pathname);
  link.value = found;
}
takeLink();
// A link that is opened in a tab with the console in it loads nothing anew.
addEventListener("hashchange", takeLink);

export function SignIn() {
  useTitle("Sign in");
  const { value: methods, fault } = useAnswer(() => get<"signInMethods">("/sign-in"), []);
  const [failed, setFailed] = useState<string | null>(null);
  const attempt = (way: () => Promise<void>) => {
    setFailed(null);
    void way().catch((error: unknown) => setFailed(wordsOfAct(error)));
  };
  const secret = link.value;
  useEffect(() => {
    link.value = null;
    if (secret !== null) attempt(() => byLink(secret));
  }, [secret]);
  return (
    <main class="sign-in">
      <h1>Samehand</h1>
      {methods !== null && methods.organisation !== "" && <p>{methods.organisation}</p>}
      {signedOut.value && <p role="status">Your sign-in has ended.</p>}
      <Fault words={failed ?? fault} />
      {methods === null ? (
        fault === null && <Waiting what="the ways to sign in" />
      ) : (
        <div class="ways">
          {methods.passkey && (
            <button type="button" class="primary" onClick={() => attempt(byPasskey)}>
              Sign in with a passkey
            </button>
          )}
          {methods.oidc !== null && (
            <a class="button" href={methods.oidc.url}>
              Sign in with {methods.oidc.name}
            </a>
          )}
          {methods.firstRun && (
            <p>
              Nobody has signed in here yet. Open the one-time link that the gateway printed when it started: the line
              with <code>/console/#link=</code>.
            </p>
          )}
          {!methods.firstRun && !methods.passkey && methods.oidc === null && (
            <p>
              Ask an administrator for a one-time link, or make one on the gateway's machine with{" "}
              <code>samehand operators invite NAME</code>.
            </p>
          )}
        </div>
      )}
    </main>
  );
}

async function byLink(secret: string): Promise<void> {
  signedIn(await post<"signInWithLink">("/sign-in/link", { link: secret }));
}

async function byPasskey(): Promise<void> {
  const { challenge, options } = await post<"passkeySignInOptions">("/sign-in/passkey/options", {});
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  const response = await startAuthentication({ optionsJSON });
  signedIn(await post<"signInWithPasskey">("/sign-in/passkey", { challenge, response: { ...response } }));
}
