/** What a cluster says of itself, read and nothing else. */
import type { NodeFacts } from "../../core/join/location.ts";
import type { ServiceObject } from "../../core/objects.ts";
import type { ApiClient, ApiObject } from "../api-client.ts";
import type { ApiFailure } from "../http.ts";
import { isRecord } from "../plain.ts";
import { readService } from "../schema/service.ts";

export interface ClusterFacts {
  /** `v1.34.1`. */
  readonly version: string | null;
  readonly nodes: readonly NodeFacts[];
  readonly services: readonly ServiceObject[];
  /** Uid of `kube-system`, which stands for the cluster; null when it may not be read. */
  readonly uid: string | null;
  /** What may not be read, as clauses. */
  readonly refused: readonly string[];
}

/** Asks once. Without an answer to `/version` there are no facts. */
export async function clusterFacts(client: ApiClient): Promise<ClusterFacts | ApiFailure> {
  const version = await client.get("/version");
  if (!version.ok) return version;
  const refused: string[] = [];
  const [nodes, services, system] = await Promise.all([
    client.list("/api/v1/nodes"),
    client.list("/api/v1/services"),
    client.get("/api/v1/namespaces/kube-system"),
  ]);
  if (!nodes.ok) refused.push(`nodes: ${nodes.cause}`);
  if (!services.ok) refused.push(`services: ${services.cause}`);
  const { gitVersion } = version.object;
  return {
    version: typeof gitVersion === "string" ? gitVersion : null,
    nodes: nodes.ok ? nodes.items.map(nodeFacts) : [],
    services: services.ok ? services.items.flatMap((item) => serviceOf(item) ?? []) : [],
    uid: system.ok ? textAt(system.object, "metadata", "uid") : null,
    refused,
  };
}

function nodeFacts(node: ApiObject): NodeFacts {
  const metadata = isRecord(node["metadata"]) ? node["metadata"] : {};
  const labels = isRecord(metadata["labels"]) ? metadata["labels"] : {};
  const texts = Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return {
    name: textAt(node, "metadata", "name") ?? "",
    labels: Object.fromEntries(texts),
    providerId: textAt(node, "spec", "providerID"),
  };
}

function serviceOf(item: ApiObject): ServiceObject | null {
  // The items of a list do not repeat their kind.
  return readService({ ...item, kind: "Service", apiVersion: "v1" }, false).value;
}

/** Text at a way into an object; null when something else or nothing is there. */
export function textAt(object: ApiObject, ...path: readonly string[]): string | null {
  let value: unknown = object;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}
