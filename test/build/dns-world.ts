/** Three clusters, control with DNS and one edge over a folder, and the zone file that comes of it. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Running } from "../../src/cli/deps.ts";
import type { StatusReport } from "../../src/core/status.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { type Closing, edgeOptions, temporaryFolder } from "./files-edge.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/federated-service");

export interface DnsTestWorld {
  /** Manifests. */
  readonly dir: string;
  readonly settings: string;
  readonly zoneFile: string;
  start(): Promise<RunningWorld>;
  /** The zone without ownership TXTs: `name type values`. */
  zone(): Promise<readonly string[]>;
  /** Readiness of `web` in a cluster. */
  setReady(cluster: string, ready: boolean): Promise<void>;
}

export interface RunningWorld extends Running {
  readonly admin: string;
  readonly messages: readonly string[];
  status(): Promise<StatusReport>;
  text(path: string): Promise<string>;
}

export function dnsSettings(provider: string, more = ""): string {
  return `owner: east
federation: { name: prod, suffix: gslb.example.org }
edges:
  - { name: fra, addresses: [192.0.2.80] }
zones:
  - name: example.org
    provider: ${provider}
${more}`;
}

export async function dnsWorld(closing: Closing, provider = "{ type: file, path: zones }"): Promise<DnsTestWorld> {
  const root = await temporaryFolder(closing);
  const dir = join(root, "manifests");
  await cp(EXAMPLE, dir, { recursive: true });
  const settings = join(root, "dns.yaml");
  const zoneFile = join(root, "zones", "example.org.json");
  await writeFile(settings, dnsSettings(provider));
  return {
    dir,
    settings,
    zoneFile,
    async start() {
      const messages: string[] = [];
      const options = edgeOptions(dir, { dns: settings, admin: { host: "127.0.0.1", port: 0 } });
      const edge = await startFilesEdge(options, { out: () => undefined, err: (text) => void messages.push(text) });
      closing.push(edge.close);
      const admin = /admin\s+(\S+)/.exec(edge.banner.join("\n"))?.[1] ?? "";
      return {
        ...edge,
        admin,
        messages,
        status: async () => (await (await fetch(`${admin}/status`)).json()) as StatusReport,
        text: async (path) => await (await fetch(`${admin}${path}`)).text(),
      };
    },
    async zone() {
      const text = await readFile(zoneFile, "utf8").catch(() => '{"sets":[]}');
      const { sets } = JSON.parse(text) as { sets: readonly RecordSet[] };
      return sets
        .filter((set) => subjectOfRegistry(set.name) === null && set.name !== "example.org")
        .map(({ name, type, values }) => `${name.replace(".gslb.example.org", "")} ${type} ${values.join(" ")}`)
        .toSorted();
    },
    async setReady(cluster, ready) {
      const path = join(dir, cluster, "web.yaml");
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replace(/ready: \w+/, `ready: ${ready}`));
    },
  };
}
