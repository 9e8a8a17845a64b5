import { setImmediate as turn } from "node:timers/promises";
import t from "tap";
import { PacedQueue, type Steps } from "./paced-queue.ts";

/** Notes each step, and the end. */
function* work(told: string[], name: string, steps: number, beside?: Promise<void>): Steps {
  for (let step = 1; step <= steps; step++) {
    told.push(`${name}${step}`);
    yield step === 1 ? beside : undefined;
  }
  told.push(`${name} done`);
}

const until = async (told: readonly string[], word: string): Promise<void> => {
  while (!told.includes(word)) await turn();
};

t.test("one piece after the other, and between two steps the event loop goes round", async (t) => {
  const told: string[] = [];
  const queue = new PacedQueue<string>(0);
  queue.add("a", () => work(told, "a", 5));
  queue.add("b", () => work(told, "b", 1));
  await until(told, "a1");
  setImmediate(() => told.push("input"));
  await until(told, "b done");
  const input = told.indexOf("input");
  t.ok(input > told.indexOf("a1") && input < told.indexOf("a done"), told.join(", "));
  t.strictSame(
    told.filter((word) => word !== "input"),
    ["a1", "a2", "a3", "a4", "a5", "a done", "b1", "b done"],
  );
});

t.test("a flush finishes what is under way and waits for nothing beside", async (t) => {
  const told: string[] = [];
  const queue = new PacedQueue<string>(0);
  let ready = (): void => {};
  queue.add("a", () => work(told, "a", 2, new Promise((resolve) => (ready = resolve))));
  queue.add("b", () => work(told, "b", 1));
  await until(told, "a1");
  queue.flush();
  const all = ["a1", "a2", "a done", "b1", "b done"];
  t.strictSame(told, all);
  ready();
  queue.add("c", () => work(told, "c", 1));
  await until(told, "c done");
  t.strictSame(told, [...all, "c1", "c done"], "nothing twice, and the queue goes on");
});

t.test("what is left out under way ends where it is", async (t) => {
  const told: string[] = [];
  const queue = new PacedQueue<string>(0);
  const lost = (name: string) => () => told.push(`${name} lost`);
  queue.add("a", () => work(told, "a", 3, new Promise(() => {})), lost("a"));
  queue.add("a", () => work(told, "more of a", 1), lost("more of a"));
  queue.add("b", () => work(told, "b", 1), lost("b"));
  await until(told, "a1");
  queue.drop("a");
  t.strictSame(told, ["a1", "more of a lost", "a lost"]);
  queue.flush();
  t.strictSame(told, ["a1", "more of a lost", "a lost", "b1", "b done"]);
});

t.test("what fails beside is told to the piece that waited for it, and the next one goes on", async (t) => {
  const told: string[] = [];
  const queue = new PacedQueue<string>(0);
  function* careful(): Steps {
    try {
      yield* work(told, "a", 2, Promise.reject(new Error("no memory")));
    } catch (error) {
      told.push(String(error));
    }
  }
  queue.add("a", careful);
  queue.add(
    "b",
    () => work(told, "b", 2, Promise.reject(new Error("no memory"))),
    () => told.push("b lost"),
  );
  queue.add("c", () => work(told, "c", 1));
  await until(told, "c done");
  t.strictSame(told, ["a1", "Error: no memory", "b1", "b lost", "c1", "c done"]);
  queue.add("d", () => work(told, "d", 2, Promise.reject(new Error("no memory"))));
  queue.flush();
  t.equal(told.at(-1), "d done", "a flush waits for nothing");
  await turn();
});
