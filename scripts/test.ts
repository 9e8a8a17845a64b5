/**
 * `npm test`: every test, and whatever failed once more by itself. The tests drive real desktops, browsers and clocks
 * on a machine that other work may slow down; a failure that comes again is a fault, one that does not is named here,
 * as a test to be made steadier.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";

/** More files than this fail together for one reason, and that is no slow machine. */
const mostAgain = 3;
/** tap writes the files that failed here, and runs no others where it finds such a list. */
const list = ".tap/failed";

function tap(...more: string[]): { code: number; failed: string[] } {
  const { status } = spawnSync("tap", [`--save=${list}`, ...more], { stdio: "inherit" });
  const failed = existsSync(list) ? readFileSync(list, "utf8").split("\n").filter(Boolean) : [];
  return { code: status ?? 1, failed };
}

rmSync(list, { force: true });
let { code, failed } = tap(...process.argv.slice(2));
if (code !== 0 && failed.length > 0 && failed.length <= mostAgain) {
  console.log(`\nonce more, by itself: ${failed.join(", ")}\n`);
  const unsteady = failed;
  ({ code, failed } = tap("--jobs=1"));
  if (code === 0) console.log(`unsteady, passed the second time: ${unsteady.join(", ")}`);
}
rmSync(list, { force: true });
process.exitCode = code;
