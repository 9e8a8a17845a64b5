/**
 * Writes to a store for ever, in a process of its own that is killed: profiles whose every byte says which version they
 * are, locks, tokens, sessions and decisions. After each write it prints what a reader must find from then on.
 */
import { parseKeyRing } from "../../gateway/core/key-ring.ts";
import { agentName, epochMillis, millis, sessionId } from "../../gateway/core/units.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { agents, crashLife } from "./crash.ts";

const [path = "", ring = ""] = process.argv.slice(2);
const store = openStore({ path, keys: parseKeyRing(ring, "crash"), pollMillis: 20 });
const tell = (what: string, ...fields: (string | number)[]): void =>
  void process.stdout.write(`${[what, ...fields].join(" ")}\n`);
const decision = {
  at: millis(0),
  verdict: "alert",
  wouldBe: "alert",
  mode: "enforce",
  trust: 50,
  rule: "crash",
  reasons: [],
  keystrokes: 0,
  actions: 0,
} as const;

for (let round = 0; ; round++)
  for (const name of agents) {
    const agent = agentName(name);
    const { id } = store.enrol(agent);
    const saved = store.updateProfile(id, (newest) => {
      const keystrokes = (newest?.keystrokes ?? 0) + 1;
      return { keystrokes, actions: keystrokes, days: 1, body: Buffer.alloc(60_000, keystrokes % 251) };
    });
    const version = saved?.keystrokes ?? 0;
    tell("profile", name, version);
    store.lock(agent, epochMillis(Date.now() + crashLife + version * 1000), `round ${version}`);
    tell("lock", name, version);
    const token = `${name}-${version}`;
    await store.spend(token, epochMillis(Date.now() + crashLife));
    tell("token", token);
    const session = sessionId(`${name}-${version}`);
    store.sessionStarted({ id: session, agent, connection: "desk", startedAt: epochMillis(Date.now()), address: "" });
    store.decided(session, agent, decision);
    tell("decision", store.decisions(1)[0]?.seq ?? 0);
  }
