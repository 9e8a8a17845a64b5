/** A worker that is asked for something while it starts. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { loadConfig } from "../../config/load.ts";
import { writeFolder } from "../../test/reliability/rig.ts";
import type { BusMessage } from "../fleet/bus.ts";
import type { FromWorker, ToWorker } from "../fleet/messages.ts";
import { run } from "./worker.ts";

/** @returns how to tell it something, what it says, and its exit code */
function stage(t: Test) {
  const folder = writeFolder(9, { workers: 2, log: { level: "error" } });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { config } = loadConfig(join(folder, "samehand.yaml"), {});
  const said: FromWorker[] = [];
  let hear = (_message: unknown): void => {};
  let heard = (): void => {};
  // Nothing stands: a worker asks until it is told so.
  const answer = async (message: BusMessage): Promise<void> => {
    await Promise.resolve();
    if (message.bus === "ask") hear({ bus: "answers", id: message.id, answers: [], missing: 0 });
  };
  const parent = {
    send(message: object) {
      if ("bus" in message) {
        void answer(message as BusMessage);
        return;
      }
      said.push(message as FromWorker);
      heard();
    },
    onMessage: (listener: typeof hear) => void (hear = listener),
    onGone() {},
    close() {},
  };
  const ended = run([], { parent, env: {}, stdout: process.stdout, stderr: process.stderr });
  const tell = (message: ToWorker): void => hear(message);
  const says = async (count: number): Promise<void> => {
    while (said.length < count) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { folder, config, tell, said, says, ended };
}

t.test("what is asked of a worker that starts is done once it has", async (t) => {
  const { folder, config, tell, said, says, ended } = stage(t);
  tell({ start: { name: "1", config, developmentTls: null } });
  const policy = join(folder, "bad-policy.yaml");
  writeFileSync(policy, "rules: none");
  tell({ reload: { ...config, policy } });
  tell({ drain: true });
  await says(3);
  t.match(said, [
    { listening: { port: Number } },
    { done: "reload", refused: { code: "policy-invalid" } },
    { done: "drain", refused: null },
  ]);
  tell({ close: true });
  t.equal(await ended, 0);
});
