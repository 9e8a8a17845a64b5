/** A draft of the policy: whether it is valid, what it would have done over the last days, and applying it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckedPolicy, Replay } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { post, put, wordsOfAct } from "./api.ts";
import { Fault, Verdict, Waiting } from "./parts.tsx";
import { to } from "./route.ts";
import { dayTime, some } from "./words.ts";

interface DraftProps {
  /** What stands. */
  readonly text: string;
  /** null: the shipped policy, which nobody writes to. */
  readonly file: string | null;
  readonly again: () => void;
}

export function Draft({ text, file, again }: DraftProps) {
  const [draft, setDraft] = useState(text);
  /** What stood when the draft was begun. */
  const [base, setBase] = useState(text);
  const shown = useRef(draft);
  shown.current = draft;
  const write = (next: string) => {
    setDraft(next);
    setChecked(null);
    setReplayed(null);
  };
  const begin = () => {
    setBase(text);
    if (draft !== text) write(text);
  };
  useEffect(() => {
    if (draft === base || draft === text) begin();
  }, [text]);
  const [checked, setChecked] = useState<CheckedPolicy | null>(null);
  const [replayed, setReplayed] = useState<Replay | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [waiting, setWaiting] = useState<string | null>(null);
  const attempt = (what: string, work: () => Promise<void>) => {
    setWaiting(what);
    void work()
      .then(
        () => setFault(null),
        (error: unknown) => setFault(wordsOfAct(error)),
      )
      .then(() => setWaiting(null));
  };
  // An answer about what is not in the field any more is none.
  const check = async () => {
    const answer = await post<"checkPolicy">("/policy/check", { text: draft });
    if (shown.current === draft) setChecked(answer);
  };
  const replay = async () => {
    const answer = await post<"replayPolicy">("/policy/replay", { text: draft, days: 7 });
    if (shown.current === draft) setReplayed(answer);
  };
  const apply = async (reason: string) => {
    try {
      return await put<"applyPolicy">("/policy", { text: draft, reason, replaces: base });
    } catch (error) {
      // another one may stand by now
      again();
      throw error;
    }
  };
  return (
    <section>
      <h2>Try a change</h2>
      <p>
        Nothing changes until you apply it.
        {file === null &&
          " The shipped policy stands, which cannot be written to: copy it, and name the copy under `policy` in the configuration."}
      </p>
      {text !== base && (
        <p class="fault" role="alert">
          The policy was changed since this draft was begun, by somebody else or in its file.{" "}
          <button type="button" onClick={begin}>
            Begin anew from what stands
          </button>
        </p>
      )}
      <label>
        Draft
        <textarea
          class="code"
          rows={18}
          spellcheck={false}
          value={draft}
          onInput={(event) => write(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="button" disabled={waiting !== null} onClick={() => attempt("what follows", check)}>
          Check
        </button>
        <button type="button" disabled={waiting !== null} onClick={() => attempt("the last 7 days", replay)}>
          What would it have done in the last 7 days?
        </button>
        <Act
          label="Apply"
          danger
          disabled={file === null || checked?.valid !== true || draft === text || text !== base}
          meaning="Writes the draft to the policy's file. It takes effect at once, for live sessions too."
          act={apply}
          done={again}
        />
      </div>
      <Fault words={fault} />
      {waiting !== null && <Waiting what={waiting} />}
      {checked !== null && <Checked checked={checked} />}
      {replayed !== null && <Replayed replay={replayed} />}
    </section>
  );
}

function Checked({ checked }: { checked: CheckedPolicy }) {
  if (!checked.valid)
    return (
      <div class="fault" role="alert">
        <pre>{checked.faults.join("\n")}</pre>
      </div>
    );
  const { alert, quarantine, sever } = checked.facts!.thresholds;
  return (
    <p role="status">
      Valid. Thresholds that follow: alert {alert.toFixed(0)}, quarantine {quarantine.toFixed(0)}, sever{" "}
      {sever.toFixed(1)}.
    </p>
  );
}

function Replayed({ replay }: { replay: Replay }) {
  const { before, after } = replay;
  const words = ({ alert, quarantine, sever }: Replay["before"]) =>
    `${some(alert, "alert")}, ${some(quarantine, "quarantine")}, ${some(sever, "sever")}`;
  return (
    <div role="status">
      <p>
        {some(replay.sessions, "session")}, {replay.activeHours.toFixed(1)} active hours since {dayTime(replay.from)}.
        Now: {words(before)}. With the draft: {words(after)}.
        {replay.leftOut > 0 && ` ${some(replay.leftOut, "older session")} left out: there was no time for more.`}
      </p>
      <ul class="lines">
        {replay.changed.map((each) => (
          <li key={each.session}>
            {dayTime(each.startedAt)} <a href={to("agent", each.agent)}>{each.agent}</a>{" "}
            <Verdict verdict={each.before} /> → <Verdict verdict={each.after} />
          </li>
        ))}
      </ul>
    </div>
  );
}
