import t from "tap";
import { Bus, type BusMessage } from "../fleet/bus.ts";
import { FleetMetrics } from "./fleet-metrics.ts";

/** Another process, which answers when it is told to. */
function worker(bus: Bus, name: string) {
  let asked = 0;
  const link = { send: (message: BusMessage) => (asked = message.bus === "ask" ? message.id : asked) };
  bus.attach(link);
  const metric = (type: string, value: number) => ({
    name: `samehand_${type}`,
    help: "test",
    type,
    aggregator: "sum",
    values: [{ value, labels: {} }],
  });
  const says = (sessions: number, opened: number): void => {
    const metrics = [metric("gauge", sessions), metric("counter", opened)];
    bus.received({ bus: "answers", id: asked, answers: [{ worker: name, metrics }], missing: 0 }, link);
  };
  return { says, dies: () => bus.detach(link) };
}

t.test("a process that dies while others are still asked has no sessions any more", async (t) => {
  const bus = new Bus("0");
  const [first, second] = [worker(bus, "1"), worker(bus, "2")];
  const metrics = new FleetMetrics(bus, {
    workers: () => 1,
    lost: () => 0,
    deliveries: () => [],
    store: () => ({ available: false, waiting: 4, givenUp: 2 }),
  });
  t.teardown(() => metrics.close());
  const scrape = async (during: () => void): Promise<string> => {
    const text = metrics.expose();
    during();
    return text;
  };
  await scrape(() => {
    first.says(7, 10);
    second.says(3, 20);
  });
  const text = await scrape(() => {
    first.says(8, 11);
    first.dies();
    metrics.lost("1");
    second.says(3, 20);
  });
  t.match(text, /^samehand_gauge 3$/m);
  t.match(text, /^samehand_counter 30$/m, "what it had counted stays, once");
  t.match(text, /^samehand_workers_lost 0$/m, "a process that was told to end is none that was lost");
  t.match(text, /^samehand_store_available 0$/m, "the first process's store, which the operators' acts go into");
  t.match(text, /^samehand_store_waiting_writes 4$/m);
  t.match(text, /^samehand_store_given_up_writes_total 2$/m);
  t.match(text, /^process_resident_memory_bytes \d{7,}$/m, "its memory is the gateway's too");
  const after = await scrape(() => second.says(3, 20));
  t.match(after, /^samehand_gauge 3$/m);
});
