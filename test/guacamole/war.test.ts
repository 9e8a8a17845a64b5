/**
 * The visits of `visits.ts`, to the real Apache Guacamole web application, whose war `SAMEHAND_GUACAMOLE_WAR` names:
 * `npm run test:guacamole`. Skipped where it is not given, because no package repository has it.
 */
import { existsSync } from "node:fs";
import t from "tap";
import { visits } from "./visits.ts";

const war = process.env["SAMEHAND_GUACAMOLE_WAR"];
if (war === undefined) t.pass("skipped: SAMEHAND_GUACAMOLE_WAR names no guacamole.war");
else if (!existsSync(war)) t.fail(`SAMEHAND_GUACAMOLE_WAR: there is no ${war}`);
else await visits(t, { name: "guacamole", application: { war } });
