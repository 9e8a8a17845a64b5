/** Tunnels over plain HTTP in a gateway of two processes: a request that comes to the wrong one reaches its tunnel. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t, { type Test } from "tap";
import { fleet } from "../../../test/parts/buses.ts";
import { systemClock } from "../../core/clock.ts";
import type { Fleet } from "../../core/fleet.ts";
import type { Viewer, ViewerOwner } from "../viewer.ts";
import { HttpTunnels } from "./http-tunnels.ts";

const uuid = "0b9a8f6e-0000-4000-8000-000000000001";
const connectBody = "token=T&GUAC_DATA_SOURCE=default&GUAC_ID=desktop&GUAC_TYPE=c";

/** A process: its tunnels behind a server, and what their viewers wrote. */
async function processOf(t: Test, bus: Fleet | null, asked?: number) {
  const heard: string[] = [];
  const viewers: Viewer[] = [];
  const owners: WeakRef<ViewerOwner>[] = [];
  const tunnels = new HttpTunnels(
    (_request, _asked, makeViewer) => {
      const owner: ViewerOwner = {
        readBegins() {},
        message(buffer, start, end) {
          heard.push(Buffer.from(buffer.subarray(start, end)).toString());
          return true;
        },
        readEnds() {},
        framed() {},
        pong() {},
        broken: ({ code }) => void heard.push(code),
        gone: () => void heard.push("gone"),
        drained() {},
      };
      const viewer = makeViewer(owner);
      viewers.push(viewer);
      owners.push(new WeakRef(owner));
      viewer.say(`0.,36.${uuid};`);
    },
    systemClock,
    bus,
    asked,
  );
  const server = createServer((request, response) => {
    void tunnels.serve(request, response, (request.url ?? "").slice("/tunnel?".length));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    tunnels.close();
    server.closeAllConnections();
    server.close();
  };
  t.teardown(close);
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tunnel`;
  return { heard, viewers, owners, at, close };
}

t.test("each request reaches its tunnel, in whichever process", async (t) => {
  const { one, two } = fleet();
  const [mine, other] = [await processOf(t, one.bus), await processOf(t, two.bus)];
  const opened = await fetch(`${mine.at}?connect`, { method: "POST", body: connectBody });
  t.equal(await opened.text(), uuid);
  const headers = { "guacamole-tunnel-token": opened.headers.get("guacamole-tunnel-token") ?? "" };
  for (const { at } of [mine, other]) {
    const write = await fetch(`${at}?write:${uuid}`, { method: "POST", headers, body: "3.key,2.97,1.1;" });
    t.equal(write.status, 200);
    t.notMatch(
      write.headers.get("keep-alive"),
      /timeout=120/,
      "how long the door keeps a connection is not the viewer's",
    );
  }
  t.same(mine.heard, ["3.key,2.97,1.1;", "3.key,2.97,1.1;"]);
  const door = (await two.bus.ask("tunnelDoor", one.bus.name)).find((answer) => answer !== null);
  const kept = (await fetch(`http://127.0.0.1:${door}/tunnel?x`)).headers.get("keep-alive");
  t.equal(kept, "timeout=120", "which is long after whoever forwards has let go of it");
  const first = fetch(`${other.at}?read:${uuid}:0`, { headers });
  while ((await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 5))])) === undefined)
    mine.viewers[0].say("3.nop;");
  const second = fetch(`${mine.at}?read:${uuid}:1`, { headers });
  t.match(await (await first).text(), /^(3\.nop;)+0\.;$/, "and so do the answers, which end once the next read waits");
  mine.viewers[0].end(1008, "771");
  const end = await second;
  t.equal(end.headers.get("guacamole-status-code"), "771");
  const late = await fetch(`${other.at}?write:${uuid}`, { method: "POST", headers, body: "3.nop;" });
  t.equal(late.status, 403);
  t.equal(late.headers.get("guacamole-status-code"), "771", "as does why it ended");

  const strange = "0b9a8f6e-0000-4000-8000-000000000002";
  t.equal((await fetch(`${other.at}?write:${strange}`, { method: "POST", headers, body: "x" })).status, 404);
  const guessed = { "guacamole-tunnel-token": "7.guess" };
  t.equal((await fetch(`${other.at}?write:${uuid}`, { method: "POST", headers: guessed, body: "x" })).status, 404);
  t.same(other.heard, [], "nothing of it came to anybody else");
});

t.test("a viewer that leaves is missed, though it read elsewhere; a process that died has no tunnels", async (t) => {
  const { one, two } = fleet();
  const [mine, other] = [await processOf(t, one.bus), await processOf(t, two.bus)];
  const opened = await fetch(`${mine.at}?connect`, { method: "POST", body: connectBody });
  const headers = { "guacamole-tunnel-token": opened.headers.get("guacamole-tunnel-token") ?? "" };
  const leaving = new AbortController();
  const read = fetch(`${other.at}?read:${uuid}:0`, { headers, signal: leaving.signal });
  read.catch(() => {});
  const says = setInterval(() => mine.viewers[0].say("3.nop;"), 5);
  await read;
  clearInterval(says);
  leaving.abort();
  while (!mine.heard.includes("gone")) await new Promise((resolve) => setTimeout(resolve, 5));
  mine.close();
  const late = await fetch(`${other.at}?write:${uuid}`, { method: "POST", headers, body: "3.nop;" });
  t.equal(late.status, 404);
});

t.test(
  "while the target does not read, a write is heard and its answer waits; another one breaks the tunnel",
  async (t) => {
    const { heard, viewers, at } = await processOf(t, null);
    const opened = await fetch(`${at}?connect`, { method: "POST", body: connectBody });
    const headers = { "guacamole-tunnel-token": opened.headers.get("guacamole-tunnel-token") ?? "" };
    const write = (body: string): Promise<Response> => fetch(`${at}?write:${uuid}`, { method: "POST", headers, body });
    viewers[0].pause();
    const first = write("3.nop;");
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    viewers[0].resume();
    t.equal((await first).status, 200);
    viewers[0].pause();
    const second = write("3.nop;");
    while (heard.length === 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const third = write("4.blob,1.0,4.AAAA;");
    while (heard.length === 2) await new Promise((resolve) => setTimeout(resolve, 1));
    t.same(heard, ["3.nop;", "3.nop;", "rate-exceeded"], "the stock page writes only once it was answered");
    viewers[0].end(1008, "797");
    t.equal((await second).status, 403);
    t.equal((await third).status, 403);
  },
);

t.test("a tunnel that ended says why for a while, without keeping its session, and then is forgotten", async (t) => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const { viewers, owners, at } = await processOf(t, null, 1500);
  const opened = await fetch(`${at}?connect`, { method: "POST", body: connectBody });
  const headers = { "guacamole-tunnel-token": opened.headers.get("guacamole-tunnel-token") ?? "" };
  const write = async (): Promise<number> =>
    (await fetch(`${at}?write:${uuid}`, { method: "POST", headers, body: "3.nop;" })).status;
  viewers[0].say("4.size,1.0,1.1,1.1;");
  const viewer = new WeakRef(viewers[0]);
  viewers[0].end(1008, "771");
  t.equal(await write(), 403, "why it ended");
  while (owners[0].deref() !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  t.ok(viewer.deref(), "the session is let go before its last words are");
  viewers.length = 0;
  while (viewer.deref() !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  t.equal(await write(), 404, "and what was not read with them");
});
