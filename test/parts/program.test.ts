/** A child process ends with all that it started. */
import t from "tap";
import { Program } from "../../demo/program.ts";
import { until } from "../reliability/rig.ts";

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

t.test("a program's child in a process group of its own ends with it, and keeps nobody waiting", async (t) => {
  const script = "set -m; sleep 100000 & echo child $!; sleep 100001";
  const program = new Program({ name: "parent", command: ["bash", "-c", script] });
  const [, child] = await program.line(/child (\d+)/);
  t.ok(alive(Number(child)));
  await program.stop();
  await until(() => !alive(Number(child)), "the child ends");
});

t.test("what a program leaves behind that nobody stopped goes on", async (t) => {
  const program = new Program({
    name: "parent",
    command: ["bash", "-c", "sleep 100002 & echo child $!; exec sleep 100003"],
  });
  const [, child] = await program.line(/child (\d+)/);
  process.kill(program.pid, "SIGKILL");
  await until(() => !alive(program.pid), "the parent is gone");
  t.ok(alive(Number(child)));
  process.kill(Number(child), "SIGKILL");
  await program.exited;
});
