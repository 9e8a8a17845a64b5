/**
 * What was typed in a real session is looked for wherever it could have stayed: the store with its log, the program's
 * own log, metrics, the audit's export, the agent's export, evidence, a backup, and all of the gateway's memory once
 * the session is over, as a core dump would have it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { stringify } from "yaml";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { keysym } from "../../gateway/core/units.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { keyOf } from "../../models/keyboard/keys.ts";
import { startDesktop } from "../parts/desktop.ts";
import { startGuacd } from "../parts/guacd.ts";
import { memoryOf } from "../parts/process-memory.ts";
import { play, Typist } from "../parts/typist.ts";

const main = new URL("../../gateway/main.ts", import.meta.url).pathname;
/** No text of anybody else's. */
const secret = "quuxwizardzephyrvodka";
const codes = Array.from(secret).map((char) => char.charCodeAt(0));
/** Memory is full of zeros: a search that begins with one would stop at each of them. */
const searchable = (pattern: Buffer): Buffer => pattern.subarray(pattern.findIndex((byte) => byte !== 0));
const words = (bytes: number, write: (buffer: Buffer, code: number, at: number) => void): Buffer => {
  const buffer = Buffer.alloc(codes.length * bytes);
  codes.forEach((code, index) => write(buffer, code, index * bytes));
  return buffer;
};

const small = (value: number): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeInt32LE(value, 4);
  return buffer;
};
const keyNumber = (char: string): number => keyOf(keysym(char.charCodeAt(0)));
/** A keystroke of the model: the key, and behind it the key before. */
const keystrokes = new Map(
  Array.from(secret)
    .slice(1)
    .map((char, index) => {
      const pattern = searchable(Buffer.concat([small(keyNumber(char)), small(keyNumber(secret[index]))]));
      return [`${secret[index]}${char}`, pattern] as const;
    }),
);

/** The text and its keysyms, as a program could keep them in a row. */
const forms: Readonly<Record<string, Buffer>> = {
  text: Buffer.from(secret),
  "UTF-16": Buffer.from(secret, "utf16le"),
  "keysyms of 32 bits": words(4, (buffer, code, at) => buffer.writeUInt32LE(code, at)),
  "keysyms as doubles": searchable(words(8, (buffer, code, at) => buffer.writeDoubleLE(code, at))),
  // V8 keeps a small integer in the upper half of a word
  "an array of keysyms": searchable(words(8, (buffer, code, at) => buffer.writeUInt32LE(code, at + 4))),
};

/** The keys that instructions press in these bytes, as they lie there or masked as a browser sends them. */
function pressedIn(bytes: Buffer): { plain: string; masked: string } {
  const plain = [...bytes.toString("latin1").matchAll(press)].map(([, code]) => String.fromCharCode(Number(code)));
  const masked: string[] = [];
  // A whole text message of 15 or 16 bytes: `3.key,2.99,1.1;`, `3.key,3.113,1.1;`
  for (const length of [15, 16])
    for (let at = bytes.indexOf(Buffer.of(0x81, 0x80 + length)); at >= 0;) {
      const mask = bytes.subarray(at + 2, at + 6);
      const message = bytes.subarray(at + 6, at + 6 + length).map((byte, index) => byte ^ mask[index % 4]);
      const code = /^3\.key,[23]\.(\d{2,3}),1\.1;/.exec(Buffer.from(message).toString("latin1"))?.[1];
      if (code !== undefined) masked.push(String.fromCharCode(Number(code)));
      at = bytes.indexOf(Buffer.of(0x81, 0x80 + length), at + 1);
    }
  return { plain: plain.join(""), masked: masked.join("") };
}
const press = /3\.key,[23]\.(\d{2,3}),1\.1;/g;

/** How many keys in a row the instructions that lie in memory spell, read in the order of addresses. */
function longestRun(pressed: string): number {
  for (let length = secret.length; length > 0; length--)
    for (let at = 0; at + length <= secret.length; at++)
      if (pressed.includes(secret.slice(at, at + length))) return length;
  return 0;
}

t.test("what was typed is found nowhere once the session is over", { timeout: 110_000 }, async (t) => {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  const guacd = await startGuacd();
  t.teardown(() => guacd.stop());
  const folder = t.testdir({ keys: newKeyLine(new Date(0)), "token-keys": newKeyLine(new Date(1)) });
  const file = join(folder, "samehand.yaml");
  const text = stringify({
    mode: "enforce",
    listen: { port: 0 },
    metrics: { port: 0 },
    admin: { port: 0 },
    guacd: [`127.0.0.1:${guacd.port}`],
    connections: { desk: { protocol: "vnc", settings: desktop.settings } },
    keys: { file: "keys" },
    tokens: { keys: { file: "token-keys" } },
    log: { level: "debug" },
    drainSeconds: 0,
  });
  writeFileSync(file, text);
  const child = spawn(process.execPath, [main, "serve", "--config", file], { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  const log: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => log.push(line));
  const said = async (message: string): Promise<Record<string, string>> => {
    for (;;) {
      const line = log.find((line) => line.includes(`"msg":"${message}"`));
      if (line !== undefined) return JSON.parse(line) as Record<string, string>;
      await once(lines, "line");
    }
  };
  const { listen = "", metrics = "" } = await said("listening");
  const samehand = async (...args: string[]): Promise<string> => {
    const command = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    command.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    t.same(await once(command, "close"), [0, null], args.join(" "));
    return Buffer.concat(chunks).toString();
  };
  const at = ["--config", file];
  const { token } = JSON.parse(await samehand("token", "--agent", "anna", "--connection", "desk", "--json", ...at)) as {
    token: string;
  };
  const query = new URLSearchParams({ token, GUAC_WIDTH: "1024", GUAC_HEIGHT: "768" });
  const viewer = await ViewerClient.open(`${listen.replace("http", "ws")}/websocket-tunnel?${query.toString()}`);
  await viewer.next("sync");
  const anna = new Typist(1);
  const before = anna.work(40, 1);
  await play([...before, ...anna.type(secret, (before.at(-1)?.at ?? 0) + 800, 1)], viewer);
  await desktop.settled();
  const typed = desktop.typed().length;
  t.ok(desktop.typed().endsWith(secret), "the desktop got it");
  const scraped = await (await fetch(`${metrics}/metrics`)).text();
  viewer.close();
  await viewer.ended;
  // The session's end is written, and what is kept beside sessions is handed on.
  await sleep(3000);

  mkdirSync(join(folder, "out"));
  const out = (name: string): string => join(folder, "out", name);
  const sessions = JSON.parse(await samehand("agents", "show", "anna", "--json", ...at)) as {
    sessions: { session: string }[];
  };
  await samehand("agents", "lock", "anna", "--reason", "test", ...at);
  await samehand("audit", "export", out("audit.jsonl"), ...at);
  await samehand("agents", "export", "anna", "--out", out("anna.json"), ...at);
  await samehand("evidence", sessions.sessions[0].session, "--out", folder, ...at);
  await samehand("backup", out("backup.db"), ...at);
  const kept = [folder, join(folder, "out")].flatMap((from) =>
    readdirSync(from, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => ({ name, bytes: readFileSync(join(from, name)) })),
  );
  t.ok(kept.some(({ name }) => name.endsWith("-wal")) && kept.length >= 10, kept.map(({ name }) => name).join(" "));
  for (const { name, bytes } of [
    ...kept,
    { name: "log", bytes: Buffer.from(log.join("\n")) },
    { name: "metrics", bytes: Buffer.from(scraped) },
  ])
    for (const [form, pattern] of Object.entries(forms)) t.notOk(bytes.includes(pattern), `${name}: ${form}`);

  const found = new Set<string>();
  const pressed = { plain: "", masked: "" };
  const pairs = new Set<string>();
  let size = 0;
  for (const { bytes } of memoryOf(child.pid ?? 0)) {
    size += bytes.length;
    for (const [form, pattern] of Object.entries(forms)) if (bytes.includes(pattern)) found.add(form);
    const here = pressedIn(bytes);
    pressed.plain += here.plain;
    pressed.masked += here.masked;
    for (const [pair, pattern] of keystrokes) if (bytes.includes(pattern)) pairs.add(pair);
  }
  t.ok(size > 50_000_000, `${Math.round(size / 1e6)} MB of memory were read`);
  t.same([...found], [], "in memory: neither the text nor its keys in a row");
  for (const [how, keys] of Object.entries(pressed))
    t.comment(`${how}: ${keys.length} instructions that press a key, of ${typed}; in a row ${longestRun(keys)}`);
  // Objects of the model that nobody refers to any more stay until V8 writes over them: docs/PRIVACY.md says what follows.
  t.comment(`pairs of keys in objects that wait to be collected: ${pairs.size} of ${keystrokes.size}`);
  t.ok(longestRun(pressed.plain + pressed.masked) <= 3, "what is left of the last reads spells nothing");
});
