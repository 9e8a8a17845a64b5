/** For administrators: who may sign in, and API tokens. */
import { useEffect, useState } from "preact/hooks";
import type { Role } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { get, part, post, remove } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { useAttempt } from "./attempt.ts";
import { Fault } from "./parts.tsx";
import { dayTime, some } from "./words.ts";

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

interface Named {
  readonly name: string;
  readonly roles: Role[];
  readonly reason: string;
}

interface NewcomerProps {
  readonly label: string;
  /** Whom it would change. */
  readonly known?: readonly { readonly name: string; readonly roles: Role[] }[];
  readonly make: (named: Named) => void;
}

/** Asks for the name, the roles and the reason of somebody or something new. */
function Newcomer({ label, known = [], make }: NewcomerProps) {
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<Role[]>(["viewer"]);
  const [reason, setReason] = useState("");
  const before = known.find((each) => each.name === name.trim());
  // A link for somebody who is known leaves them what they may, unless that is what one changes.
  useEffect(() => setRoles(before?.roles ?? ["viewer"]), [before?.name]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make({ name, roles, reason });
      }}
    >
      <label>
        Name <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <RoleChoice chosen={roles} choose={setRoles} />
      {before !== undefined && (
        <p role="status">
          {before.name} is known, with the roles {before.roles.join(", ")}. From now on they have the ones that are
          chosen here.
        </p>
      )}
      <label>
        Why <input maxLength={300} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <button type="submit" disabled={roles.length === 0}>
        {label}
      </button>
    </form>
  );
}

export function Operators() {
  const { value, fault, again } = useAnswer(() => get<"operators">("/operators"), []);
  const [link, setLink] = useState("");
  const [failed, attempt] = useAttempt(again);
  const invite = async (body: Named) => setLink((await post<"invite">("/operators", body)).url);
  return (
    <section>
      <h2>Operators</h2>
      <Fault words={failed ?? fault} />
      <ul class="lines">
        {value?.items.map((each) => (
          <li key={each.name}>
            <strong>{each.name}</strong> {each.roles.join(", ")}, {some(each.passkeys, "passkey")}
            {each.seenAt !== null && `, last seen ${dayTime(each.seenAt)}`}{" "}
            <Act
              label="Remove"
              on={each.name}
              meaning="Ends their sign-ins, and deletes their passkeys and API tokens. Programs that use those tokens stop working."
              danger
              act={(reason) => remove(`/operators/${part(each.name)}`, reason)}
              done={again}
            />
          </li>
        ))}
      </ul>
      <Newcomer
        label="Make a one-time link"
        known={value?.items ?? []}
        make={(newcomer) => attempt(() => invite(newcomer))}
      />
      {link !== "" && (
        <p role="status">
          Give this to them; it works once, for an hour: <code>{link}</code>
        </p>
      )}
    </section>
  );
}

export function Tokens() {
  const { value, fault, again } = useAnswer(() => get<"tokens">("/tokens"), []);
  const [secret, setSecret] = useState("");
  const [failed, attempt] = useAttempt(again);
  const make = async (body: Named) => setSecret((await post<"makeToken">("/tokens", body)).secret);
  return (
    <section>
      <h2>API tokens</h2>
      <Fault words={failed ?? fault} />
      <ul class="lines">
        {value?.items.map((each) => (
          <li key={each.id}>
            <strong>{each.name}</strong> {each.roles.join(", ")}, of {each.createdBy}
            {each.expiresAt !== null && `, until ${dayTime(each.expiresAt)}`}{" "}
            <Act
              label="Revoke"
              on={`the token ${each.name}`}
              meaning="Whatever uses it stops working at once."
              danger
              act={(reason) => remove(`/tokens/${part(each.id)}`, reason)}
              done={again}
            />
          </li>
        ))}
      </ul>
      <Newcomer label="Make a token" make={(newcomer) => attempt(() => make(newcomer))} />
      {secret !== "" && (
        <p role="status">
          Shown this once: <code>{secret}</code>
        </p>
      )}
    </section>
  );
}
