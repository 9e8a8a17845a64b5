/** One's own passkeys; what waits for a second person; and for administrators, operators and API tokens. */
import { startRegistration, type PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/browser";
import { useState } from "preact/hooks";
import type { Role } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { get, part, post, remove, wordsOf } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { may, operator } from "./operator.ts";
import { Fault, Waiting } from "./parts.tsx";
import { changed } from "./session-list.ts";
import { Sure } from "./sure.tsx";
import { dayTime, some, zone } from "./words.ts";

export function AccountPage() {
  const who = operator.value!;
  return (
    <article>
      <h1>Account</h1>
      <p>
        {who.name}, {who.roles.join(", ")}, signed in by {who.by}
        {who.expiresAt !== null && ` until ${dayTime(who.expiresAt)}`}. Times are in {zone}.
      </p>
      <Passkeys />
      <Approvals />
      {may("admin") && <Operators />}
      {may("admin") && <Tokens />}
    </article>
  );
}

/** Runs what a button does, and shows why it failed. */
function useAttempt(
  again: () => void,
): readonly [fault: string | null, attempt: (work: () => Promise<unknown>) => void] {
  const [fault, setFault] = useState<string | null>(null);
  const attempt = (work: () => Promise<unknown>) =>
    void work()
      .then(() => setFault(null))
      .then(again)
      .catch((error: unknown) => setFault(wordsOf(error)));
  return [fault, attempt];
}

function Passkeys() {
  const { value, fault, again } = useAnswer(() => get<"passkeys">("/passkeys"), []);
  const [failed, attempt] = useAttempt(again);
  return (
    <section>
      <h2>Passkeys</h2>
      {operator.value?.passkeys === 0 && <p>Add one now: a link signs in only once.</p>}
      <Fault words={failed ?? fault} />
      {value === null && fault === null && <Waiting what="passkeys" />}
      <ul class="lines">
        {value?.items.map(({ id, name, createdAt, usedAt }) => (
          <li key={id}>
            {name}, since {dayTime(createdAt)}
            {usedAt !== null && `, last used ${dayTime(usedAt)}`}{" "}
            <Sure
              label="Remove"
              on={`the passkey ${name}`}
              meaning="It signs nobody in any more. Without another passkey you need a one-time link."
              act={() => attempt(() => remove<"removePasskey">(`/passkeys/${part(id)}`))}
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

function Approvals() {
  const { value, fault, again } = useAnswer(() => get<"approvals">("/approvals"), [changed.value], 10_000);
  if (value === null || value.items.length === 0) return <Fault words={fault} />;
  return (
    <section>
      <h2>Waits for a second person</h2>
      <ul class="lines">
        {value.items.map(({ id, what, on, draft, by, reason, expiresAt }) => (
          <li key={id}>
            {by} asks to {draft === null ? `${what} ${on}` : "apply a policy"}: {reason} (until {dayTime(expiresAt)})
            <span class="buttons">
              <Act
                label="Approve"
                meaning={draft === null ? `It is done at once: ${what} ${on}.` : "The draft stands at once."}
                act={(why) => post<"approve">(`/approvals/${part(id)}/approve`, { reason: why })}
                done={again}
              />
              <Act
                label="Refuse"
                meaning="It is not done."
                act={(why) => post<"refuse">(`/approvals/${part(id)}/refuse`, { reason: why })}
                done={again}
              />
            </span>
            {draft !== null && (
              <details>
                <summary>The draft</summary>
                <pre tabIndex={0}>{draft}</pre>
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const allRoles: readonly Role[] = ["viewer", "responder", "policy", "privacy", "admin"];

function RoleChoice({ chosen, choose }: { chosen: readonly Role[]; choose: (roles: Role[]) => void }) {
  return (
    <fieldset class="choice">
      <legend>Roles</legend>
      {allRoles.map((role) => (
        <label key={role}>
          <input
            type="checkbox"
            checked={chosen.includes(role)}
            onChange={(event) =>
              choose(event.currentTarget.checked ? [...chosen, role] : chosen.filter((each) => each !== role))
            }
          />{" "}
          {role}
        </label>
      ))}
    </fieldset>
  );
}

function Operators() {
  const { value, fault, again } = useAnswer(() => get<"operators">("/operators"), []);
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<Role[]>(["viewer"]);
  const [link, setLink] = useState("");
  const [failed, attempt] = useAttempt(again);
  const invite = async () => setLink((await post<"invite">("/operators", { name, roles })).url);
  return (
    <section>
      <h2>Operators</h2>
      <Fault words={failed ?? fault} />
      <ul class="lines">
        {value?.items.map((each) => (
          <li key={each.name}>
            <strong>{each.name}</strong> {each.roles.join(", ")}, {some(each.passkeys, "passkey")}
            {each.seenAt !== null && `, last seen ${dayTime(each.seenAt)}`}{" "}
            <Sure
              label="Remove"
              on={each.name}
              meaning="Ends their sign-ins, and deletes their passkeys and API tokens. Programs that use those tokens stop working."
              act={() => attempt(() => remove<"removeOperator">(`/operators/${part(each.name)}`))}
            />
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(invite);
        }}
      >
        <label>
          Name <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <RoleChoice chosen={roles} choose={setRoles} />
        <button type="submit" disabled={roles.length === 0}>
          Make a one-time link
        </button>
      </form>
      {link !== "" && (
        <p role="status">
          Give this to them; it works once, for an hour: <code>{link}</code>
        </p>
      )}
    </section>
  );
}

function Tokens() {
  const { value, fault, again } = useAnswer(() => get<"tokens">("/tokens"), []);
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<Role[]>(["viewer"]);
  const [secret, setSecret] = useState("");
  const [failed, attempt] = useAttempt(again);
  const make = async () => setSecret((await post<"makeToken">("/tokens", { name, roles })).secret);
  return (
    <section>
      <h2>API tokens</h2>
      <Fault words={failed ?? fault} />
      <ul class="lines">
        {value?.items.map((each) => (
          <li key={each.id}>
            <strong>{each.name}</strong> {each.roles.join(", ")}, of {each.createdBy}
            {each.expiresAt !== null && `, until ${dayTime(each.expiresAt)}`}{" "}
            <Sure
              label="Revoke"
              on={`the token ${each.name}`}
              meaning="Whatever uses it stops working at once."
              act={() => attempt(() => remove<"revokeToken">(`/tokens/${part(each.id)}`))}
            />
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(make);
        }}
      >
        <label>
          Name <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <RoleChoice chosen={roles} choose={setRoles} />
        <button type="submit" disabled={roles.length === 0}>
          Make a token
        </button>
      </form>
      {secret !== "" && (
        <p role="status">
          Shown this once: <code>{secret}</code>
        </p>
      )}
    </section>
  );
}
