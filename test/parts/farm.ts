/**
 * A whole farm for a test: desktop, guacd and gateway, all real, in a folder of their own; and agents' links to it. What
 * stands behind the gateway may serve several, one after the other.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseConfig } from "../../config/load.ts";
import type { Guacd } from "../../demo/guacd.ts";
import type { Clock } from "../../gateway/core/clock.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { type Log, silentLog } from "../../gateway/core/log.ts";
import { epochMillis } from "../../gateway/core/units.ts";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import type { Page } from "../../gateway/proxy/options.ts";
import { issueSamehandToken } from "../../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../../gateway/settings.ts";
import { fromNow, type TestDesktop, startDesktop } from "./desktop.ts";
import { startGuacd } from "./guacd.ts";
import { onDesktop } from "./on-desktop.ts";
import { WebApplication } from "./web-application.ts";

export interface FarmOptions {
  /** Laid over the configuration, as in `samehand.yaml`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The text of a policy file; the shipped one by default. */
  readonly policy?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly pages?: ReadonlyMap<string, Page>;
  /** What stands behind the gateway, and stays when the farm stops; a ground of its own by default. */
  readonly on?: Ground;
  /** Of a ground of its own: see `startGround`. */
  readonly application?: Application;
}

/** A web application between the gateway and guacd: the stand-in with this folder of pages, or a war. */
export type Application = string | { readonly war: string };

/** What stands behind a gateway. */
export interface Ground {
  readonly desktop: TestDesktop;
  readonly guacd: Guacd;
  /** There where it was asked for. */
  readonly application: WebApplication | null;
  stop(): Promise<void>;
}

export interface Farm extends Ground {
  readonly gateway: Gateway;
  /** Where the store and the keys are. */
  readonly folder: string;
  /** A fresh token for the desktop. @param join the id of a session on whose connection it joins */
  token(agent: string, join?: string): Promise<string>;
  /** A viewer without a screen that is on the desktop: the first picture has arrived. */
  viewer(agent: string, join?: string): Promise<ViewerClient>;
}

/** Stops what was started, the newest first. */
const stopper = () => {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  return { stops, stop };
};

/** @throws PartsUnavailable, or an Error when something does not come up */
export async function startGround(wanted?: Application): Promise<Ground> {
  const { stops, stop } = stopper();
  try {
    const desktop = await startDesktop();
    stops.push(() => desktop.stop());
    const guacd = await startGuacd();
    stops.push(() => guacd.stop());
    const what = typeof wanted === "object" ? wanted : { pages: wanted ?? "" };
    const settings = { guacdPort: guacd.port, desktop: desktop.settings, ...what };
    const application = wanted === undefined ? null : await WebApplication.start(settings);
    stops.push(() => application?.stop());
    return { desktop, guacd, application, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startFarm({
  config = {},
  policy,
  clock,
  log,
  pages,
  on,
  application: wanted,
}: FarmOptions = {}): Promise<Farm> {
  const folder = mkdtempSync(join(tmpdir(), "samehand-test-"));
  const { stops, stop } = stopper();
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const ground = on ?? (await startGround(wanted));
    if (on === undefined) stops.push(() => ground.stop());
    const { guacd, application } = ground;
    const desktop = fromNow(ground.desktop);
    for (const name of ["samehand.keys", "samehand.token-keys"])
      writeFileSync(join(folder, name), newKeyLine(new Date()));
    if (policy !== undefined) writeFileSync(join(folder, "policy.yaml"), policy);
    const { webapp = {}, ...others } = config;
    const text = stringify({
      mode: "enforce",
      listen: { port: 0 },
      metrics: { port: 0 },
      admin: { port: 0 },
      guacd: [{ host: "127.0.0.1", port: guacd.port }],
      connections: { desktop: { protocol: "vnc", settings: desktop.settings } },
      drainSeconds: 0,
      ...(application === null ? {} : { webapp: { upstreams: [application.origin], ...(webapp as object) } }),
      ...(policy === undefined ? {} : { policy: "policy.yaml" }),
      ...others,
    });
    const loaded = parseConfig(text, join(folder, "samehand.yaml"), {}).config;
    const gateway = await startGateway(loaded, {
      log: log ?? silentLog,
      ...(clock === undefined ? {} : { clock }),
      ...(pages === undefined ? {} : { pages }),
    });
    stops.push(() => gateway.close());
    const keys = tokenKeys(loaded);
    const token = (agent: string, join?: string): Promise<string> => {
      const expires = epochMillis((clock?.wall() ?? Date.now()) + 60_000);
      const connection = join === undefined ? "desktop" : { name: "desktop", join };
      return issueSamehandToken({ agent, connection, expires }, keys);
    };
    const open = async (agent: string, join?: string): Promise<ViewerClient> => {
      const query = new URLSearchParams({ token: await token(agent, join), GUAC_WIDTH: "1024", GUAC_HEIGHT: "768" });
      return ViewerClient.open(`${gateway.tunnelUrl}?${query.toString()}`);
    };
    // one after the other: see `onDesktop`
    let last: Promise<unknown> = Promise.resolve();
    const viewer = (agent: string, join?: string): Promise<ViewerClient> => {
      const next = last.then(() => onDesktop(() => open(agent, join)));
      last = next.catch(() => null);
      return next;
    };
    return { gateway, desktop, guacd, application, folder, token, viewer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
