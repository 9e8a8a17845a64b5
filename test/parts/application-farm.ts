/** Farms behind a web application for the tests of one file, which is started once; the gateway is each test's own. */
import type { Test } from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { type Application, type Farm, type Ground, startFarm, startGround } from "./farm.ts";

/** A farm for one test; null, and the test skipped, where there is no JDK. @param config laid over the configuration */
export type WithFarm = (t: Test, config?: Readonly<Record<string, unknown>>) => Promise<Farm | null>;

/** @param root the test around those that use it: what they stand on ends with it */
export function applicationFarms(root: Test, application: Application): WithFarm {
  let ground: Promise<Ground> | null = null;
  root.teardown(async () => (await ground?.catch(() => null))?.stop());
  return async (t, config = {}) => {
    try {
      const farm = await startFarm({ on: await (ground ??= startGround(application)), config });
      t.teardown(() => farm.stop());
      return farm;
    } catch (error) {
      if (!(error instanceof PartsUnavailable)) throw error;
      t.pass(`skipped: ${error.message}`);
      return null;
    }
  };
}

/** Where the application is, through the gateway. */
export const urlOf = ({ gateway }: Farm): string => `${gateway.url}/guacamole`;
