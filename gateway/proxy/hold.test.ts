import t from "tap";
import { instruction } from "../protocol/guacamole/instructions.ts";
import { opcode } from "../protocol/guacamole/opcodes.ts";
import { decision } from "../../test/fixtures/decision.ts";
import { ProxyBench } from "../../test/fixtures/proxy-bench.ts";

const key = (keysym: number, pressed: 0 | 1): string => instruction("key", keysym, pressed);
const sync = (timestamp: number): string => instruction("sync", timestamp, 1);
const img = (stream: number, layer = 0): string => instruction("img", stream, 14, layer, "image/png", 0, 0);
const blob = (stream: number, data: string): string => instruction("blob", stream, data);
const end = (stream: number): string => instruction("end", stream);
const size = instruction("size", 0, 800, 600);
/** The panel is on the cover too. */
const covered = "4.sync,2.-2,1.0;";
const uncovered = "7.dispose,10.2000000000;";

t.test(
  "in a hold nothing of the desktop reaches the viewer, and afterwards the picture is fetched and spliced",
  async (t) => {
    const bench = await ProxyBench.start();
    t.teardown(() => bench.stop());
    bench.guacd.args = ["VERSION_1_3_0", "hostname", "port", "password", "read-only"];
    bench.guacd.picture = null;
    const { viewer, user, watch } = await bench.session();
    user.send(size + img(1, -1) + blob(1, "QQ==") + end(1) + img(2, 1) + blob(2, "QkVGT1JF"));
    await viewer.saw("QkVGT1JF");
    watch.control.quarantine(decision);
    await viewer.saw(covered);
    const cover = viewer.text.slice(viewer.text.indexOf("QkVGT1JF"));
    t.match(cover, "7.dispose,2.-1;7.dispose,1.1;", "every layer and buffer is thrown away");
    t.match(cover, "4.rect,1.0,1.0,1.0,3.800,3.600;5.cfill,2.12,1.0,", "and what cannot be is filled");

    const heldFrom = viewer.text.length;
    user.send(blob(2, "REST") + end(2) + sync(5));
    await user.saw("4.sync,1.5;");
    user.send(
      img(3) +
        blob(3, "U0VDUkVU") +
        end(3) +
        instruction("copy", 0, 0, 0, 9, 9, 14, 0, 1, 1) +
        sync(6) +
        instruction("nop"),
    );
    user.send(
      instruction("cursor", 0, 0, -1, 0, 0, 9, 9) +
        instruction("clipboard", 7, "text/plain") +
        blob(7, "U0VDUkVU") +
        end(7),
    );
    await user.saw("3.ack,1.7,");
    t.match(user.received, "4.sync,1.6;");
    t.equal(viewer.text.slice(heldFrom), blob(2, "REST") + end(2), "a picture that was half sent, and nothing else");

    const fetching = bench.guacd.nextFetch();
    user.send(instruction("rect", 0, 1, 1, 2, 2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    watch.control.release(decision);
    const fetcher = await fetching;
    await fetcher.saw("4.blob,4.2046,0.;");
    t.match(fetcher.handshake, `6.select,37.$0b9a8f6e-0000-4000-8000-000000000001;`);
    t.match(
      fetcher.handshake,
      "7.connect,13.VERSION_1_3_0,8.10.0.0.1,4.5900,6.hidden,0.;",
      "all of the owner's settings",
    );
    viewer.send(key(0x61, 1) + key(0x61, 0) + instruction("size", 640, 480) + instruction("nop"));
    await user.saw("3.nop;");
    t.notMatch(user.received, "3.key", "input is held until the picture is back");
    t.equal(viewer.text.slice(heldFrom), blob(2, "REST") + end(2));

    user.send(img(3) + blob(3, "TkVX") + end(3) + sync(8) + img(4) + blob(4, "SEFMRg=="));
    await user.saw("4.sync,1.8;");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const returnedFrom = viewer.text.length;
    fetcher.send(
      instruction("audio", 1, "audio/L16") + blob(1, "bm9pc2U=") + size + img(1) + blob(1, "UElDVFVSRQ==") + end(1),
    );
    fetcher.send(instruction("ack", 2046, "Invalid stream.", 256) + img(5) + blob(5, "TEFURVI="));
    await viewer.saw(uncovered);
    await fetcher.closed;
    t.match(fetcher.received, /10\.disconnect;$/);
    t.equal(
      viewer.text.slice(returnedFrom),
      size +
        img(1_001_000) +
        blob(1_001_000, "UElDVFVSRQ==") +
        end(1_001_000) +
        instruction("cursor", 0, 0, -1, 0, 0, 9, 9) +
        instruction("rect", 0, 1, 1, 2, 2) +
        img(1_001_001) +
        blob(1_001_001, "TkVX") +
        end(1_001_001) +
        img(4) +
        blob(4, "SEFMRg==") +
        uncovered +
        "4.sync,2.-3,1.0;",
      "the picture, then what was drawn since",
    );
    t.equal(bench.tally.sessionsHeld, 0);
    user.send(blob(4, "TElWRQ==") + end(4) + sync(9));
    await viewer.saw(sync(9));
    viewer.send(
      instruction("ack", 1_001_000, "OK", 0) + instruction("ack", 4, "OK", 0) + instruction("sync", -2) + key(0x62, 1),
    );
    await user.saw(key(0x62, 1));
    t.ok(user.received.endsWith(instruction("size", 640, 480) + instruction("ack", 4, "OK", 0) + key(0x62, 1)));
  },
);

t.test("from 1.5.0 on the picture says which frame it is, and only what follows is drawn again", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = null;
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  const fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const fetcher = await fetching;
  user.send(instruction("rect", 0, 1, 1, 1, 1) + sync(11) + instruction("rect", 0, 2, 2, 2, 2) + sync(12));
  await user.saw("4.sync,2.12;");
  fetcher.send(size + sync(11));
  await viewer.saw(uncovered);
  t.match(viewer.text, `${covered}${size}${instruction("rect", 0, 2, 2, 2, 2)}${uncovered}`);
  const [, name = ""] = /4\.name,\d+\.(samehand-picture-[\w-]+);/.exec(fetcher.handshake) ?? [];
  t.ok(name, "the user that fetches it has a name of its own");
  user.send(instruction("msg", 2, "@1", "bea") + instruction("msg", 2, "@2", name) + sync(13));
  await viewer.saw(sync(13));
  t.ok(viewer.text.endsWith(instruction("msg", 2, "@1", "bea") + sync(13)), "and nobody hears that it left");
});

t.test("nobody hears of the user that mends a picture, and of others all the same", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = null;
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  let fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const fetcher = await fetching;
  user.send(instruction("copy", 0, 0, 10, 9, 9, 14, 0, 0, 0) + sync(2));
  await user.saw("4.sync,1.2;");
  fetching = bench.guacd.nextFetch();
  fetcher.send(size + sync(1));
  await viewer.saw(uncovered);
  const mender = await fetching;
  user.send(instruction("msg", 1, "@3", "samehand-picture-0") + instruction("msg", 1, "@4", "cem") + sync(3));
  await user.saw("4.sync,1.2;");
  await new Promise((resolve) => setTimeout(resolve, 30));
  mender.send(size + sync(3));
  await viewer.saw(instruction("msg", 1, "@4", "cem") + sync(3));
  user.send(instruction("msg", 1, "@3", "samehand-picture-1"));
  await new Promise((resolve) => setTimeout(resolve, 30));
  user.send(sync(4));
  await viewer.saw(sync(4));
  t.notMatch(viewer.text, "samehand-picture");
  t.notOk(viewer.messages.includes(""), "an empty message would end guacamole-common-js 1.5.0");
});

t.test("a file that was coming out of a file system when the hold began waits for its end", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  viewer.send(instruction("get", 0, "/secret"));
  await user.saw(instruction("get", 0, "/secret"));
  user.send(instruction("body", 0, 6, "text/plain", "/secret") + blob(6, "QkVGT1JF"));
  await viewer.saw("QkVGT1JF");
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  const from = viewer.text.length;
  viewer.send(instruction("ack", 6, "OK", 0));
  await user.saw(instruction("ack", 6, "OK", 0));
  user.send(blob(6, "U0VDUkVU") + end(6) + instruction("undefine", 9));
  await viewer.saw(instruction("undefine", 9));
  t.equal(viewer.text.slice(from), instruction("undefine", 9), "nothing of it in the hold");
  watch.control.release(decision);
  await viewer.saw(uncovered);
  t.match(viewer.text, `${blob(6, "U0VDUkVU")}${end(6)}${uncovered}`, "the rest of it afterwards");
});

t.test("a hold that comes again while the picture is fetched goes on as if it had never ended", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = null;
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  let fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const first = await fetching;
  watch.control.quarantine(decision);
  await first.closed;
  user.send(instruction("rect", 0, 1, 1, 1, 1) + sync(3));
  await user.saw("4.sync,1.3;");
  t.notMatch(viewer.text, uncovered);
  t.notMatch(viewer.text, "4.rect,1.0,1.1");
  fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  (await fetching).send(size + sync(3));
  await viewer.saw(uncovered);
  t.equal(bench.tally.sessionsHeld, 0);
  t.equal(bench.tally.sessionsQuarantined, 2);
});

t.test("a picture that cannot be had is tried for again, and then the session ends with a reason", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = instruction("error", "no", 0x0303);
  const { viewer, watch } = await bench.session();
  watch.control.quarantine(decision);
  watch.control.release(decision);
  t.equal((await viewer.closed).reason, String(0x0203));
  t.match(viewer.text, "the desktop's picture could not be brought back");
  t.equal(bench.guacd.users.filter((user) => user.fetches).length, 3);
  t.equal(bench.tally.refusals.get("picture-lost"), 1);
  t.notMatch(viewer.text, uncovered);
  const other = await bench.session();
  other.watch.control.quarantine(decision);
  other.user.send(sync(1));
  bench.guacd.picture = null;
  const fetching = bench.guacd.nextFetch();
  other.watch.control.release(decision);
  (await fetching).socket.destroy();
  bench.guacd.picture = size + sync(1);
  await other.viewer.saw(uncovered);
  t.equal(bench.tally.sessionsHeld, 0);
});

t.test("the screen follows the desktop's size, and a viewer that joins a held desktop sees nothing else", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = size + img(1) + blob(1, "UElDVFVSRQ==") + end(1) + sync(1);
  const owner = await bench.session();
  owner.watch.control.quarantine(decision);
  await owner.viewer.saw(covered);
  owner.user.send(instruction("size", 0, 1000, 700) + sync(2));
  await owner.viewer.saw("4.size,1.0,4.1000,3.700;4.rect,1.0,1.0,1.0,4.1000,3.700;");
  await owner.viewer.saw("4.size,10.2000000000,4.1000,3.700;");
  const guest = await bench.session(`token=join=${owner.watch.info.id}`);
  await guest.viewer.saw(covered);
  guest.user.send(size + img(1) + blob(1, "U0VDUkVU") + end(1) + sync(3));
  await guest.user.saw("4.sync,1.3;");
  t.notMatch(guest.viewer.text, "U0VDUkVU");
  t.equal(bench.tally.sessionsHeld, 2);
  owner.watch.control.release(decision);
  for (const { viewer } of [owner, guest]) {
    await viewer.saw("UElDVFVSRQ==");
    await viewer.saw(uncovered);
  }
  t.equal(bench.guacd.users.filter((user) => user.fetches).length, 2, "each fetches its own");
  await bench.held(0);
});

t.test("a picture during which something was copied is drawn once more, from a moment without", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.args = ["VERSION_1_3_0", "hostname"];
  bench.guacd.picture = null;
  const ack = instruction("ack", 2046, "Invalid stream.", 256);
  const copy = instruction("copy", 0, 0, 10, 9, 9, 14, 0, 0, 0);
  const picture = (data: string): string => size + img(1) + blob(1, data) + end(1) + ack;
  const { viewer, user, watch } = await bench.session();
  user.send(img(7, -1) + blob(7, "Q1VSU09S") + end(7) + sync(1));
  await viewer.saw(sync(1));
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  let fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  let fetcher = await fetching;
  user.send(copy + sync(2));
  await user.saw("4.sync,1.2;");
  fetching = bench.guacd.nextFetch();
  fetcher.send(picture("T05F"));
  await viewer.saw(uncovered);
  user.send(sync(3));
  await viewer.saw(sync(3));

  fetcher = await fetching;
  user.send(copy + sync(4));
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.notMatch(viewer.text, sync(4), "the display is stopped for the moment");
  fetching = bench.guacd.nextFetch();
  fetcher.send(picture("VFdP"));
  await viewer.saw(copy + sync(4));
  t.notMatch(viewer.text, "VFdP", "something was copied again");

  fetcher = await fetching;
  user.send(instruction("rect", 0, 5, 5, 5, 5) + sync(5));
  await new Promise((resolve) => setTimeout(resolve, 30));
  fetcher.send(picture("VEhSRUU="));
  await viewer.saw(sync(5));
  const drawn = viewer.text.slice(viewer.text.indexOf(sync(4)) + sync(4).length);
  t.match(
    drawn,
    /^7\.dispose,2\.-1;4\.size.*VEhSRUU=;3\.end,7\.1001000;4\.sync,11\.-1000000002,1\.0;4\.rect,.*4\.sync,1\.5,1\.1;$/,
  );
  viewer.send(key(0x61, 1));
  await user.saw(key(0x61, 1));
  const fetched = bench.guacd.users.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.equal(bench.guacd.users.length, fetched, "and then it is right");
});

t.test("a picture is not shown before the session's own display has come as far", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.args = ["VERSION_1_3_0", "hostname"];
  bench.guacd.picture = null;
  const copy = instruction("copy", 0, 0, 10, 9, 9, 14, 0, 0, 0);
  const { viewer, user, watch } = await bench.session();
  user.send(sync(1));
  await viewer.saw(sync(1));
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  const fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const fetcher = await fetching;
  fetcher.send(size + img(1) + blob(1, "UElDVFVSRQ==") + end(1) + copy + sync(2));
  await fetcher.closed;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.notMatch(viewer.text, "UElDVFVSRQ==", "the copy is still on its way to the owner");
  const mending = bench.guacd.nextFetch();
  user.send(copy + sync(2) + copy + sync(3));
  await viewer.saw(uncovered);
  t.ok(await mending, "and makes the picture one to be drawn again");
});

t.test("a display that goes on copying is mended once it stops", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.args = ["VERSION_1_3_0", "hostname"];
  bench.guacd.picture = null;
  const copy = instruction("copy", 0, 0, 10, 9, 9, 14, 0, 0, 0);
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  let fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const fetcher = await fetching;
  user.send(copy + sync(2));
  fetcher.send(size + sync(2));
  await viewer.saw(uncovered);
  fetching = bench.guacd.nextFetch();
  let scrolls = true;
  const early = fetching.then(() => scrolls);
  for (let n = 3; n < 15; n++) {
    user.send(copy + sync(n));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  scrolls = false;
  t.notOk(await early, "no attempt while it scrolls");
});

t.test("a hold during the mending stops it, and nothing that was stopped is shown", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  bench.guacd.picture = null;
  const copy = instruction("copy", 0, 0, 10, 9, 9, 14, 0, 0, 0);
  const { viewer, user, watch } = await bench.session();
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  let fetching = bench.guacd.nextFetch();
  watch.control.release(decision);
  const fetcher = await fetching;
  user.send(copy + sync(2));
  await user.saw("4.sync,1.2;");
  fetching = bench.guacd.nextFetch();
  fetcher.send(size + sync(1));
  await viewer.saw(uncovered);
  const mender = await fetching;
  const from = viewer.text.length;
  user.send(img(1) + blob(1, "U0VDUkVU") + end(1) + sync(3));
  await new Promise((resolve) => setTimeout(resolve, 30));
  watch.control.quarantine(decision);
  await mender.closed;
  await user.saw("4.sync,1.3;");
  t.equal(viewer.text.slice(from).includes("U0VDUkVU"), false);
  t.equal(bench.tally.sessionsHeld, 1);
});

t.test("of all that a viewer may say nothing but its answers reaches guacd in a hold", async (t) => {
  const said: Record<Exclude<keyof typeof opcode, "disconnect">, string> = {
    key: key(0x61, 1) + key(0x61, 0),
    mouse: instruction("mouse", 5, 5, 1) + instruction("mouse", 5, 5, 0),
    touch: instruction("touch", 1, 10, 20, 5, 5, 0, 1),
    size: instruction("size", 640, 480),
    sync: instruction("sync", 1) + instruction("sync", -1),
    ack: instruction("ack", 3, "OK", 0) + instruction("ack", 1_000_000, "OK", 0),
    nop: instruction("nop"),
    ping: "0.,4.ping,13.1700000000000;",
    clipboard: instruction("clipboard", 10, "text/plain"),
    file: instruction("file", 11, "text/plain", "notes"),
    pipe: instruction("pipe", 12, "text/plain", "other"),
    argv: instruction("argv", 13, "text/plain", "password"),
    audio: instruction("audio", 14, "audio/L16;rate=44100,channels=2"),
    put: instruction("put", 1, 15, "text/plain", "/notes"),
    get: instruction("get", 1, "/notes"),
    blob: [10, 11, 12, 13, 14, 15].map((stream) => blob(stream, "aGVsbG8h")).join(""),
    end: [10, 11, 12, 13, 14, 15].map((stream) => end(stream)).join(""),
  };
  t.same(
    Object.keys(said).toSorted(),
    Object.keys(opcode)
      .filter((name) => name !== "disconnect")
      .toSorted(),
  );
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const { viewer, user, watch } = await bench.session();
  user.send(size + sync(1));
  await viewer.saw(sync(1));
  watch.control.quarantine(decision);
  await viewer.saw(covered);
  const from = user.received.length;
  for (const text of Object.values(said)) viewer.send(text);
  viewer.send(instruction("ack", 9, "last", 0));
  await user.saw(instruction("ack", 9, "last", 0));
  t.equal(
    user.received.slice(from),
    instruction("sync", 1) + instruction("ack", 3, "OK", 0) + instruction("nop") + instruction("ack", 9, "last", 0),
  );
});
