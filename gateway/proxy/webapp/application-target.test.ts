/** The web application's tunnel as a target, against a real WebSocket server in the application's place. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { type WebSocket, WebSocketServer } from "ws";
import type { SamehandError } from "../../core/errors.ts";
import { silentLog } from "../../core/log.ts";
import { InstructionReader } from "../../protocol/guacamole/instruction-reader.ts";
import { instruction } from "../../protocol/guacamole/instructions.ts";
import type { TargetOwner } from "../target.ts";
import { ApplicationTarget } from "./application-target.ts";

const greeting = "0.,36.0b9a8f6e-0000-4000-8000-000000000001;";

async function stage(t: Test, display: TargetOwner["display"] = () => true) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  let ready = (): void => {};
  let lost = (_error: SamehandError): void => {};
  const told = {
    ready: new Promise<void>((resolve) => (ready = resolve)),
    lost: new Promise<SamehandError>((resolve) => (lost = resolve)),
  };
  const connected = once(server, "connection");
  const signedOut: true[] = [];
  const target = new ApplicationTarget(
    {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/websocket-tunnel`,
      headers: {},
      joins: "",
      named() {},
      signOut: () => void signedOut.push(true),
    },
    { ready, display, flushed() {}, lost },
    silentLog,
  );
  const [application] = (await connected) as [WebSocket];
  t.teardown(() => {
    target.end("", false);
    application.terminate();
    server.close();
  });
  application.send(greeting);
  await told.ready;
  return { target, application, told, signedOut };
}

t.test("what cannot be read while it is withheld ends the session, and not the process", async (t) => {
  const { application, told } = await stage(t, (frame, from) => new InstructionReader(frame, from).next());
  application.send(instruction(...Array.from({ length: 129 }, () => "a")));
  t.match(await told.lost, { code: "upstream-malformed", detail: "too many elements" });
});

t.test("a sever takes back what an application that does not read was still to get", async (t) => {
  const { target, application, signedOut } = await stage(t);
  let heard = 0;
  application.on("message", (data: Buffer) => (heard += data.length));
  application.pause();
  const blob = instruction("blob", 1, "A".repeat(8000));
  let written = 0;
  while (target.waiting === 0) {
    target.write(blob.repeat(8));
    written += 8 * blob.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  target.end(instruction("disconnect"), true);
  application.resume();
  await once(application, "close");
  t.ok(heard < written, `of ${written} bytes ${heard} came`);
  t.equal(signedOut.length, 1);
});
