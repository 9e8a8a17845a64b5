/**
 * One process of a gateway of several, started by `samehand serve` and by nobody else: it obeys the process that
 * started it, and outlives it only as long as its sessions may go on.
 */
import type { Config } from "../../config/schema.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { Bus, type Link } from "../fleet/bus.ts";
import type { FromWorker, PemPair, ToWorker } from "../fleet/messages.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { createLog } from "../telemetry/log.ts";

interface Start {
  readonly name: string;
  readonly config: Config;
  readonly developmentTls: PemPair | null;
}

export async function run(_args: string[], { parent }: Io): Promise<number> {
  if (parent === undefined) throw new SamehandError("usage", "worker: `samehand serve` starts workers");
  const say = (message: FromWorker): void => parent.send(message);
  const link: Link = { send: say };
  let bus: Bus | null = null;
  let gateway: Gateway | null = null;
  let started: Promise<void> = Promise.resolve();
  return new Promise((resolve) => {
    const start = async ({ name, config, developmentTls }: Start): Promise<void> => {
      bus = new Bus(name);
      bus.attach(link);
      try {
        const log = createLog(config.log.level, undefined, { worker: name });
        gateway = await startGateway(config, {
          log,
          fleet: bus,
          ...(developmentTls === null ? {} : { developmentTls }),
        });
        // The first process went while this one started: nobody would know of what it serves.
        if (closed) return await gateway.close();
        say({ listening: { port: Number(new URL(gateway.url).port), url: gateway.url } });
      } catch (error) {
        const { code, detail } = asSamehandError(error, "config-invalid");
        say({ failed: { code, detail } });
        resolve(1);
      }
    };
    const reload = (config: Config): void => {
      try {
        gateway?.reload(config);
        say({ done: "reload", refused: null });
      } catch (error) {
        const { code, detail } = asSamehandError(error, "config-invalid");
        say({ done: "reload", refused: { code, detail } });
      }
    };
    const drain = async (): Promise<void> => {
      await gateway?.drain();
      say({ done: "drain", refused: null });
    };
    let closed = false;
    const close = async (): Promise<void> => {
      closed = true;
      await gateway?.close();
      parent.close();
      resolve(0);
    };
    const hear = (message: ToWorker): void => {
      if ("bus" in message) bus?.received(message, link);
      else if ("start" in message) started = start(message.start);
      // What is asked while it starts is done once it has: it was told the configuration of before.
      else if ("reload" in message) void started.then(() => reload(message.reload));
      else if ("drain" in message) void started.then(drain);
      else void close();
    };
    parent.onMessage((message) => hear(message as ToWorker));
    // Nobody would replace it, scrape it or count its sessions: it ends as at a shut-down.
    parent.onGone(() => {
      bus?.detach(link);
      void Promise.resolve(gateway?.drain()).then(close);
    });
  });
}
