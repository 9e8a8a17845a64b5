/** The systemd unit, held against systemd itself where it is installed. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import t from "tap";

const unit = fileURLToPath(new URL("../../deploy/systemd/samehand.service", import.meta.url));
const analyse = (...args: string[]) => spawnSync("systemd-analyze", args, { encoding: "utf8" });
const skip = analyse("--version").error === undefined ? false : "no systemd-analyze on this machine";

t.test("systemd takes every line of the unit", { skip }, (t) => {
  const folder = t.testdir({ samehand: "#!/bin/sh\n" });
  const file = `${folder}/samehand.service`;
  // The program is not installed on the machine that runs the tests.
  writeFileSync(file, readFileSync(unit, "utf8").replace("/opt/samehand/bin/samehand", "/bin/true"));
  const { status, stdout, stderr } = analyse("verify", "--man=no", file);
  t.equal(stdout + stderr, "");
  t.equal(status, 0);
  t.end();
});

t.test("the unit is exposed to less than 2.0 of 10", { skip }, (t) => {
  const { status, stdout } = analyse("security", "--offline=true", "--threshold=20", unit);
  t.equal(status, 0, stdout.slice(-200));
  t.match(readFileSync(unit, "utf8"), /^LimitCORE=0$/m, "memory is never written to a core dump");
  t.end();
});
