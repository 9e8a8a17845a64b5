/** All the ways out of the audit chain: a courier for each receiver that the configuration names. */
import { readSecret } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AuditEntry } from "../store/audit-entry.ts";
import type { Store } from "../store/store.ts";
import { caep } from "./caep.ts";
import type { Carrier } from "./carrier.ts";
import { Courier } from "./courier.ts";
import { lineFile } from "./line-file.ts";
import { noticeOf, type Notice } from "./notice.ts";
import { syslog } from "./syslog.ts";
import { readTrust } from "./trust.ts";
import { webhook } from "./webhook.ts";

export interface DeliveryOptions {
  readonly receivers: Config["delivery"];
  readonly store: Store;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Receiver = Config["delivery"][number];

export class Delivery {
  readonly #options: DeliveryOptions;
  #couriers: readonly Courier[];
  #started = false;

  /** Starts nothing yet. @throws SamehandError `key-invalid`, `config-invalid` for a file that cannot be used */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#couriers = options.receivers.map((receiver) => this.#courier(receiver.name, this.#carrier(receiver)));
  }

  #carrier(receiver: Receiver): Carrier {
    return carrierOf(receiver, this.#options.version, this.#options.clock);
  }

  #courier(receiver: string, carrier: Carrier): Courier {
    const { store, log, clock } = this.#options;
    return new Courier({
      receiver,
      carrier,
      deliveries: store.deliveries,
      entries: (after, most) => store.audit.entries(after, most),
      newest: () => store.audit.newest(1)[0]?.seq ?? 0,
      notice: (entry) => named(entry, store),
      log,
      clock,
    });
  }

  /**
   * Reads what other receivers need, and changes nothing yet. A receiver that keeps its name keeps its place.
   * @returns what takes them over, which cannot fail
   * @throws SamehandError `key-invalid`, `config-invalid` for a file that cannot be used
   */
  prepare(receivers: Config["delivery"]): () => void {
    const carriers = new Map(receivers.map((receiver) => [receiver.name, this.#carrier(receiver)]));
    return () => {
      const gone = this.#couriers.filter(({ receiver }) => !carriers.has(receiver));
      const before = new Map(this.#couriers.map((courier) => [courier.receiver, courier]));
      this.#couriers = Array.from(carriers, ([name, carrier]) => {
        const courier = before.get(name);
        courier?.use(carrier);
        return courier ?? this.#courier(name, carrier);
      });
      if (this.#started) this.start();
      for (const courier of gone) void courier.stop();
    };
  }

  /** How each stands, for the metrics. */
  get states() {
    return this.#couriers.map(({ receiver, lagSeconds, delivered, failures, deadLetters }) => ({
      receiver,
      lagSeconds,
      delivered,
      failures,
      deadLetters,
    }));
  }

  start(): void {
    this.#started = true;
    for (const courier of this.#couriers) courier.start();
  }

  /** What was not delivered is delivered after the next start. */
  async stop(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.stop()));
  }
}

/** Who it is about is looked up when it is told: of somebody forgotten there is no name any more. */
function named(entry: AuditEntry, store: Store): Notice {
  const name = entry.agent === null ? null : store.nameOf(entry.agent);
  return noticeOf(entry, store.installation, name);
}

/** @throws SamehandError `key-invalid`, `config-invalid` for a file that cannot be used */
export function carrierOf(receiver: Receiver, version: string, clock: Clock): Carrier {
  switch (receiver.kind) {
    case "syslog": {
      const { host, port, tls, name } = receiver;
      if (tls === false) return syslog({ host, port, tls: null }, version);
      const servername = tls.servername === undefined ? {} : { servername: tls.servername };
      return syslog({ host, port, tls: { ...readTrust(tls, name), ...servername } }, version);
    }
    case "webhook": {
      const { url, format, secret, name } = receiver;
      const hush = readSecret(secret, "delivery: secret").trim();
      return webhook({ url, format, trust: readTrust(receiver, name), secret: hush }, version, clock);
    }
    case "caep": {
      const { url, key, keyId, issuer, audience, token, name } = receiver;
      const bearer = token === undefined ? {} : { token: readSecret(token, "delivery: token").trim() };
      const signed = { key: readSecret(key, "delivery: key"), keyId, issuer, audience };
      return caep({ url, trust: readTrust(receiver, name), ...signed, ...bearer });
    }
    default:
      return lineFile(receiver.path, receiver.format, version);
  }
}
