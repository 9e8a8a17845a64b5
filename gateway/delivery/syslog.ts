/**
 * Syslog: RFC 5424 messages with CEF inside, over TLS as RFC 5425 frames them (their length in octets, a space, the message),
 * or over plain TCP in the same way (RFC 6587). Syslog answers nothing: what the kernel took is taken for delivered once it
 * was written, so a receiver that dies may lose the last of it.
 */
import { addAbortListener, once } from "node:events";
import { hostname } from "node:os";
import { connect, type Socket } from "node:net";
import { connect as secureConnect } from "node:tls";
import { attemptMillis, type Carrier } from "./carrier.ts";
import { cef } from "./cef.ts";
import type { Notice } from "./notice.ts";
import type { Trust } from "./trust.ts";

export interface SyslogOptions {
  readonly host: string;
  readonly port: number;
  /** Null for plain TCP. */
  readonly tls: (Trust & { readonly servername?: string }) | null;
}

/** `authpriv`. */
const facility = 10;
/** CEF's 0 to 10 as syslog's 7 (debug) to 0 (emergency): alert, critical, error, warning, notice. */
const severityOf = (severity: number): number => (severity >= 9 ? 1 : severity >= 7 ? 2 : severity >= 5 ? 4 : 5);

export function syslogMessage(notice: Notice, version: string, host = hostname()): string {
  const priority = facility * 8 + severityOf(notice.severity);
  const id = notice.action.replace(/[^!-~]/g, "").slice(0, 32) || "-";
  const at = new Date(notice.at).toISOString();
  return `<${priority}>1 ${at} ${host.replace(/[^!-~]/g, "").slice(0, 255) || "-"} samehand ${process.pid} ${id} - ${cef(notice, version)}`;
}

const framed = (message: string): string => `${Buffer.byteLength(message)} ${message}`;

/** @param longest for one attempt, ms */
export function syslog({ host, port, tls }: SyslogOptions, version: string, longest = attemptMillis): Carrier {
  let socket: Socket | null = null;
  const drop = (): void => {
    socket?.destroy();
    socket = null;
  };
  const open = async (cut?: AbortSignal): Promise<Socket> => {
    if (socket !== null && !socket.destroyed && socket.writable) return socket;
    const made = tls === null ? connect({ host, port }) : secureConnect({ host, port, ...tls });
    const lost = (): void => {
      made.destroy();
      if (socket === made) socket = null;
    };
    made.on("error", lost);
    // A receiver that goes away says so by an end: what is written after it would be lost.
    made.on("end", lost);
    made.resume();
    try {
      const late = AbortSignal.timeout(longest);
      const signal = cut === undefined ? late : AbortSignal.any([late, cut]);
      await once(made, tls === null ? "connect" : "secureConnect", { signal });
    } catch (error) {
      lost();
      throw error;
    }
    return (socket = made);
  };
  return {
    most: 100,
    async carry(notices, cut) {
      const to = await open(cut);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = setTimeout(() => to.destroy(new Error("not taken in time")), longest);
      const lost = () => reject(new Error("the receiver closed the connection"));
      const given = cut === undefined ? undefined : addAbortListener(cut, () => to.destroy());
      to.once("close", lost);
      to.write(notices.map((notice) => framed(syslogMessage(notice, version))).join(""), (error) =>
        error ? reject(error) : resolve(),
      );
      try {
        await promise;
      } catch (error) {
        drop();
        throw error;
      } finally {
        clearTimeout(end);
        given?.[Symbol.dispose]();
        to.off("close", lost);
      }
    },
    close: drop,
  };
}
