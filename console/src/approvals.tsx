/** What waits for a second person, with the draft where it is a policy. */
import { Act } from "./act.tsx";
import { get, part, post } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Fault } from "./parts.tsx";
import { changed } from "./session-list.ts";
import { dayTime } from "./words.ts";

export function Approvals() {
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
