/**
 * The Helm chart, rendered by helm itself. What it renders is looked at for what a gateway must have, its samehand.yaml
 * is read by Samehand, and `kubectl-validate` holds it against Kubernetes' own schemas. Neither program is among the
 * dependencies: where one is not on PATH, its part is skipped, and the test says so.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { parseAllDocuments } from "yaml";
import { parseConfig } from "../../config/load.ts";

const chart = fileURLToPath(new URL("../../deploy/helm/samehand", import.meta.url));
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined;
const skip = has("helm", "version") ? false : "no helm on PATH: the chart was not rendered";

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Record<string, never>;
}

const render = (...settings: string[]): string =>
  execFileSync("helm", ["template", "farm", chart, "--kube-version", "1.31.0", ...settings], { encoding: "utf8" });
const objectsOf = (text: string): Rendered[] => parseAllDocuments(text).map((each) => each.toJS() as Rendered);
const find = (objects: readonly Rendered[], kind: string): Rendered => {
  const found = objects.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

t.test("helm finds no fault with the chart", { skip }, (t) => {
  t.match(
    execFileSync("helm", ["lint", "--strict", chart], { encoding: "utf8" }),
    /1 chart\(s\) linted, 0 chart\(s\) failed/,
  );
  t.end();
});

t.test("the gateway has no rights, no writable root, and probes on the port that it answers", { skip }, (t) => {
  const objects = objectsOf(render("--set", "tlsSecret=desk-tls"));
  t.match(find(objects, "ServiceAccount"), { automountServiceAccountToken: false });
  t.match(find(objects, "StatefulSet").spec, {
    replicas: 1,
    template: {
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 45,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            image: "samehand:0.1.0",
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
            readinessProbe: { httpGet: { path: "/readyz", port: "metrics" } },
            livenessProbe: { httpGet: { path: "/healthz", port: "metrics" } },
          },
        ],
      },
    },
  });
  t.match(find(objects, "NetworkPolicy").spec, { ingress: { length: 1 } }, "only viewers, until somebody is named");
  for (const service of objects.filter(({ kind }) => kind === "Service"))
    t.match(service.spec, { selector: { "statefulset.kubernetes.io/pod-name": "farm-0" } }, "never to another store");
  const { data = {} } = find(objects, "ConfigMap");
  const { config, warnings } = parseConfig(data["samehand.yaml"], "/etc/samehand/samehand.yaml", {});
  t.same(warnings, []);
  t.match(config, {
    mode: "report",
    listen: { port: 8443, tls: { cert: "/run/tls/tls.crt" } },
    metrics: { host: "0.0.0.0", port: 9464 },
    guacd: [{ host: "guacd", port: 4822 }],
    store: "/var/lib/samehand/samehand.db",
  });
  t.end();
});

t.test("what is set is what runs, and the chart's own paths stay", { skip }, (t) => {
  const text = render(
    "--set",
    "config.mode=enforce",
    "--set",
    "config.store=/elsewhere",
    "--set",
    "config.drainSeconds=300",
    "--set",
    "image.digest=sha256:abc",
    "--set-string",
    "policy=budget: {}",
    "--set",
    "network.metrics[0].namespaceSelector.matchLabels.name=monitoring",
  );
  const objects = objectsOf(text);
  const { data = {} } = find(objects, "ConfigMap");
  const { config } = parseConfig(data["samehand.yaml"], "/etc/samehand/samehand.yaml", {});
  t.match(config, { mode: "enforce", store: "/var/lib/samehand/samehand.db", policy: "/etc/samehand/policy.yaml" });
  t.equal(data["policy.yaml"]?.trim(), "budget: {}");
  t.match(text, /terminationGracePeriodSeconds: 315/);
  t.match(text, /image: "samehand@sha256:abc"/);
  t.match(find(objects, "NetworkPolicy").spec, { ingress: [{}, { ports: [{ port: "metrics" }] }] });
  t.notMatch(text, /kind: Secret/, "no secret is made from values, which helm would keep in the clear");
  t.end();
});

const validates = has("kubectl-validate", "--help") ? false : "no kubectl-validate on PATH: not held against schemas";
t.test("Kubernetes' own schemas take what is rendered", { skip: skip === false ? validates : skip }, (t) => {
  const folder = join(t.testdir(), "rendered");
  mkdirSync(folder);
  writeFileSync(join(folder, "plain.yaml"), render());
  writeFileSync(
    join(folder, "all.yaml"),
    render("--set", "tlsSecret=t", "--set", "policy=x", "--set", "persistence.storageClass=fast"),
  );
  const { status, stderr, stdout } = spawnSync("kubectl-validate", [folder], { encoding: "utf8" });
  t.equal(status, 0, stdout + stderr);
  writeFileSync(join(folder, "wrong.yaml"), render().replace("replicas: 1", "replicas: one"));
  t.not(spawnSync("kubectl-validate", [folder]).status, 0, "it would see a fault");
  t.end();
});
