/** Signing in: by passkey, by the organisation's own provider, or by a one-time link. */
import { startAuthentication, type PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { useEffect, useState } from "preact/hooks";
import { get, post, wordsOf } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { signedIn } from "./operator.ts";
import { Fault, Waiting } from "./parts.tsx";
import { signedOut } from "./session-list.ts";

/** What stands behind `#link=`, taken out of the address at once: it must not stay in the history. */
function takeLink(): string | null {
  const link = /^#link=(.+)$/.exec(location.hash)?.[1] ?? null;
  if (link !== null) history.replaceState(null, "", location.pathname);
  return link;
}
const link = takeLink();

export function SignIn() {
  const { value: methods, fault } = useAnswer(() => get<"signInMethods">("/sign-in"), []);
  const [failed, setFailed] = useState<string | null>(null);
  const attempt = (way: () => Promise<void>) => void way().catch((error: unknown) => setFailed(wordsFor(error)));
  useEffect(() => {
    if (link !== null && !signedOut.value) attempt(() => byLink(link));
  }, []);
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

/** The browser's own errors are about the person, ours about the gateway. */
function wordsFor(error: unknown): string {
  return error instanceof Error && error.name === "NotAllowedError" ? "No passkey was given." : wordsOf(error);
}
