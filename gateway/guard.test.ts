/** A hold inside of a real guacamole-lite server, before a guacd without a desktop: what passes, and what does not. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import GuacamoleLite from "guacamole-lite";
import Crypt from "guacamole-lite/lib/Crypt.js";
import t from "tap";
import { newKeyLine } from "./core/key-ring.ts";
import { silentLog } from "./core/log.ts";
import { FakeGuacd } from "../test/fixtures/fake-guacd.ts";
import { TestViewer } from "../test/fixtures/proxy-bench.ts";
import { press, until } from "../test/reliability/rig.ts";
import { guard } from "./guard.ts";

const key = "0123456789abcdef0123456789abcdef";

t.test("a session of a guarded server is held, released and severed by an operator", async (t) => {
  const guacd = await FakeGuacd.start();
  t.teardown(() => guacd.stop());
  const folder = t.testdir({ keys: newKeyLine(new Date(0)) });
  const server = createServer();
  const lite = new GuacamoleLite(
    { server },
    { host: "127.0.0.1", port: guacd.port },
    { crypt: { cypher: "AES-256-CBC", key }, log: { level: "QUIET" } },
  );
  const config = {
    mode: "enforce",
    metrics: { port: 0 },
    admin: { port: 0 },
    keys: { file: `${folder}/keys` },
    store: `${folder}/store.db`,
  };
  const gateway = await guard(lite, { config, log: silentLog });
  t.teardown(() => gateway.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const token = new Crypt("AES-256-CBC", key).encrypt({
    connection: { type: "vnc", settings: { hostname: "desk", username: "anna" } },
  });
  const next = guacd.next();
  const viewer = new TestViewer(`ws://127.0.0.1:${port}/?token=${encodeURIComponent(token)}`);
  await viewer.saw("0.,36.");
  const user = await next;
  const [id] = gateway.proxy.sessions.keys();
  const operate = async (kind: "quarantine" | "release" | "sever") =>
    t.same(await gateway.fleet.ask("act", { id, act: { kind, operator: "olga", reason: "a test" } }), ["done"], kind);

  press(viewer, 0x61);
  await user.saw("3.key,2.97,1.0;");
  await operate("quarantine");
  t.equal(gateway.tally.sessionsHeld, 1);
  press(viewer, 0x62);
  await until(() => gateway.tally.instructionsHeld === 2, "the key arrives");
  await operate("release");
  await until(() => gateway.tally.sessionsHeld === 0, "the picture is back");
  press(viewer, 0x63);
  await user.saw("3.key,2.99,1.0;");
  t.notMatch(user.received, "3.key,2.98", "what was typed in the hold is gone");
  await operate("sever");
  t.match(await viewer.closed, { code: 1008 });
  t.equal(gateway.store.agents()[0]?.name, "anna");
});
