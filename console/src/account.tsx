/** One's own passkeys; what waits for a second person; and for administrators, operators and API tokens. */
import { startRegistration, type PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/browser";
import { Act } from "./act.tsx";
import { get, part, post, remove } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Approvals } from "./approvals.tsx";
import { useAttempt } from "./attempt.ts";
import { may, operator } from "./operator.ts";
import { Operators, Tokens } from "./operators.tsx";
import { Fault, useTitle, Waiting } from "./parts.tsx";
import { dayTime, zone } from "./words.ts";

export function AccountPage() {
  const who = operator.value!;
  useTitle("Account");
  return (
    <article>
      <h1>Account</h1>
      <p>
        {who.name}, {who.roles.join(", ")}, signed in by {who.by}
        {who.expiresAt !== null && ` until ${dayTime(who.expiresAt)}`}. Times are in {zone}.
      </p>
      {who.by === "oidc" ? <p>Passkeys are the identity provider's, where you sign in.</p> : <Passkeys />}
      <Approvals />
      {may("admin") && <Operators />}
      {may("admin") && <Tokens />}
    </article>
  );
}

function Passkeys() {
  const { value, fault, again } = useAnswer(() => get<"passkeys">("/passkeys"), []);
  const [failed, attempt] = useAttempt(again);
  return (
    <section>
      <h2>Passkeys</h2>
      {value?.items.length === 0 && <p>Add one now: a link signs in only once.</p>}
      <Fault words={failed ?? fault} />
      {value === null && fault === null && <Waiting what="passkeys" />}
      <ul class="lines">
        {value?.items.map(({ id, name, createdAt, usedAt }) => (
          <li key={id}>
            {name}, since {dayTime(createdAt)}
            {usedAt !== null && `, last used ${dayTime(usedAt)}`}{" "}
            <Act
              label="Remove"
              on={`the passkey ${name}`}
              meaning="It signs nobody in any more. Without another passkey you need a one-time link."
              danger
              act={(reason) => remove(`/passkeys/${part(id)}`, reason)}
              done={again}
            />
          </li>
        ))}
      </ul>
      <button type="button" class="primary" onClick={() => attempt(addPasskey)}>
        Add a passkey
      </button>
    </section>
  );
}

async function addPasskey(): Promise<void> {
  const { challenge, options } = await post<"passkeyOptions">("/passkeys/options", {});
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  const response = await startRegistration({ optionsJSON });
  const name = `${new Date().toLocaleDateString()} ${navigator.platform}`.slice(0, 64);
  await post<"addPasskey">("/passkeys", { challenge, name, response: { ...response } });
}
