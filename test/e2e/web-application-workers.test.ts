/**
 * In front of the web application with several processes behind one port: whichever a request comes to, it knows the
 * login, finds the tunnel over plain HTTP, knows where share links lead, and lets no file of a held session move.
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import t from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { instruction, ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { startDesktop } from "../parts/desktop.ts";
import { startGuacd } from "../parts/guacd.ts";
import { signIn, tunnelUrl, WebApplication } from "../parts/web-application.ts";
import { serve, workersOf } from "../reliability/child.ts";
import { writeFolder } from "../reliability/rig.ts";

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A request over a connection of its own, which the kernel gives to any of the processes. */
function ask(url: string, { method = "GET", headers = {}, body = "" }: Asked = {}) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const asked = httpRequest(url, { method, headers, agent: false });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((body) => resolve({ status, headers, body }), reject);
    });
    asked.end(body);
  });
}

/** Passes once so much was said; it goes on. */
function streams(url: string, headers: Record<string, string>, until: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { headers, agent: false });
    let said = "";
    asked.on("error", reject);
    asked.on("response", (answer) => {
      answer.on("error", reject);
      answer.on("data", (bytes: Buffer) => {
        said += bytes.toString("latin1");
        if (said.includes(until)) resolve();
      });
    });
    asked.end();
  });
}

/** A download that has begun and is not read on. @returns what reads on until it is cut; rejects where it ends well */
function begin(url: string): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { agent: false });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      answer.once("data", () => {
        answer.pause();
        resolve(async () => {
          const end = new Promise<void>((cut, whole) => {
            answer.on("error", () => cut());
            answer.on("end", () => whole(new Error("it ended well")));
          });
          answer.resume();
          await end;
        });
      });
    });
    asked.end();
  });
}

const form = { "content-type": "application/x-www-form-urlencoded" };
const letters = Array.from("abcdefghijkl");

t.setTimeout(230_000);

t.test("whichever process a request comes to, it is of one gateway", async (t) => {
  t.setTimeout(220_000);
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  const guacd = await startGuacd();
  t.teardown(() => guacd.stop());
  let application;
  try {
    application = await WebApplication.start({ guacdPort: guacd.port, desktop: desktop.settings });
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    t.pass(`skipped: ${error.message}`);
    return;
  }
  t.teardown(() => application.stop());
  const webapp = { upstreams: [application.origin], httpTunnel: "degrade" };
  const folder = writeFolder(guacd.port, { workers: 2, webapp });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const child = await serve(folder);
  t.teardown(() => child.program.stop());
  const [, operators = ""] = await child.program.line(/"console":"([^"]+)"/);
  const url = `${child.tunnelUrl.replace(/^ws/, "http").replace(/\/websocket-tunnel$/, "")}/guacamole`;
  const samehand = async (...args: string[]): Promise<string> => {
    const command = join(import.meta.dirname, "../../bin/samehand");
    const env = { ...process.env, NODE_OPTIONS: "", SAMEHAND_TOKEN: token, SAMEHAND_URL: operators };
    const { stdout } = await promisify(execFile)(command, [...args, "--config", join(folder, "samehand.yaml")], {
      env,
    });
    return stdout.trim();
  };
  const live = async (): Promise<{ id: string; worker: string }[]> =>
    JSON.parse(await samehand("sessions", "--json")) as { id: string; worker: string }[];
  let token = "";
  token = await samehand("operators", "token", "test", "--role", "viewer", "--role", "responder");

  const body = new URLSearchParams({ username: "anna", password: WebApplication.password }).toString();
  const signedIn = await ask(`${url}/api/tokens`, { method: "POST", headers: form, body });
  const { authToken } = JSON.parse(signedIn.body) as { authToken: string };
  const { searchParams } = new URL(tunnelUrl(url, authToken));
  const opened = await ask(`${url}/tunnel?connect`, { method: "POST", headers: form, body: searchParams.toString() });
  t.equal(opened.status, 200);
  const headers = { "guacamole-tunnel-token": String(opened.headers["guacamole-tunnel-token"]) };
  await streams(`${url}/tunnel?read:${opened.body}:0`, headers, "4.sync,");
  for (const [n, letter] of letters.entries()) {
    const code = letter.codePointAt(0)!;
    const keys = instruction("key", code, 1) + instruction("key", code, 0);
    const write = await ask(`${url}/tunnel?write:${opened.body}`, { method: "POST", headers, body: keys });
    t.equal(write.status, 200, `write ${n}`);
  }
  await desktop.received((event) => event.kind === "key" && event.pressed && event.text === "l");
  t.equal(desktop.typed(), letters.join(""), "each reached the session");

  const viewer = await ViewerClient.open(tunnelUrl(url, authToken));
  const [, tunnel = ""] = await viewer.first("");
  const file = `${url}/api/session/tunnels/${tunnel}/streams/0/report.txt?token=${authToken}`;
  for (let n = 0; n < 6; n++) t.equal((await ask(file)).status, 200);
  const ids = (await live()).map(({ id }) => id);
  t.equal(ids.length, 2);
  for (const id of ids) await samehand("sessions", "quarantine", id, "--reason", "a test");
  for (let n = 0; n < 12; n++) t.equal((await ask(file)).status, 403, "a held session's file, asked of any process");
  t.ok(viewer.open);
  // the login ends with it, and so does its other tunnel
  await samehand("sessions", "sever", ids[0], "--reason", "a test");
  while ((await live()).length > 0);
  await viewer.ended;

  const bert = await signIn(url, { username: "bert", password: WebApplication.password });
  const owner = await ViewerClient.open(tunnelUrl(url, bert.token, { GUAC_DATA_SOURCE: WebApplication.database }));
  const [, shared = ""] = await owner.first("");
  const sharing = `${url}/api/session/tunnels/${shared}/activeConnection/sharingCredentials/1?token=${bert.token}`;
  const { key } = (JSON.parse((await ask(sharing)).body) as { values: { key: string } }).values;
  const [session] = await live();
  const pids = workersOf(child.program.pid);
  const home = pids[Number(session.worker) - 1];
  process.kill(
    pids.find((pid) => pid !== home)!,
    "SIGKILL",
  );
  await child.program.line(/a worker took the place/);
  const guests: { guest: ViewerClient; file: string }[] = [];
  for (let n = 0; n < 8; n++) {
    const { token, dataSource } = await signIn(url, { key });
    const guest = await ViewerClient.open(tunnelUrl(url, token, { GUAC_DATA_SOURCE: dataSource, GUAC_ID: key }));
    const [, name = ""] = await guest.first("");
    guests.push({ guest, file: `${url}/api/session/tunnels/${name}/streams/0/endless?token=${token}` });
  }
  const downloads = await Promise.all(guests.map(({ file }) => begin(file)));
  await samehand("sessions", "quarantine", session.id, "--reason", "a test");
  const metrics = await (await fetch(`${child.metricsUrl}/metrics`)).text();
  t.match(metrics, /^samehand_sessions_held 9$/m, "guests are held with the desktop, in a worker that began later too");
  await Promise.all(downloads.map((cut) => cut()));
  t.pass("and what they were fetching is cut, in whichever it was asked for");

  const report = `${url}/api/session/tunnels/${shared}/streams/0/report.txt?token=${bert.token}`;
  process.kill(home, "SIGSTOP");
  const answers = Array.from({ length: 12 }, () => ask(report));
  const { status } = await Promise.race(answers);
  process.kill(home, "SIGCONT");
  t.equal(status, 503, "while the session's own process is silent nothing of it moves");
  for (const answer of await Promise.all(answers)) t.match(String(answer.status), /^(403|503)$/);
  for (const { guest } of guests) t.ok(guest.open);
});
