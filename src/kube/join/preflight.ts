/** What has to hold before join changes anything. */
import { RBAC_GROUP } from "../../core/join/objects.ts";
import type { ApiClient } from "../api-client.ts";
import { isRecord } from "../plain.ts";
import { textAt } from "./facts.ts";

export interface PreflightCheck {
  readonly what: string;
  readonly result: "ok" | "warn" | "fail";
  /** What was found, as a clause. */
  readonly found: string;
}

/** A verb on a resource; group "" for the core. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly subresource?: string;
  readonly name?: string;
}

/** What a person needs in order to join a cluster. */
export const JOIN_RIGHTS: readonly Right[] = [
  { verb: "create", group: "", resource: "namespaces" },
  { verb: "create", group: "", resource: "serviceaccounts", namespace: "portolan-system" },
  { verb: "create", group: "", resource: "serviceaccounts", subresource: "token", namespace: "portolan-system" },
  { verb: "create", group: RBAC_GROUP, resource: "clusterroles" },
  { verb: "create", group: RBAC_GROUP, resource: "clusterrolebindings" },
  { verb: "create", group: RBAC_GROUP, resource: "roles", namespace: "portolan-system" },
  { verb: "create", group: RBAC_GROUP, resource: "rolebindings", namespace: "portolan-system" },
];

/** What control needs with the credentials of a join. */
export const READER_RIGHTS: readonly Right[] = [
  { verb: "list", group: "", resource: "services" },
  { verb: "watch", group: "", resource: "services" },
  { verb: "list", group: "networking.k8s.io", resource: "ingresses" },
  { verb: "list", group: "networking.k8s.io", resource: "ingressclasses" },
  { verb: "list", group: "discovery.k8s.io", resource: "endpointslices" },
  { verb: "watch", group: "discovery.k8s.io", resource: "endpointslices" },
];

/** Asks whether all of them are ours; names those that are not. */
export async function checkRights(client: ApiClient, rights: readonly Right[]): Promise<PreflightCheck> {
  const missing: string[] = [];
  for (const right of rights) {
    const answer = await client.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: right },
    });
    if (!answer.ok) return { what: "rights", result: "fail", found: `they cannot be asked for: ${answer.cause}` };
    const status = answer.object["status"];
    if (!isRecord(status) || status["allowed"] !== true) missing.push(rightText(right));
  }
  if (missing.length === 0) return { what: "rights", result: "ok", found: `all ${rights.length} are there` };
  return { what: "rights", result: "fail", found: `missing: ${missing.join(", ")}` };
}

/** A token of a clock that is ahead is not valid yet, one of a clock that is behind is renewed too late. */
const WARN_SKEW_MS = 5_000;
const FAIL_SKEW_MS = 60_000;

/** The server's clock against ours, by what it would stamp on a new object; nothing is made. */
export async function checkClock(client: ApiClient, now: () => number): Promise<PreflightCheck> {
  const beforeMs = now();
  const answer = await client.create(
    "/api/v1/namespaces",
    { apiVersion: "v1", kind: "Namespace", metadata: { generateName: "portolan-clock-" } },
    { dryRun: true },
  );
  const afterMs = now();
  const stamp = answer.ok ? Date.parse(textAt(answer.object, "metadata", "creationTimestamp") ?? "") : Number.NaN;
  if (Number.isNaN(stamp)) {
    const cause = answer.ok ? "the API stamps no time" : answer.cause;
    return { what: "clock", result: "warn", found: `it cannot be compared: ${cause}` };
  }
  // The stamp has whole seconds, so it may be a second behind what it means.
  const skewMs = stamp + 1000 < beforeMs ? stamp + 1000 - beforeMs : stamp > afterMs ? stamp - afterMs : 0;
  const size = Math.abs(skewMs);
  const found =
    size === 0 ? "in step with ours" : `${Math.round(size / 1000)} s ${skewMs > 0 ? "ahead of" : "behind"} ours`;
  return { what: "clock", result: size >= FAIL_SKEW_MS ? "fail" : size >= WARN_SKEW_MS ? "warn" : "ok", found };
}

function rightText({ verb, group, resource, subresource, namespace = "", name }: Right): string {
  const whose = name === undefined ? "" : ` of ${namespace}/${name}`;
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}${group === "" ? "" : `.${group}`}${whose}`;
}
