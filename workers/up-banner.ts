/** What `portolan up` prints: what runs where, what to try, and what each should answer. */
import { SIM_CLIENTS, SIM_CLUSTERS, type SimWorld } from "../src/cli/sim/world.ts";
import type { NodeEdge } from "./node-edge.ts";

export interface UpFacts {
  readonly world: SimWorld;
  readonly edges: readonly NodeEdge[];
  readonly admin: string;
  readonly configDir: string;
  readonly control: string;
  readonly elapsedMs: number;
}

/** Lines for the terminal. */
export function upBanner({ world, edges, admin, configDir, control, elapsedMs }: UpFacts): readonly string[] {
  const nearest = ["us-east1-b", "europe-west1-b", "asia-east1-a"];
  const clusters = SIM_CLUSTERS.map(
    ({ name }) => `  ${name.padEnd(14)} API ${world.clusters.get(name)?.apiUrl ?? ""}, 2 backends`,
  );
  const places = edges.map(
    ({ edge, url }) =>
      `  ${edge.state.name.padEnd(14)} ${url}${edge.state.location === null ? "   locates its clients" : ""}`,
  );
  const curls = edges.slice(0, 3).map(({ url }, index) => `  curl ${url}/   → "zone":"${nearest[index]}"`);
  const anywhere = edges[3]?.url ?? "";
  const clients = SIM_CLIENTS.slice(0, 3).map(({ cidr, city }, index) => {
    const address = cidr.replace("0/24", "7");
    return `  curl -H 'X-Forwarded-For: ${address}' ${anywhere}/   → "zone":"${nearest[index]}" (a client in ${city})`;
  });
  const flag = admin.endsWith(":7180") ? "" : ` --admin ${admin}`;
  return [
    "pretend clusters, each a process of its own",
    ...clusters,
    `control          ${control}, from examples/k8shserver in the clusters and ${configDir}`,
    "edges",
    ...places,
    `admin            ${admin}   /status /metrics /healthz /readyz`,
    "",
    "try",
    ...curls,
    ...clients,
    "",
    "in another terminal",
    `  npx portolan status${flag}`,
    `  npx portolan sim kill europe-west1${flag}      then ask Frankfurt again: → "zone":"us-east1-b"`,
    `  npx portolan sim heal europe-west1${flag}`,
    "",
    `ready in ${elapsedMs} ms; Ctrl-C stops all`,
  ];
}
