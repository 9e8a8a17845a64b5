/** A real Prometheus with the shipped rules, and promtool, from the parts. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PartsUnavailable } from "../../demo/apt.ts";
import { ensureParts, type Parts } from "../../demo/parts.ts";
import { Program, connectable, freePort } from "../../demo/program.ts";
import { quietly } from "./report.ts";

export const rulesFolder = fileURLToPath(new URL("../../deploy/prometheus/", import.meta.url));

/** The watchers' parts, or null with a clear word where they cannot be had. */
export async function watchers(): Promise<Parts | null> {
  try {
    return await ensureParts("watchers", quietly);
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    process.stderr.write(`skipped: Prometheus and rsyslog cannot be fetched here: ${error.message}\n`);
    return null;
  }
}

/** Runs promtool. @returns its exit code and all it said */
export function promtool(parts: Parts, args: string[], input = ""): Promise<{ code: number; said: string }> {
  const [file, ...rest] = parts.command("usr/bin/promtool", args);
  return new Promise((resolve) => {
    const child = execFile(file, rest, { cwd: rulesFolder }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: out + err }),
    );
    child.stdin?.end(input);
  });
}

export interface Prometheus {
  /** Resolves with the alert's labels once it fires. @throws Error after so many ms */
  firing(alert: string, timeout: number): Promise<Record<string, string>>;
  query(expression: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

interface Alert {
  readonly state: string;
  readonly labels: Record<string, string>;
}

/** Scrapes `target` (host:port) each second. */
export async function startPrometheus(parts: Parts, target: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "samehand-prometheus-"));
  copyFileSync(join(rulesFolder, "samehand.rules.yml"), join(folder, "samehand.rules.yml"));
  writeFileSync(
    join(folder, "prometheus.yml"),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [samehand.rules.yml]
scrape_configs:
  - job_name: samehand
    static_configs: [{ targets: ["${target}"] }]
`,
  );
  const port = await freePort();
  const program = new Program({
    name: "prometheus",
    command: parts.command("usr/bin/prometheus", [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
  });
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const ask = async (path: string): Promise<{ alerts: Alert[]; result: unknown[] }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return ((await answer.json()) as { data: { alerts: Alert[]; result: unknown[] } }).data;
  };
  try {
    await connectable(port);
    for (let tries = 0; (await ask("query?query=up==1").catch(() => ({ result: [] }))).result.length === 0; tries++) {
      if (tries > 100) throw new Error(`Prometheus reaches no ${target}:\n${program.tail}`);
      await sleep(200);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    query: async (expression) => (await ask(`query?query=${encodeURIComponent(expression)}`)).result,
    async firing(name, timeout) {
      for (const until = Date.now() + timeout; ; await sleep(300)) {
        const { alerts } = await ask("alerts");
        const alert = alerts.find(({ state, labels }) => state === "firing" && labels["alertname"] === name);
        if (alert !== undefined) return alert.labels;
        if (Date.now() > until) throw new Error(`${name} does not fire: ${JSON.stringify(alerts)}`);
      }
    },
  };
}
