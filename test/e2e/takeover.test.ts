/**
 * A takeover from start to end on real parts: one person enrols and works undisturbed, another takes over in the
 * same session and is quarantined, then severed. What X received, the metrics, the log, the audit chain and the
 * next attempt to connect must all say the same, and nothing typed may be found in any of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import type { Log } from "../../gateway/core/log.ts";
import { agentName } from "../../gateway/core/units.ts";
import { Background } from "../../models/background.ts";
import { enrolColleagues, enrolPerson } from "../parts/colleagues.ts";
import { defaultPolicyFile } from "../../gateway/policy/policy-file.ts";
import { startFarm } from "../parts/farm.ts";
import { paced, PacedClock } from "../parts/paced-clock.ts";
import { startPrometheus, watchers } from "../parts/prometheus.ts";
import { Typist, type TimedEvent } from "../parts/typist.ts";

/** What the presses among these events write. */
const textOf = (events: readonly TimedEvent[]): string =>
  events
    .map((event) =>
      event.kind === "key" && event.pressed && event.keysym < 256 ? String.fromCharCode(event.keysym) : "",
    )
    .join("");

/** Typed by nobody else: must be found nowhere. */
const secret = "quuxwizardzephyr";

t.test(
  "a wrong hand is quarantined, then severed; nothing of it reaches the desktop, and it cannot come back",
  async (t) => {
    t.setTimeout(330_000);
    const lines: string[] = [];
    const note = (fields: Record<string, unknown>, message: string) =>
      void lines.push(JSON.stringify({ ...fields, message }));
    const log: Log = { debug: note, info: note, warn: note, error: note };
    const clock = new PacedClock();
    const farm = await startFarm({
      log,
      clock,
      policy: readFileSync(defaultPolicyFile, "utf8").replace(/^quarantineSeconds: .*$/m, "quarantineSeconds: 20"),
      config: {
        mode: "enforce",
        enrolment: {
          provisional: { keystrokes: 300, actions: 0, days: 0 },
          mature: { keystrokes: 700, actions: 0, days: 0 },
        },
      },
    });
    t.teardown(() => farm.stop());
    const { gateway, desktop } = farm;
    const { tally } = gateway;
    const play = paced(clock, tally);
    const anna = new Typist(1);
    const other = new Typist(2);

    const background = Background.load();
    enrolColleagues(gateway.store, background);
    enrolPerson(gateway.store, background, "anna", 1, 1600);
    await gateway.refreshBackground();
    const enrolled = gateway.store.agent(agentName("anna"));
    t.ok((enrolled?.keystrokes ?? 0) >= 700, `enrolled ${enrolled?.keystrokes} keystrokes`);

    const parts = await watchers();
    const watched = parts === null ? null : await startPrometheus(parts, new URL(gateway.metricsUrl).host);
    t.teardown(() => watched?.stop());

    const session = await farm.viewer("anna");
    const from = desktop.events.length;
    const shift = anna.shift(60, 9);
    const work = [...shift, ...anna.type(secret, (shift.at(-1)?.at ?? 0) + 800, 9)];
    await play(work, session);
    await desktop.ends(secret, from);
    t.equal(tally.sessionsQuarantined, 0, "the agent works undisturbed");
    t.equal(desktop.typed(from), textOf(work), "X received every key of the agent's");

    const takeover = other.shift(3000, 1);
    await play(takeover, session, () => tally.sessionsSevered > 0);
    const end = await session.ended;
    if (watched !== null)
      t.match(await watched.firing("SamehandTakeover", 60_000), { severity: "critical" }, "Prometheus calls somebody");
    t.equal(tally.sessionsQuarantined, 1);
    t.equal(tally.sessionsSevered, 1);
    t.match(end, { status: 0x020b, closeCode: 1008, closeReason: String(0x020b) });
    await desktop.settled();
    const passed = desktop.typed(from).slice(textOf(work).length);
    const whole = textOf(takeover);
    t.ok(whole.startsWith(passed), "X received the beginning of what the other typed");
    t.ok(
      passed.length > 0 && passed.length < whole.length,
      `${passed.length} keys before the verdict, of ${whole.length}`,
    );
    t.equal(tally.instructionsHeld > 0, true, "what came after it was held");

    const again = await ViewerClient.open(`${gateway.tunnelUrl}?token=${await farm.token("anna")}`);
    t.match(await again.ended, { status: 0x0303, closeReason: String(0x0303) }, "the next connection is refused");

    const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
    t.match(metrics, /^samehand_severs_total 1$/m);
    t.match(metrics, /^samehand_quarantines_total 1$/m);
    t.match(metrics, /^samehand_refusals_total\{code="agent-locked"\} 1$/m);
    const told = lines.filter((line) => line.includes('"decision"'));
    t.ok(
      told.some((line) => line.includes('"quarantine"')) && told.some((line) => line.includes('"sever"')),
      "the log says it",
    );
    t.ok(
      gateway.store.decisions(50).some((row) => row.verdict === "sever"),
      "the audit says it",
    );
    t.equal(gateway.store.audit.verify().brokenAt, null);

    const everything = [
      metrics,
      ...lines,
      ...readdirSync(farm.folder).map((file) => readFileSync(join(farm.folder, file), "latin1")),
    ];
    for (const text of everything) t.notMatch(text, secret, "nothing typed is kept");
  },
);
