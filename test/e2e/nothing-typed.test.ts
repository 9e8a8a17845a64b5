/**
 * What was typed in a real session is looked for wherever it could have stayed: the store with its log, the program's
 * own log, metrics, the audit's export, the agent's export, evidence, a backup, and all of the gateway's memory once
 * the session is over, as a core dump would have it. Nothing is given time to be collected or written over.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { stringify } from "yaml";
import { loadConfig } from "../../config/load.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { storeOptions } from "../../gateway/settings.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { Background } from "../../models/background.ts";
import { certificate } from "../fixtures/certificate.ts";
import { enrolPerson } from "../parts/colleagues.ts";
import { startDesktop } from "../parts/desktop.ts";
import { startGuacd } from "../parts/guacd.ts";
import { onDesktop } from "../parts/on-desktop.ts";
import { memoryOf } from "../parts/process-memory.ts";
import { longestRun, more, TraceSearch } from "../parts/traces.ts";
import { play, Typist } from "../parts/typist.ts";

const main = new URL("../../gateway/main.ts", import.meta.url).pathname;
/** No text of anybody else's. */
const secret = "quuxwizardzephyrvodka";
/** So many neighbours in a row are found by chance in 200 MB, of a text that nobody typed as well. */
const chance = 5;
const nobodys = "jinxblowzymktgfapvehd";

const cases = [
  { who: "of whom nothing is known, in the clear", known: false, tls: false },
  { who: "who is verified, over TLS", known: true, tls: true },
] as const;

// In real time, twice.
t.setTimeout(330_000);
for (const { who, known, tls } of cases)
  t.test(`what was typed by an agent ${who} is found nowhere once the session is over`, async (t) => {
    t.setTimeout(330_000);
    const desktop = await startDesktop();
    t.teardown(() => desktop.stop());
    const guacd = await startGuacd();
    t.teardown(() => guacd.stop());
    const { cert, key } = certificate("localhost");
    const folder = t.testdir({ keys: newKeyLine(new Date(0)), "token-keys": newKeyLine(new Date(1)), cert, key });
    const file = join(folder, "samehand.yaml");
    const text = stringify({
      mode: "enforce",
      listen: { port: 0, ...(tls ? { tls: { cert: "cert", key: "key" } } : {}) },
      metrics: { port: 0 },
      admin: { port: 0 },
      guacd: [`127.0.0.1:${guacd.port}`],
      connections: { desk: { protocol: "vnc", settings: desktop.settings } },
      keys: { file: "keys" },
      tokens: { keys: { file: "token-keys" } },
      enrolment: { provisional: { keystrokes: 300, actions: 0, days: 0 } },
      log: { level: "debug" },
      drainSeconds: 0,
    });
    writeFileSync(file, text);
    if (known) {
      const store = openStore(storeOptions(loadConfig(file, {}).config));
      enrolPerson(store, Background.load(), "anna", 1, 600);
      store.close();
    }
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
    const viewer = await onDesktop(async () => {
      const issued = await samehand("token", "--agent", "anna", "--connection", "desk", "--json", ...at);
      const { token } = JSON.parse(issued) as { token: string };
      const query = new URLSearchParams({ token, GUAC_WIDTH: "1024", GUAC_HEIGHT: "768" });
      const address = new URL(`${listen.replace("http", "ws")}/websocket-tunnel?${query.toString()}`);
      if (tls) address.hostname = "localhost";
      return ViewerClient.open(address.href, { ca: cert });
    });
    const anna = new Typist(1);
    const before = anna.work(40, 1);
    await play([...before, ...anna.type(secret, (before.at(-1)?.at ?? 0) + 800, 1)], viewer);
    await desktop.ends(secret);
    const typed = desktop.typed().length;
    const scraped = await (await fetch(`${metrics}/metrics`)).text();
    await viewer.close();
    // The session's end is written, and what is kept beside sessions is handed on.
    await said("session ended");
    await sleep(3000);

    mkdirSync(join(folder, "out"));
    const out = (name: string): string => join(folder, "out", name);
    const sessions = JSON.parse(await samehand("agents", "show", "anna", "--json", ...at)) as {
      maturity: string;
      sessions: { session: string }[];
    };
    t.equal(sessions.maturity !== "enrolling", known, sessions.maturity);
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
    const search = (text: string, pieces: Iterable<Buffer>) => {
      const search = new TraceSearch(text);
      for (const bytes of pieces) search.search(bytes);
      return search.traces;
    };
    for (const { name, bytes } of [
      ...kept,
      { name: "log", bytes: Buffer.from(log.join("\n")) },
      { name: "metrics", bytes: Buffer.from(scraped) },
    ]) {
      const { whole, rows, plain } = search(secret, [Buffer.concat([bytes])]);
      t.same([whole, plain], [[], ""], name);
      t.ok(Math.max(...rows.values()) <= chance, `${name}: ${Math.max(...rows.values())} in a row`);
    }

    const memory = Array.from(memoryOf(child.pid ?? 0), ({ bytes }) => bytes);
    const size = memory.reduce((sum, { length }) => sum + length, 0);
    t.ok(size > 50_000_000, `${Math.round(size / 1e6)} MB of memory were looked through`);
    const { whole, rows, objects, plain, masked } = search(secret, memory);
    const other = search(nobodys, memory);
    t.same(whole, [], "in memory: not the text");
    for (const [form, length] of rows) {
      const by = `by chance ${other.rows.get(form)}`;
      t.ok(length <= chance, `in memory: of ${secret.length} ${form}, ${length} in a row (${by})`);
    }
    t.ok(
      more(objects, other.objects) <= chance,
      `of ${secret.length - 1} neighbours, ${more(objects, other.objects)} more than chance in objects of one shape (of nobody's ${more(other.objects, objects)})`,
    );
    for (const [how, keys] of Object.entries({ plain, masked }))
      t.comment(
        `${how}: ${keys.length} instructions that press a key, of ${typed}; in a row ${longestRun(secret, keys)}`,
      );
    t.ok(longestRun(secret, plain + masked) <= chance, "what is left of the last reads spells nothing");
  });
