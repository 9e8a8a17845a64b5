/** What to do while nothing is there yet: from empty to the first report. */
import { get } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { to } from "./route.ts";
import { mode } from "./session-list.ts";

export function Guide() {
  const { value: agents } = useAnswer(() => get<"agents">("/agents?limit=20"), [], 5000);
  const { value: grown } = useAnswer(() => get<"agents">("/agents?limit=1&maturity=mature"), [], 5000);
  const { value: shadow } = useAnswer(() => get<"shadow">("/policy/shadow?days=7"), [], 30_000);
  const steps: readonly (readonly [done: boolean, what: string, how: string])[] = [
    [true, "The gateway runs", `It is in ${mode.value} mode.`],
    [
      agents?.items.some(({ learned }) => learned.keystrokes + learned.actions > 0) === true,
      "An agent works through it",
      "Open a desktop by a link of the farm's, or with samehand token.",
    ],
    [
      (grown?.total ?? 0) > 0,
      "A profile is known well enough",
      "It grows while the agent works: a few thousand keystrokes over some days. From the second one on agents are compared with one another; one alone is judged by little more than typing.",
    ],
    [
      (shadow?.activeHours ?? 0) >= 8,
      "A first report",
      "After eight hours of work, see under Policy what was done, or in report mode would have been.",
    ],
  ];
  return (
    <section class="guide" aria-label="First steps">
      <h2>No session is live</h2>
      <ol>
        {steps.map(([done, what, how]) => (
          <li key={what} class={done ? "done" : ""}>
            <strong>
              {what}
              <span class="hidden">{done ? " (done)" : " (to do)"}</span>
            </strong>
            <br />
            {how}
          </li>
        ))}
      </ol>
      <p>
        Who is enrolled stands under <a href={to("agents")}>Agents</a>.
      </p>
    </section>
  );
}
