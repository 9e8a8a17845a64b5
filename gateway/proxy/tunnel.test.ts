import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../core/errors.ts";
import { instruction } from "../protocol/guacamole/instructions.ts";
import { decision } from "../../test/fixtures/decision.ts";
import { ProxyBench } from "../../test/fixtures/proxy-bench.ts";

const key = (keysym: number, pressed: 0 | 1): string => instruction("key", keysym, pressed);
const mouse = (x: number, y: number, mask: number): string => instruction("mouse", x, y, mask);

t.test("relays a session both ways", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  t.match(user.handshake, /^6\.select,3\.vnc;4\.size,4\.1024,3\.768,2\.96;/);
  t.match(user.handshake, "8.10.0.0.1,4.5900,6.hidden");
  t.match(viewer.messages[0], /^0\.,36\.[0-9a-f-]{36};$/);
  viewer.send(key(65, 1) + key(65, 0));
  viewer.send(mouse(10, 20, 1));
  await user.saw(mouse(10, 20, 1));
  t.equal(user.received, key(65, 1) + key(65, 0) + mouse(10, 20, 1));
  t.same(watch.keys, [
    [65, true],
    [65, false],
  ]);
  t.same(watch.pointers, [[10, 20, 1]]);
  const display =
    instruction("size", 0, 1024, 768) + instruction("name", "Schreibtisch ä 🖥") + instruction("sync", 5, 1);
  user.send(display);
  await viewer.saw("4.sync");
  t.equal(viewer.messages.slice(1).join(""), display);
  viewer.send(instruction("sync", 5));
  await user.saw(instruction("sync", 5));
  t.equal(watch.roundTrips.length, 1);
  viewer.send(instruction("", "ping", 1700000000000));
  await viewer.saw("0.,4.ping,13.1700000000000;");
  viewer.socket.close();
  await user.closed;
  t.match(user.received, /10\.disconnect;$/);
  t.equal(watch.closedWith, null);
  t.equal(bench.tally.sessionsLive, 0);
});

t.test("the display arrives the same however guacd's bytes are cut", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user } = await bench.session();
  const display = Buffer.from(
    instruction("name", "é€🖥") + instruction("img", 1, 14, 0, "image/png", 0, 0) + instruction("sync", 7),
  );
  let expected = "";
  for (let cut = 1; cut < display.length; cut += 1) {
    user.send(display.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    user.send(display.subarray(cut));
    expected += display.toString();
    await viewer.saw(expected);
  }
  t.equal(viewer.messages.slice(1).join(""), expected);
  for (const message of viewer.messages) t.match(message, /;$/, "whole instructions in each message");
  const big = instruction("blob", 1, "A".repeat(8064)).repeat(400) + instruction("sync", 8);
  user.send(big);
  await viewer.saw("4.sync,1.8;");
  t.equal(viewer.text.endsWith(big), true, "larger than any buffer");
});

t.test("what a viewer sends arrives rebuilt and the same however its frames are cut", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user } = await bench.session();
  const raw = (viewer.socket as unknown as { _socket: { write(bytes: Buffer): void; setNoDelay(on: boolean): void } })
    ._socket;
  const text =
    instruction("clipboard", 0, "text/plain") +
    instruction("blob", 0, "aGVsbG8h".repeat(12)) +
    instruction("end", 0) +
    key(66, 1);
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0]), Buffer.from(text)]);
  frame.writeUInt16BE(text.length, 2);
  let expected = "";
  for (let cut = 1; cut < frame.length; cut += 1) {
    raw.write(frame.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    raw.write(frame.subarray(cut));
    expected += text;
    await user.saw(expected);
  }
  t.equal(user.received, expected);
});

t.test("a quarantine forwards nothing, not the event that caused it, and lets go of what is pressed", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  user.send(instruction("size", 0, 800, 600) + instruction("sync", 1));
  await viewer.saw("4.sync,1.1;");
  watch.onKey = (keysym) => {
    if (keysym === 0x78) watch.verdict = "quarantine";
  };
  const before = key(0xffe1, 1) + mouse(5, 6, 1) + key(0x61, 1);
  viewer.send(before + key(0x78, 1) + key(0x79, 1) + mouse(50, 60, 4) + instruction("clipboard", 0, "text/plain"));
  await viewer.saw("4.sync,2.-2,1.0;");
  t.match(viewer.text, "4.size,10.2000000000,3.800,3.600;");
  t.match(viewer.text, "3.img,7.1000000,2.14,10.2000000000,9.image/png");
  const atHold = before + key(0xffe1, 0) + key(0x61, 0) + mouse(5, 6, 0);
  await user.saw(atHold);
  viewer.send(instruction("size", 640, 480));
  viewer.send(instruction("sync", -1) + instruction("ack", 1000000, "OK", 0) + key(0x7a, 1) + instruction("nop"));
  await user.saw("3.nop;");
  t.equal(user.received, atHold + instruction("nop"));
  t.ok(
    watch.keys.some(([keysym]) => keysym === 0x7a),
    "held input is scored",
  );
  t.equal(bench.tally.sessionsHeld, 1);
  user.send(instruction("size", 0, 1000, 700) + instruction("sync", 2));
  await viewer.saw("4.size,10.2000000000,4.1000,3.700;");
  await user.saw(instruction("sync", 2));

  watch.verdict = "allow";
  watch.control.release({ ...decision, verdict: "allow" });
  await viewer.saw("7.dispose,10.2000000000;");
  viewer.send(key(0x7a, 0) + key(0x7a, 1) + mouse(51, 61, 4) + mouse(51, 61, 0) + key(0x62, 1));
  await user.saw(key(0x62, 1));
  t.equal(
    user.received,
    atHold +
      instruction("nop") +
      instruction("sync", 2) +
      instruction("size", 640, 480) +
      mouse(51, 61, 0) +
      mouse(51, 61, 0) +
      key(0x62, 1),
    "the latest size; neither the repeat of the held key nor the held button",
  );
  t.equal(bench.tally.sessionsHeld, 0);
});

t.test(
  "a sever says why, disconnects guacd, then closes with the numeric reason; no byte of input after it",
  async (t) => {
    const bench = await ProxyBench.start();
    t.teardown(() => bench.stop());
    const { viewer, user, watch } = await bench.session();
    watch.onKey = (keysym) => {
      if (keysym === 0x78) watch.verdict = "sever";
    };
    viewer.send(key(0x61, 1));
    await user.saw(key(0x61, 1));
    viewer.send(key(0x78, 1) + key(0x79, 1));
    viewer.send(key(0x79, 0));
    const { code, reason } = await viewer.closed;
    await user.closed;
    t.equal(user.received, key(0x61, 1) + key(0x61, 0) + "10.disconnect;", "what is down is let go of");
    t.equal(code, 1008);
    t.equal(reason, String(0x020b));
    t.match(viewer.messages.at(-1), /^5\.error,\d+\.[^;]+,3\.523;$/);
    t.equal(watch.closedWith?.code, "session-severed");
    t.equal(bench.tally.sessionsSevered, 1);
    watch.control.sever(new SamehandError("session-severed"));
    t.equal(bench.tally.sessionsSevered, 1, "idempotent");
  },
);

t.test("a sever ends everybody who joined the connection", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const owner = await bench.session();
  const guest = await bench.session(`token=join%3D${owner.watch.info.id}`);
  t.match(guest.user.handshake, "6.select,37.$0b9a8f6e-0000-4000-8000-000000000001");
  owner.watch.control.sever(new SamehandError("session-ended-by-operator"));
  t.equal((await guest.viewer.closed).reason, String(0x020b));
  t.equal((await owner.viewer.closed).reason, String(0x020b));
});

t.test("while one session on a desktop is held, nobody who joined it can drive", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const owner = await bench.session();
  const join = `token=join=${[...bench.proxy.sessions.keys()][0]}`;
  const early = await bench.session(join);
  owner.watch.control.quarantine(decision);
  const late = await bench.session(join);
  for (const { viewer } of [owner, early, late]) viewer.send(key(0x61, 1) + key(0x61, 0) + instruction("nop"));
  for (const { user } of [owner, early, late]) {
    await user.saw("3.nop;");
    t.equal(user.received, "3.nop;");
  }
  t.equal(bench.tally.sessionsHeld, 3);
  t.equal(bench.tally.sessionsQuarantined, 1);
  owner.watch.control.release(decision);
  await bench.held(0);
  early.viewer.send(key(0x62, 1));
  await early.user.saw(key(0x62, 1));
  early.watch.control.quarantine(decision);
  owner.watch.control.quarantine(decision);
  owner.viewer.socket.close();
  await owner.user.closed;
  late.viewer.send(key(0x63, 1) + instruction("sync", 77));
  await late.user.saw("4.sync");
  early.watch.control.release(decision);
  await bench.held(0);
  late.viewer.send(key(0x64, 1));
  await late.user.saw(key(0x64, 1));
  t.notOk(late.user.received.includes(key(0x63, 1)), "each one that is held holds them all");
  t.equal(bench.tally.sessionsHeld, 0);
});

t.test("a hold that one session's input brings on another does not mix their input", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const first = await bench.session();
  const second = await bench.session();
  second.viewer.send(key(0x32, 1));
  await second.user.saw(key(0x32, 1));
  first.watch.onKey = (keysym) => {
    if (keysym === 0x62) second.watch.control.quarantine(decision);
  };
  first.viewer.send(key(0x61, 1) + key(0x62, 1) + key(0x63, 1));
  await first.user.saw(key(0x63, 1));
  await second.user.saw(key(0x32, 0));
  t.equal(first.user.received, key(0x61, 1) + key(0x62, 1) + key(0x63, 1));
  t.equal(second.user.received, key(0x32, 1) + key(0x32, 0));
});

t.test("an operator's hold stays while the judge has nothing against the session", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  watch.verdict = "alert";
  viewer.send(key(0x61, 1) + instruction("nop"));
  await user.saw("3.nop;");
  t.equal(user.received, "3.nop;");
  watch.control.release(decision);
  await bench.held(0);
  viewer.send(key(0x62, 1));
  await user.saw(key(0x62, 1));
});

t.test("streams that a hold cut do not go on after it with a hole; a microphone does", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  const file = instruction("file", 0, "text/plain", "notes");
  const microphone = instruction("audio", 1, "audio/L16;rate=44100,channels=2");
  const blob = (stream: number): string => instruction("blob", stream, "aGVsbG8h");
  viewer.send(file + blob(0) + microphone + blob(1));
  await user.saw(blob(1));
  watch.control.quarantine(decision);
  viewer.send(blob(0) + blob(1) + instruction("clipboard", 2, "text/plain") + blob(2) + instruction("nop"));
  await user.saw("3.nop;");
  for (const stream of [0, 2]) await viewer.saw(instruction("ack", stream, "Held", 0x0303));
  t.notMatch(viewer.text, "3.ack,1.1,", "a microphone is only silent");
  watch.control.release(decision);
  await bench.held(0);
  viewer.send(
    blob(0) + instruction("end", 0) + blob(2) + instruction("end", 2) + blob(1) + file + blob(0) + key(0x61, 1),
  );
  await user.saw(key(0x61, 1));
  const held = instruction("end", 0) + instruction("nop");
  t.equal(user.received, file + blob(0) + microphone + blob(1) + held + blob(1) + file + blob(0) + key(0x61, 1));
});

t.test("touches, which nothing scores, never reach the target and are counted", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user } = await bench.session();
  viewer.send(instruction("touch", 1, 10, 20, 5, 5, 0, 1) + key(0x61, 1) + instruction("touch", 1, 10, 20, 5, 5, 0, 0));
  viewer.send(instruction("nop"));
  await user.saw("3.nop;");
  t.equal(user.received, key(0x61, 1) + instruction("nop"));
  t.equal(bench.tally.touchesDropped, 2);
});

t.test("a blocked event loop is told to the judge, and a judge that fails ends its own session only", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, watch } = await bench.session();
  const other = await bench.session();
  const until = Date.now() + 150;
  while (Date.now() < until);
  viewer.send(key(0x61, 1));
  while (watch.keys.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.ok(watch.stalls > 0);
  watch.onKey = () => {
    throw new Error("no such model");
  };
  viewer.send(key(0x61, 0));
  t.equal((await viewer.closed).reason, String(0x0200));
  other.viewer.send(key(0x62, 1));
  await other.user.saw(key(0x62, 1));
});

t.test("a sever takes back what a guacd that does not read was still to get", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  user.socket.pause();
  viewer.send(instruction("file", 0, "text/plain", "large"));
  const blob = instruction("blob", 0, "QUJD".repeat(2000));
  let sent = 0;
  // Until every buffer on the way is full and the gateway reads no more.
  for (let heard = -1; heard < bench.tally.instructionsFromClient;) {
    heard = bench.tally.instructionsFromClient;
    for (let i = 0; i < 200; i++) viewer.send(blob);
    sent += 200 * blob.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  watch.control.sever(new SamehandError("session-severed"));
  user.socket.resume();
  await user.closed;
  t.ok(user.received.length < sent);
  t.notOk(user.received.endsWith("disconnect;"), "the connection was cut, not led to its end");
});

t.test("a probe's pong is a round trip", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { watch } = await bench.session();
  while (watch.roundTrips.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(watch.roundTrips[0] >= 0 && watch.roundTrips[0] < 1000);
});

t.test("in whatever order holds come and go, guacd receives exactly the input that came while it flowed", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const step = fc.constantFrom("type", "type", "verdict", "acquit", "hold", "release", "several at once");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const { viewer, user, watch } = await bench.session();
      let expected = "";
      let nops = 0;
      let operatorHolds = false;
      for (const each of steps) {
        // Another key each time: the same one so soon after a release would be a repeat.
        const press = key(0x100 + nops, 1) + key(0x100 + nops, 0);
        const typed = each === "several at once" ? 5 : 1;
        if (each === "verdict") watch.onKey = () => (watch.verdict = "quarantine");
        else watch.onKey = () => {};
        // A verdict that is lifted releases the session, whoever else held it.
        const acquitted = each === "acquit" && watch.verdict === "quarantine";
        if (each === "hold") watch.control.quarantine(decision);
        if (each === "release") watch.control.release(decision);
        if (each === "hold") operatorHolds = true;
        else if (each === "release" || acquitted) operatorHolds = false;
        if (each === "acquit") watch.verdict = "allow";
        const flows = watch.verdict === "allow" && !operatorHolds;
        // What reads the verdict, so that a release begins; it ends once the picture is back.
        if (flows) {
          viewer.send(instruction("size", 1, 1));
          await bench.held(0);
        }
        for (let i = 0; i < typed; i += 1) viewer.send(press);
        if (flows && each !== "verdict") expected += press.repeat(typed);
        nops += 1;
        viewer.send(instruction("size", nops, nops) + instruction("nop"));
        while (user.received.split("3.nop;").length <= nops) await new Promise((resolve) => setImmediate(resolve));
      }
      viewer.socket.close();
      await user.closed;
      t.equal(user.received.replaceAll(/3\.nop;|4\.size,[^;]*;|10\.disconnect;/g, ""), expected, steps.join(", "));
    }),
    { numRuns: 60 },
  );
});
