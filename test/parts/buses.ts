/** Buses of a middle and two workers in one process, whose messages cross as they do over a real link. */
import { Bus, type BusMessage, type Link } from "../../gateway/fleet/bus.ts";

/** A worker beside a middle; what is sent arrives later, as JSON, as over a real link. */
export function worker(name: string, middle: Bus): { bus: Bus; outward: Link } {
  const bus = new Bus(name, 300);
  const later = (to: Bus, message: BusMessage, from: () => Link): void => {
    const text = JSON.stringify(message);
    setImmediate(() => to.received(JSON.parse(text) as BusMessage, from()));
  };
  const inward: Link = { send: (message) => later(middle, message, () => outward) };
  const outward: Link = { send: (message) => later(bus, message, () => inward) };
  bus.attach(inward);
  middle.attach(outward);
  return { bus, outward };
}

/** A middle and two workers. @param patience the middle's, ms */
export function fleet(patience = 200) {
  const middle = new Bus("0", patience);
  return { middle, one: worker("1", middle), two: worker("2", middle) };
}
