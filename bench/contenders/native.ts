/** nginx and haproxy as WebSocket proxies, and haproxy passing TCP on: one process or worker of one thread each. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Parts } from "../../demo/parts.ts";
import { freePort, Program } from "../../demo/program.ts";
import { type Contender, numbered, type Setting, type Start } from "./contender.ts";

/** @throws Error when nothing answers within five seconds */
async function answering(port: number, program: Program): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await wait(50);
  }
  throw new Error(`${program.name} does not answer: ${program.tail}`);
}

const contender = (program: Program, plain: string, secure: string): Contender => ({
  name: program.name,
  pids: [program.pid],
  urls: (first, count, tls) => (tls && secure === "" ? [] : numbered(tls ? secure : plain, first, count)),
  stop: async () => program.stop(),
});

const timeouts = "timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h";

function haproxyConfig(mode: "http" | "tcp", setting: Setting, port: number, secure: number, pem: string): string {
  const tls = mode === "tcp" ? "" : `  bind 127.0.0.1:${secure} ssl crt ${pem}\n`;
  return (
    `global\n  nbthread 1\n  maxconn 9000\ndefaults\n  mode ${mode}\n  ${timeouts}\n` +
    `listen bench\n  bind 127.0.0.1:${port}\n${tls}  server front 127.0.0.1:${setting.front}\n`
  );
}

function nginxConfig(setting: Setting, port: number, secure: number): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((what) => `${what}_temp_path ${setting.folder}/${what};`)
    .join(" ");
  return `daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${setting.folder}/nginx.pid; error_log stderr crit;
events { worker_connections 12000; }
http { access_log off; ${folders}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${secure} ssl backlog=4096;
    ssl_certificate ${setting.folder}/cert.pem; ssl_certificate_key ${setting.folder}/key.pem;
    location / { proxy_pass http://127.0.0.1:${setting.front}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade"; proxy_read_timeout 1h; proxy_send_timeout 1h; }
  }
}
`;
}

/** haproxy from the unpacked packages. */
export const haproxy =
  (parts: Parts, mode: "http" | "tcp"): Start =>
  async (setting) => {
    const name = mode === "http" ? "haproxy WebSocket" : "haproxy TCP";
    const [port, secure] = [await freePort(), await freePort()];
    const pem = join(setting.folder, "both.pem");
    writeFileSync(pem, setting.cert + setting.key, { mode: 0o600 });
    const file = join(setting.folder, `haproxy-${mode}.cfg`);
    writeFileSync(file, haproxyConfig(mode, setting, port, secure, pem));
    const program = new Program({ name, command: parts.command("/usr/sbin/haproxy", ["-q", "-db", "-f", file]) });
    await answering(port, program);
    return contender(program, `ws://127.0.0.1:${port}`, mode === "tcp" ? "" : `wss://127.0.0.1:${secure}`);
  };

/** nginx from the unpacked packages. */
export const nginx =
  (parts: Parts): Start =>
  async (setting) => {
    const [port, secure] = [await freePort(), await freePort()];
    const file = join(setting.folder, "nginx.conf");
    writeFileSync(file, nginxConfig(setting, port, secure));
    writeFileSync(join(setting.folder, "cert.pem"), setting.cert);
    writeFileSync(join(setting.folder, "key.pem"), setting.key, { mode: 0o600 });
    const command = parts.command("/usr/sbin/nginx", ["-p", setting.folder, "-c", file]);
    const program = new Program({ name: "nginx WebSocket", command });
    await answering(port, program);
    return contender(program, `ws://127.0.0.1:${port}`, `wss://127.0.0.1:${secure}`);
  };
