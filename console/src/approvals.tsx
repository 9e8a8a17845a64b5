/** What waits for a second person, with the draft where it is a policy. */
import type { Answer, Role } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { get, part, post } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { may, operator } from "./operator.ts";
import { Fault } from "./parts.tsx";
import { to } from "./route.ts";
import { changed, sessionOf } from "./session-list.ts";
import { dayTime } from "./words.ts";

type Approval = Answer<"approvals">["items"][number];
const roleFor: Readonly<Record<Approval["what"], Role>> = { release: "responder", forget: "privacy", policy: "policy" };

/** Whether the operator may say yes to it: somebody else asked, and the role is there. */
export const mayApprove = ({ by, what }: Approval): boolean => by !== operator.value?.name && may(roleFor[what]);

/** What is asked for, with the way to look at it. */
function Asked({ what, on }: Approval) {
  if (what === "policy") return <>apply a policy</>;
  const there = what === "release" ? to("session", on) : to("agent", on);
  const agent = what === "release" ? sessionOf(on)?.agent : on;
  return (
    <>
      {what} <a href={there}>{agent === undefined ? `the session ${on}` : agent}</a>
    </>
  );
}

export function Approvals() {
  const { value, fault, again } = useAnswer(() => get<"approvals">("/approvals"), [changed.value], 10_000);
  if (value === null || value.items.length === 0) return <Fault words={fault} />;
  return (
    <section>
      <h2>Waits for a second person</h2>
      <ul class="lines">
        {value.items.map((each) => (
          <Waiting key={each.id} approval={each} again={again} />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ approval, again }: { approval: Approval; again: () => void }) {
  const { id, what, on, draft, by, reason, expiresAt } = approval;
  return (
    <li>
      <span>
        {by} asks to <Asked {...approval} />: {reason} (until {dayTime(expiresAt)})
      </span>
      <span class="buttons">
        {mayApprove(approval) && (
          <Act
            label="Approve"
            meaning={draft === null ? `It is done at once: ${what} ${on}.` : "The draft stands at once."}
            act={(why) => post<"approve">(`/approvals/${part(id)}/approve`, { reason: why })}
            done={again}
          />
        )}
        {may(roleFor[what]) && (
          <Act
            label={by === operator.value?.name ? "Take back" : "Refuse"}
            meaning="It is not done."
            act={(why) => post<"refuse">(`/approvals/${part(id)}/refuse`, { reason: why })}
            done={again}
          />
        )}
      </span>
      {draft !== null && (
        <details>
          <summary>The draft</summary>
          <pre tabIndex={0}>{draft}</pre>
        </details>
      )}
    </li>
  );
}
