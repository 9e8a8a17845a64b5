/**
 * The shipped snippets for nginx, HAProxy and Traefik, in real ones: page, sign-in and desktop through proxy and gateway.
 * No distribution packages Traefik: its part runs where `SAMEHAND_TRAEFIK` names the program.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { PartsUnavailable } from "../../demo/apt.ts";
import { ensureParts } from "../../demo/parts.ts";
import { connectable, freePort, Program } from "../../demo/program.ts";
import { agentName, millis } from "../../gateway/core/units.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { startFarm } from "../parts/farm.ts";
import { onDesktop } from "../parts/on-desktop.ts";
import { quietly } from "../parts/report.ts";
import { signIn, tunnelUrl, WebApplication } from "../parts/web-application.ts";

const shipped = (name: string): string =>
  readFileSync(new URL(`../../deploy/guacamole/${name}`, import.meta.url), "utf8");

const traefik = process.env["SAMEHAND_TRAEFIK"];

/** The snippets, in the least that makes them whole; `gateway` is its host and port. */
const wholes: Record<string, (gateway: string, port: number, folder: string, health: string) => string> = {
  nginx: (gateway: string, port: number, folder: string): string => {
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit; events {}
http { access_log off; ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}
server { listen 127.0.0.1:${port}; ${shipped("nginx.conf").replaceAll("127.0.0.1:8443", gateway)} } }\n`;
  },
  haproxy: (gateway: string, port: number, _folder: string, health: string): string =>
    `defaults\n  mode http\n  timeout client 1h\nfrontend desk\n  bind 127.0.0.1:${port}\n  default_backend guacamole\n` +
    shipped("haproxy.cfg").replaceAll("127.0.0.1:8443", gateway).replaceAll("9464", health),
  ...(traefik === undefined
    ? {}
    : { traefik: (gateway: string) => shipped("traefik.yaml").replaceAll("127.0.0.1:8443", gateway) }),
};

/** What starts one with such a file. */
const flags: Record<string, (file: string, folder: string, port: number) => readonly string[]> = {
  nginx: (file, folder) => ["-p", folder, "-c", file],
  haproxy: (file) => ["-q", "-db", "-f", file],
  traefik: (file, _folder, port) => [
    `--entrypoints.desk.address=127.0.0.1:${port}`,
    `--providers.file.filename=${file}`,
    "--log.level=ERROR",
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
  ],
};

t.test(
  "through the shipped snippets for reverse proxies an agent signs in, types, and is seen where they are",
  async (t) => {
    t.setTimeout(120_000);
    const pages = mkdtempSync(join(tmpdir(), "samehand-proxies-"));
    t.teardown(() => rmSync(pages, { recursive: true, force: true }));
    writeFileSync(join(pages, "index.html"), "<p>the application's page</p>");
    let parts;
    let farm;
    try {
      parts = await ensureParts("proxies", quietly);
      farm = await startFarm({ application: pages, config: { webapp: { trustedProxies: ["127.0.0.1"] } } });
    } catch (error) {
      if (!(error instanceof PartsUnavailable)) throw error;
      t.pass(`skipped: ${error.message}`);
      return;
    }
    t.teardown(() => farm.stop());
    const gateway = new URL(farm.gateway.url).host;
    for (const [name, whole] of Object.entries(wholes)) {
      const port = await freePort();
      const folder = join(pages, name);
      mkdirSync(folder);
      const file = join(folder, name === "traefik" ? "conf.yaml" : "conf");
      writeFileSync(file, whole(gateway, port, folder, new URL(farm.gateway.metricsUrl).port));
      const given = flags[name](file, folder, port);
      const command = name === "traefik" ? [traefik, ...given] : parts.command(`/usr/sbin/${name}`, given);
      const program = new Program({ name, command: command as [string, ...string[]] });
      try {
        await connectable(port);
        const url = `http://127.0.0.1:${port}/guacamole`;
        // HAProxy believes a server dead until its first check, and Traefik reads its file when it listens already.
        for (let tries = 0; tries < 100 && !(await fetch(`${url}/`)).ok; tries++)
          await new Promise((resolve) => setTimeout(resolve, 50));
        t.match(await (await fetch(`${url}/`)).text(), /the application's page/, `${name}: pages`);
        const echo = await fetch(`${url}/api/echo`, { method: "POST", body: "x".repeat(2_000_000) });
        t.match(await echo.text(), /\n\n2000000$/, `${name}: a large body`);
        const { token } = await signIn(url, { username: name, password: WebApplication.password });
        const viewer = await onDesktop(() => ViewerClient.open(tunnelUrl(url, token)));
        const from = farm.desktop.events.length;
        for (const pressed of [true, false]) viewer.key(millis(0), 0x61 as never, pressed);
        await farm.desktop.received((event) => event.kind === "key" && event.pressed, { from });
        t.equal(farm.desktop.typed(from), "a", `${name}: a key`);
        t.ok(farm.gateway.store.agent(agentName(`default/${name}`)), `${name}: the agent is known`);
        await viewer.close();
      } finally {
        await program.stop();
      }
    }
  },
);

t.test("the other deployment files are what their readers take", (t) => {
  const traefik = parse(shipped("traefik.yaml")) as { http: { services: { samehand: { loadBalancer: object } } } };
  t.match(traefik.http.services.samehand.loadBalancer, { servers: [{ url: "http://127.0.0.1:8443" }] });
  const { config } = parseConfig(shipped("samehand/samehand.yaml"), "/etc/samehand/samehand.yaml", {});
  t.match(config, { mode: "report", webapp: { upstreams: ["http://guacamole:8080"] } });
  type Compose = { services: Record<string, { volumes?: string[]; networks: string[]; ports?: string[] }> };
  const { services, networks, volumes } = parse(shipped("../compose.yaml")) as Compose & Record<string, object>;
  t.same(Object.keys(services).sort(), ["guacamole", "guacd", "postgres", "samehand"]);
  for (const [name, service] of Object.entries(services)) {
    for (const network of service.networks) t.ok(network in networks, `${name}: network ${network}`);
    for (const volume of service.volumes ?? []) {
      const [from = ""] = volume.split(":");
      t.ok(from.startsWith(".") || from in volumes, `${name}: volume ${from}`);
    }
    t.equal(service.ports !== undefined, name === "samehand", `${name}: only the gateway can be reached`);
  }
  t.end();
});
