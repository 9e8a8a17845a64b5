/** All the ways out of the audit chain: a courier for each receiver that the configuration names. */
import { readFileSync } from "node:fs";
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
  readonly #couriers: readonly Courier[];

  /** Starts nothing yet. @throws SamehandError `key-invalid` for a secret that cannot be read, or what a file gives */
  constructor({ receivers, store, version, clock, log }: DeliveryOptions) {
    this.#couriers = receivers.map(
      (receiver) =>
        new Courier({
          receiver: receiver.name,
          carrier: carrierOf(receiver, version, clock),
          deliveries: store.deliveries,
          entries: (after, most) => store.audit.entries(after, most),
          newest: () => store.audit.newest(1)[0]?.seq ?? 0,
          notice: (entry) => named(entry, store),
          log,
          clock,
        }),
    );
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
    for (const courier of this.#couriers) courier.start();
  }

  /** What was not delivered is delivered after the next start. */
  async stop(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.stop()));
  }
}

/** Who it is about is looked up when it is told: of somebody forgotten there is no name any more. */
function named(entry: AuditEntry, store: Store): Notice {
  const name = entry.agent === null ? null : (store.agents().find(({ id }) => id === entry.agent)?.name ?? null);
  return noticeOf(entry, store.installation, name);
}

const trusted = (ca: string | undefined) => (ca === undefined ? {} : { ca: readFileSync(ca, "utf8") });

function carrierOf(receiver: Receiver, version: string, clock: Clock): Carrier {
  switch (receiver.kind) {
    case "syslog": {
      const { host, port, tls } = receiver;
      const { servername } = tls === false ? {} : tls;
      const secure = tls === false ? null : { ...trusted(tls.ca), ...(servername === undefined ? {} : { servername }) };
      return syslog({ host, port, tls: secure }, version);
    }
    case "webhook": {
      const { url, format, ca, secret } = receiver;
      return webhook(
        { url, format, ...trusted(ca), secret: readSecret(secret, "delivery: secret").trim() },
        version,
        clock,
      );
    }
    case "caep": {
      const { url, ca, key, keyId, issuer, audience, token } = receiver;
      const bearer = token === undefined ? {} : { token: readSecret(token, "delivery: token").trim() };
      return caep({ url, ...trusted(ca), key: readSecret(key, "delivery: key"), keyId, issuer, audience, ...bearer });
    }
    default:
      return lineFile(receiver.path, receiver.format, version);
  }
}
