/**
 * Signed webhooks: lines of JSON by POST. `samehand-signature` is `v1=` and the HMAC-SHA256, in hexadecimal, of the
 * time in `samehand-timestamp`, a dot and the body, so that neither can be changed or sent again later unseen.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Carrier } from "./carrier.ts";
import { jsonLines, type LineFormat } from "./json-lines.ts";
import { post } from "./post.ts";
import type { Trust } from "./trust.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly trust: Trust;
  readonly secret: string;
  readonly format: LineFormat;
}

export function webhook({ url, trust, secret, format }: WebhookOptions, version: string, clock: Clock): Carrier {
  return {
    most: 100,
    carry(notices, cut) {
      const body = jsonLines(notices, format, version);
      const timestamp = String(Math.floor(clock.wall() / 1000));
      const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
      const headers = {
        "content-type": "application/x-ndjson",
        "user-agent": `samehand/${version}`,
        "samehand-timestamp": timestamp,
        "samehand-signature": `v1=${signature}`,
      };
      return post({ url, trust, headers, body }, { cut });
    },
    close: () => {},
  };
}
