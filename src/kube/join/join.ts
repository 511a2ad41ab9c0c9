/** Joining one cluster: what would happen, then doing it. */
import { joinObjects, MANAGED_BY } from "../../core/join/objects.ts";
import { tlsRoles } from "../../core/join/tls-roles.ts";
import type { ApiClient } from "../api-client.ts";
import type { ApiFailure } from "../http.ts";
import { type ClusterFacts, clusterFacts } from "./facts.ts";
import { type PlannedObject, planObjects } from "./plan.ts";
import { checkClock, checkRights, JOIN_RIGHTS, type PreflightCheck } from "./preflight.ts";
import { namedSecrets, tlsNamespaces } from "./tls-secrets.ts";
import { requestToken, type Token } from "./token.ts";

export interface PreparedJoin {
  readonly checks: readonly PreflightCheck[];
  readonly facts: ClusterFacts | null;
  readonly objects: readonly PlannedObject[];
}

export interface JoinHow {
  readonly cluster: string;
  readonly writeBack: boolean;
  /** The right to get the Secrets that `spec.tls` names, by name; null leaves such rights as they are. */
  readonly tlsSecrets: { readonly claimClassless: boolean } | null;
}

/** Reads and judges; changes nothing. A check that failed forbids to go on. */
export async function prepareJoin(
  client: ApiClient,
  options: JoinHow & { readonly now: () => number },
): Promise<PreparedJoin> {
  const facts = await clusterFacts(client);
  if ("ok" in facts) {
    return { checks: [{ what: "API", result: "fail", found: facts.cause }], facts: null, objects: [] };
  }
  const checks: PreflightCheck[] = [
    { what: "API", result: "ok", found: facts.version ?? "reachable" },
    await checkRights(client, JOIN_RIGHTS),
    await checkClock(client, options.now),
  ];
  if (facts.refused.length > 0) checks.push({ what: "facts", result: "warn", found: facts.refused.join("; ") });
  const planned = await planJoin(client, options);
  if ("ok" in planned) {
    checks.push({ what: "names", result: "fail", found: planned.cause });
    return { checks, facts, objects: [] };
  }
  const clashes = planned.filter(({ action }) => action === "clash");
  const found =
    clashes.length > 0
      ? clashes.map(({ path, owner }) => `${path} belongs to ${owner}`).join("; ")
      : planned.every(({ action }) => action === "keep" || action === "remove")
        ? "all of it is there already"
        : "nobody else has them";
  checks.push({ what: "names", result: clashes.length > 0 ? "fail" : "ok", found });
  return { checks, facts, objects: planned };
}

async function planJoin(
  client: ApiClient,
  { cluster, writeBack, tlsSecrets }: JoinHow,
): Promise<readonly PlannedObject[] | ApiFailure> {
  const own = joinObjects(cluster, writeBack);
  if (tlsSecrets === null) return await planObjects(client, own);
  const secrets = await namedSecrets(client, tlsSecrets.claimClassless);
  if ("ok" in secrets) return secrets;
  const before = await tlsNamespaces(client);
  if ("ok" in before) return before;
  const planned = await planObjects(client, [...own, ...tlsRoles(cluster, secrets)]);
  // Where no Ingress of ours names a Secret any more, the right goes; one that somebody else made stays.
  const stale = new Map(before.flatMap((namespace) => (secrets.has(namespace) ? [] : [[namespace, []]])));
  const old = await planObjects(client, tlsRoles(cluster, stale));
  if ("ok" in planned) return planned;
  if ("ok" in old) return old;
  const gone = old.toReversed().filter(({ action }) => action === "keep" || action === "change");
  return [...planned, ...gone.map((one): PlannedObject => ({ ...one, action: "remove" }))];
}

/** Everything that a join may have made in the cluster, of whatever kind it was. */
export async function everMade(client: ApiClient, cluster: string): Promise<readonly PlannedObject[] | ApiFailure> {
  const namespaces = await tlsNamespaces(client);
  if ("ok" in namespaces) return namespaces;
  const roles = tlsRoles(cluster, new Map(namespaces.map((namespace) => [namespace, []])));
  return await planObjects(client, [...joinObjects(cluster, true), ...roles]);
}

/** An object that could not be made, and why. */
export interface JoinFailure {
  readonly ok: false;
  readonly path: string;
  readonly failure: ApiFailure;
}

/** Makes what is missing, in order, and stops at the first that cannot be made. What is as it should be is left alone. */
export async function makeObjects(client: ApiClient, objects: readonly PlannedObject[]): Promise<JoinFailure | null> {
  for (const { path, object, action, uid } of objects) {
    if (action === "keep") continue;
    if (action === "remove") {
      const removed = await client.delete(path, uid === null ? {} : { uid });
      if (!removed.ok && removed.status !== 404) return { ok: false, path, failure: removed };
      continue;
    }
    const made = await client.apply(path, object);
    if (!made.ok) return { ok: false, path, failure: made };
  }
  return null;
}

/**
 * A first token. The controllers of a new cluster may need a moment until the account and its rights count, so a
 * refusal is asked again for a while.
 */
export async function firstToken(
  client: ApiClient,
  seconds: number,
  wait: (ms: number) => Promise<void>,
): Promise<Token | ApiFailure> {
  for (let attempt = 1; ; attempt += 1) {
    const token = await requestToken(client, seconds);
    if (token.ok || attempt >= 5 || (token.status !== 404 && token.status !== 403)) return token;
    await wait(200 * attempt);
  }
}

export interface Removal {
  readonly path: string;
  readonly result: "removed" | "was gone" | "left" | "failed";
  /** Why it was left or could not be removed; empty otherwise. */
  readonly why: string;
}

/**
 * Removes what a join made, last first, each by its uid: an object that somebody made anew, or that is not ours, stays.
 * The namespace stays too when something else lives in it.
 */
export async function removeObjects(client: ApiClient, cluster: string): Promise<readonly Removal[] | ApiFailure> {
  const planned = await everMade(client, cluster);
  if ("ok" in planned) return planned;
  const removals: Removal[] = [];
  for (const { path, object, action, owner, uid } of planned.toReversed()) {
    if (action === "create") {
      removals.push({ path, result: "was gone", why: "" });
      continue;
    }
    if (action === "clash" || uid === null) {
      removals.push({ path, result: "left", why: `it belongs to ${owner}` });
      continue;
    }
    const guests = object["kind"] === "Namespace" ? await guestsOf(client, path) : [];
    if (guests.length > 0) {
      removals.push({ path, result: "left", why: `${guests.join(", ")} live in it` });
      continue;
    }
    const deleted = await client.delete(path, { uid });
    const gone = deleted.ok || deleted.status === 404;
    removals.push({ path, result: gone ? "removed" : "failed", why: deleted.ok ? "" : deleted.cause });
  }
  return removals;
}

/** What is in our namespace besides what every namespace has. */
async function guestsOf(client: ApiClient, namespace: string): Promise<readonly string[]> {
  const guests: string[] = [];
  for (const kind of ["pods", "services", "configmaps", "secrets", "serviceaccounts"]) {
    const found = await client.list(`${namespace}/${kind}`);
    // What may not be seen might be there.
    if (!found.ok) guests.push(`${kind} that may not be listed`);
    else guests.push(...found.items.flatMap((item) => (isNative(kind, item) ? [] : [`${kind}/${nameOf(item)}`])));
  }
  return guests;
}

function isNative(kind: string, item: Readonly<Record<string, unknown>>): boolean {
  const name = nameOf(item);
  const ours = JSON.stringify(item["metadata"] ?? {}).includes(`"${MANAGED_BY}":"portolan"`);
  return (
    ours || (kind === "configmaps" && name === "kube-root-ca.crt") || (kind === "serviceaccounts" && name === "default")
  );
}

function nameOf(item: Readonly<Record<string, unknown>>): string {
  const { metadata } = item;
  return typeof metadata === "object" && metadata !== null && "name" in metadata ? String(metadata.name) : "";
}
