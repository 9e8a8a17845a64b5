/** Who has no picture opens again; who is refused does not. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { type WebSocket, WebSocketServer } from "ws";
import { instruction, ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { onDesktop } from "./on-desktop.ts";

const silent = (): void => {};
const ends = (viewer: WebSocket): void => viewer.close(1011, "515");
const refuses = (viewer: WebSocket): void => viewer.close(1008, "771");
const draws = (viewer: WebSocket): void => viewer.send(instruction("sync", 1));

/** A gateway whose connections fare one after the other as is said. */
async function gateway(t: Test, fates: ((viewer: WebSocket) => void)[]) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  t.teardown(() => server.close());
  server.on("connection", (viewer) => fates.shift()?.(viewer));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return onDesktop(() => ViewerClient.open(url), 100);
}

t.test("a viewer whom guacd gives no picture, or whom it ends, is another one soon", async (t) => {
  const viewer = await gateway(t, [silent, ends, draws]);
  t.ok(viewer.open);
  await viewer.close();
  await t.rejects(gateway(t, [silent, ends, silent, draws]), /no picture/, "but not for ever");
});

t.test("whom the gateway refuses stays refused", async (t) => {
  await t.rejects(gateway(t, [refuses, draws]), /1008 771/);
});
