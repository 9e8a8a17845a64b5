import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { PassThrough } from "node:stream";
import t from "tap";
import type { SessionInfo } from "../core/session.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import { createLog, logDecision } from "./log.ts";

t.test(
  "where nobody reads the output, what is beyond 16 MB is lost and counted, and the process goes on",
  async (t) => {
    const log = JSON.stringify(new URL("log.ts", import.meta.url).href);
    const metric = JSON.stringify(new URL("log-metric.ts", import.meta.url).href);
    const code = `import { setTimeout as sleep } from "node:timers/promises";
    import { Registry } from "prom-client";
    import { createLog } from ${log};
    import { registerLogMetric } from ${metric};
    const log = createLog("info");
    for (let n = 0; n < 250; n++) log.info({ n, filler: "x".repeat(100_000) }, "line");
    await sleep(10);
    const registry = new Registry();
    registerLogMetric(registry);
    process.send(await registry.metrics());`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    t.teardown(() => child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const [text] = (await once(child, "message")) as [string];
    const lost = Number(/^samehand_log_lines_lost_total (\d+)$/m.exec(text)?.[1]);
    t.ok(lost > 50 && lost < 150, `${lost} of 250 lines of 100 KB were lost`);
    child.disconnect();
    let read = 0;
    for await (const piece of child.stdout as AsyncIterable<Buffer>)
      for (const byte of piece) if (byte === 10) read += 1;
    t.equal(read, 250 - lost, "every other line is read once somebody does");
    t.same(await exited, [0, null]);
  },
);

t.test("a disk that is full takes no line, and the process goes on, and ends when it should", async (t) => {
  if (!existsSync("/dev/full")) {
    t.comment("this system has no /dev/full");
    return;
  }
  const log = JSON.stringify(new URL("log.ts", import.meta.url).href);
  const code = `import { once } from "node:events";
    import { setTimeout as sleep } from "node:timers/promises";
    import { createLog } from ${log};
    const log = createLog("info");
    for (let n = 0; n < 3; n++) {
      log.info({ n }, "line");
      await sleep(80);
    }
    process.send("alive");
    await once(process, "message");
    process.disconnect();`;
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: import.meta.dirname,
    stdio: ["ignore", full, "pipe", "ipc"],
  });
  closeSync(full);
  t.teardown(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  t.same((await Promise.race([once(child, "message"), exited]))[0], "alive");
  child.send("end");
  t.same(await exited, [0, null]);
});

t.test("one decision is one line that explains it, and secrets passed by mistake are not in it", (t) => {
  const out = new PassThrough();
  const log = createLog("info", out);
  const session: SessionInfo = {
    id: sessionId("s-1"),
    agent: agentName("anna"),
    connection: "desk",
    startedAt: epochMillis(0),
    address: "127.0.0.1",
  };
  const decision: Decision = {
    at: millis(5),
    verdict: "alert",
    wouldBe: "quarantine",
    mode: "report",
    trust: 3.14159,
    rule: "mismatch",
    reasons: [{ code: "keyboard-mismatch", text: "holds keys 40 % longer than usual" }],
    keystrokes: 120,
    actions: 14,
  };
  logDecision(log, session, decision);
  log.error({ token: "SECRET", nested: { password: "SECRET" } }, "fault");
  const lines = String(out.read()).trim().split("\n");
  t.equal(lines.length, 2);
  t.match(JSON.parse(lines[0] ?? ""), {
    event: "decision",
    agent: "anna",
    wouldBe: "quarantine",
    trust: 3.14,
    reasons: ["holds keys 40 % longer than usual"],
  });
  t.notMatch(lines[1], /SECRET/);
  t.end();
});
