/** The real guacd for tests. */
import { Guacd } from "../../demo/guacd.ts";
import { ensureParts } from "../../demo/parts.ts";
import { quietly } from "./report.ts";

/**
 * @param port where it listens, 0 for any; so that a stopped guacd can come back where it was
 * @throws PartsUnavailable, or an Error when guacd does not come up
 */
export const startGuacd = async (port = 0): Promise<Guacd> => Guacd.start(await ensureParts("desktop", quietly), port);
