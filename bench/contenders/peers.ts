/** The peers that run in Node, the direct run, and whatever is plugged in from outside. */
import { createCipheriv, randomBytes } from "node:crypto";
import { Part } from "../parts/part.ts";
import { connectionOf, type Contender, numbered, type Setting, type Start } from "./contender.ts";

/** Starts the script beside this file, which answers with its two ports (0: it has none). */
async function script(file: string, argument: object): Promise<{ part: Part; plain: number; tls: number }> {
  const part = new Part(new URL(file, import.meta.url));
  return { part, ...(await part.call<{ plain: number; tls: number }>("start", argument)) };
}

const inFront =
  (name: string, file: string): Start =>
  async (setting) => {
    const { part, plain, tls } = await script(file, setting);
    return {
      name,
      pids: [part.pid],
      urls: (first, count, secure) =>
        secure && tls === 0
          ? []
          : numbered(secure ? `wss://127.0.0.1:${tls}` : `ws://127.0.0.1:${plain}`, first, count),
      stop: async () => part.stop(),
    };
  };

export const relay = inFront("ws relay", "relay.ts");
export const httpProxy = inFront("http-proxy-3", "http-proxy.ts");
export const splice = inFront("Node raw splice", "splice.ts");

/** Straight to the synthetic guacd's own WebSocket; on a real desktop, the least that lets a browser speak to guacd. */
export const direct: Start = async (setting) =>
  setting.desktop === undefined ? straight(setting) : noGateway(setting, setting.desktop);

async function noGateway({ guacd }: Setting, { hostname, port }: NonNullable<Setting["desktop"]>): Promise<Contender> {
  const { part, plain } = await script("tunnel.ts", { guacd, hostname, port });
  return { name: "direct", pids: [], urls: () => [`ws://127.0.0.1:${plain}/?`], stop: async () => part.stop() };
}

const straight: Start = async (setting) => ({
  name: "direct",
  pids: [],
  urls: (first, count, tls) =>
    numbered(tls ? `wss://127.0.0.1:${setting.secure}` : `ws://127.0.0.1:${setting.front}`, first, count),
  stop: async () => {},
});

/** A token in guacamole-lite's format: AES-256-CBC over JSON, base64 in base64. */
function liteToken(secret: string, settings: Record<string, string>): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", secret, iv);
  const plain = JSON.stringify({ connection: { type: "vnc", settings } });
  const value = Buffer.concat([cipher.update(plain), cipher.final()]).toString("base64");
  return encodeURIComponent(Buffer.from(JSON.stringify({ iv: iv.toString("base64"), value })).toString("base64"));
}

export const guacamoleLite: Start = async (setting: Setting) => {
  const secret = randomBytes(16).toString("hex");
  const { part, plain, tls } = await script("lite.ts", { ...setting, secret });
  return {
    name: "guacamole-lite",
    pids: [part.pid],
    urls: (first, count, secure) =>
      Array.from(
        { length: count },
        (_, index) =>
          `${secure ? `wss://127.0.0.1:${tls}` : `ws://127.0.0.1:${plain}`}/?token=${liteToken(secret, connectionOf(setting, first + index))}`,
      ),
    stop: async () => part.stop(),
  };
};

/** The gateway's relay without inspection; its sessions can be severed at a known event. */
export interface Bare extends Contender {
  /** From now on each session is severed from its nth input event on, once nothing is pressed; null for never. */
  sever(at: number | null): Promise<void>;
  /** When each session was severed, in ns, and how many events came before. */
  verdicts(): Promise<{ number: number; at: number; before: number }[]>;
}

export const bare = async (setting: Setting): Promise<Bare> => {
  const { part, plain, tls } = await script("bare.ts", setting);
  return {
    name: "samehand uninspected",
    pids: [part.pid],
    urls: (first, count, secure) =>
      Array.from(
        { length: count },
        (_, index) =>
          `${secure ? `wss://127.0.0.1:${tls}` : `ws://127.0.0.1:${plain}`}/websocket-tunnel?token=${first + index}`,
      ),
    stop: async () => part.stop(),
    sever: async (at) => part.call("sever", { at }),
    verdicts: async () => part.call("verdicts"),
  };
};

/**
 * Any proxy in front of the bench's WebSocket front, given as `name=url,pid`.
 * @throws Error when it cannot be read
 */
export function plugged(text: string): Start {
  const match = /^([^=]+)=(wss?:\/\/[^,]+),(\d+)$/.exec(text);
  if (match === null) throw new Error(`--proxy wants name=ws://host:port,pid and not '${text}'`);
  const [, name, url, pid] = match;
  const contender: Contender = {
    name,
    pids: [Number(pid)],
    urls: (first, count, tls) => (tls === url.startsWith("wss:") ? numbered(url.replace(/\/$/, ""), first, count) : []),
    stop: async () => {},
  };
  return async () => contender;
}
