/** The load around the contenders: the synthetic guacd and two processes of viewers, each a process of its own. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import forge from "node-forge";
import type { Contender, Setting } from "./contenders/contender.ts";
import type { Scene } from "./parts/display.ts";
import { Desk } from "./parts/desk.ts";
import { Part } from "./parts/part.ts";

/** Times of one session's messages in ns, as sent or as received. */
export interface Times {
  readonly number: number;
  readonly at: Float64Array;
}

/** When a viewer read an `error` instruction and when its socket closed, in ns; 0 where it did not. */
export interface End {
  readonly number: number;
  readonly errorAt: number;
  readonly closedAt: number;
}

/** A self-signed certificate of this run: what peers serve TLS with. Viewers do not verify it. */
function certificate(): { key: string; cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.serialNumber = "01";
  cert.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: "commonName", value: "127.0.0.1" }];
  cert.setSubject(name);
  cert.setIssuer(name);
  cert.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(cert) };
}

/** Viewers in one process, opened through one contender at a time. */
export class Viewers {
  readonly #part = new Part(new URL("parts/viewers.ts", import.meta.url));

  /** @throws Error when a session does not open */
  async open(contender: Contender, first: number, count: number, tls = false, concurrency = 16): Promise<void> {
    const urls = await contender.urls(first, count, tls);
    if (urls.length < count) throw new Error(`${contender.name} does not speak ${tls ? "TLS" : "plain"}`);
    await this.#part.call("open", { urls, first, concurrency });
  }

  bytes = async (): Promise<number> => this.#part.call("bytes");
  /** Types and points on every open session for so many seconds. */
  type = async (seconds: number): Promise<void> => this.#part.call("type", { seconds });
  forget = async (): Promise<void> => this.#part.call("forget");
  sent = async (): Promise<Times[]> => this.#part.call("sent");
  ends = async (): Promise<End[]> => this.#part.call("ends");
  stall = async (): Promise<void> => this.#part.call("stall");
  close = async (): Promise<void> => this.#part.call("close");
  stop = async (): Promise<void> => this.#part.stop();
}

export class Rig {
  readonly setting: Setting;
  readonly #guacd: Part;
  #desk: Promise<Desk> | null = null;
  /** Those that are measured, and those that draw beside them. */
  readonly viewers = new Viewers();
  readonly beside = new Viewers();

  private constructor(setting: Setting, guacd: Part) {
    this.setting = setting;
    this.#guacd = guacd;
  }

  /** Ports of the synthetic guacd may be asked for, so that a proxy can be set up in front of them beforehand. */
  static async start(ports: { readonly guacd?: number; readonly front?: number } = {}): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), "samehand-bench-"));
    mkdirSync(folder, { recursive: true });
    const guacd = new Part(new URL("parts/guacd.ts", import.meta.url));
    const pair = certificate();
    const listening = await guacd.call<Pick<Setting, "guacd" | "front" | "secure">>("start", { ...pair, ...ports });
    return new Rig({ ...listening, ...pair, folder }, guacd);
  }

  /** Draws on the sessions numbered `from` up to, not including, `to`; `null` stops. */
  draw = async (what: Scene | null, from: number, to: number): Promise<void> =>
    this.#guacd.call("draw", { what, from, to });
  burst = async (frames: number, from: number, to: number): Promise<void> =>
    this.#guacd.call("burst", { frames, from, to });
  received = async (): Promise<Times[]> => this.#guacd.call("received");

  /** A real desktop, started when it is first asked for. */
  desk(): Promise<Desk> {
    return (this.#desk ??= Desk.start(this.setting.folder));
  }

  async forget(): Promise<void> {
    await this.viewers.forget();
    await this.#guacd.call("forget");
  }

  /** Closes every session, and waits until the synthetic guacd has none left. */
  async clear(): Promise<void> {
    await this.draw(null, 0, Infinity);
    await this.viewers.close();
    await this.beside.close();
    for (let tries = 0; tries < 200; tries++) {
      if ((await this.#guacd.call<number>("sessions")) === 0) return;
      await wait(25);
    }
  }

  async stop(): Promise<void> {
    await (await this.#desk?.catch(() => null))?.stop();
    await Promise.all([this.#guacd.stop(), this.viewers.stop(), this.beside.stop()]);
    rmSync(this.setting.folder, { recursive: true, force: true });
  }
}
