/** The policy: what stands, what it did or would have done, and what a draft would have done over the last days. */
import { useState } from "preact/hooks";
import type { PolicyFacts } from "../../gateway/admin/contract/index.ts";
import { get } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Draft } from "./draft.tsx";
import { may } from "./operator.ts";
import { Empty, Fact, Fault, NotYet, useTitle, Verdict, Wide } from "./parts.tsx";
import { to } from "./route.ts";
import { changed } from "./session-list.ts";
import { dayTime, some } from "./words.ts";

export function PolicyPage() {
  const { value, fault, again } = useAnswer(() => get<"policy">("/policy"), [changed.value], 10_000);
  useTitle("Policy");
  if (value === null) return <NotYet title="Policy" what="the policy" fault={fault} />;
  return (
    <article>
      <h1>Policy</h1>
      <Fault words={fault} />
      <p>
        In {value.mode} mode, from {value.file ?? "the shipped policy"}.
      </p>
      <Facts facts={value.facts} failures={value.ruleFailures} />
      <ShadowPart />
      {may("policy") && <Draft text={value.text} file={value.file} again={again} />}
    </article>
  );
}

function Facts({ facts, failures }: { facts: PolicyFacts; failures: Readonly<Record<string, number>> }) {
  const { budget, thresholds } = facts;
  const hours = (perHour: number) =>
    perHour === 0
      ? "never"
      : `one in ${(1 / perHour).toLocaleString(undefined, { maximumSignificantDigits: 3 })} active hours`;
  return (
    <>
      <dl class="facts">
        <Fact name="False quarantines allowed">{hours(budget.falseQuarantinesPerHour)}</Fact>
        <Fact name="False severs allowed">{hours(budget.falseSeversPerHour)}</Fact>
        <Fact name="Thresholds that follow">
          alert {thresholds.alert.toFixed(0)}, quarantine {thresholds.quarantine.toFixed(0)}, sever{" "}
          {thresholds.sever.toFixed(1)}
        </Fact>
        <Fact name="A quarantine waits">{facts.quarantineSeconds} s</Fact>
        <Fact name="A lock lasts">{facts.lockMinutes} min</Fact>
        <Fact name="Agents without a profile">{facts.strangers}</Fact>
      </dl>
      <Wide>
        <table>
          <caption>Rules; the first whose condition holds decides</caption>
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Verdict</th>
              <th scope="col">Because</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {facts.rules.map(({ name, when, then: verdict, because }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {(failures[name] ?? 0) > 0 && (
                    <span class="verdict alert">failed {some(failures[name] ?? 0, "time")}</span>
                  )}
                </th>
                <td>
                  <Verdict verdict={verdict} />
                </td>
                <td>{because}</td>
                <td>
                  <code>{when}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function ShadowPart() {
  const [days, setDays] = useState(7);
  const { value, fault } = useAnswer(() => get<"shadow">(`/policy/shadow?days=${days}`), [days], 30_000);
  return (
    <section>
      <h2>What it did, or would have done in report mode</h2>
      <label>
        Over the last{" "}
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {[1, 7, 30].map((each) => (
            <option key={each} value={each}>
              {some(each, "day")}
            </option>
          ))}
        </select>
      </label>
      <Fault words={fault} />
      {value !== null && (
        <>
          <p>
            {some(value.sessions, "session")}, {value.activeHours.toFixed(1)} active hours:{" "}
            {value.budget.quarantinesPerHour.toFixed(3)} quarantines an active hour; the budget of false ones is{" "}
            {value.budget.allowedPerHour.toFixed(3)}.
          </p>
          {value.items.length === 0 ? (
            <Empty>No session was doubted.</Empty>
          ) : (
            <ul class="lines">
              {value.items.map((item) => (
                <li key={item.session}>
                  <a href={to("session", item.session)}>{dayTime(item.startedAt)}</a>{" "}
                  <a href={to("agent", item.agent)}>{item.agent}</a>{" "}
                  <Verdict verdict={item.wouldBe} report={item.did !== item.wouldBe} />
                  {item.lowestTrust !== null && ` lowest trust ${Math.round(item.lowestTrust)}`}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}
