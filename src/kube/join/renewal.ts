/** Tokens of joined clusters renew themselves, each with its own right to make its successor. */
import { join } from "node:path";
import { causeOf } from "../../core/cause.ts";
import { contextAccess } from "../access/context-access.ts";
import { loadKubeconfig } from "../access/kubeconfig.ts";
import { apiClient } from "../api-client.ts";
import { joinedClusters, KUBECONFIG } from "./joined.ts";
import { renewalDueMs, requestToken, tokenTimes } from "./token.ts";

export interface Renewed {
  readonly cluster: string;
  readonly result: "renewed" | "failed" | "expired";
  /** What happened, as a clause; never a token. */
  readonly found: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Renews the tokens that have lived for half of their life and are still valid; the successor gets the same life. An
 * expired one cannot: `portolan join --renew` does that with a person's rights. Rejects when the files cannot be read.
 */
export async function renewTokens(folder: string, now: () => number): Promise<readonly Renewed[]> {
  const joined = joinedClusters(folder);
  const results: Renewed[] = [];
  for (const { name: cluster, context } of await joined.list()) {
    const old = await joined.token(cluster);
    const times = old === null ? null : tokenTimes(old);
    if (times !== null && now() < renewalDueMs(times)) continue;
    if (times === null || now() >= times.expiresAtMs) {
      const found =
        times === null ? "it has no token" : `its token expired ${new Date(times.expiresAtMs).toISOString()}`;
      results.push({ cluster, result: "expired", found: `${found}; portolan join ${context} --renew` });
      continue;
    }
    results.push(await renew(folder, { cluster, context }, Math.round((times.expiresAtMs - times.issuedAtMs) / 1000)));
  }
  return results;
}

async function renew(
  folder: string,
  { cluster, context }: { readonly cluster: string; readonly context: string },
  seconds: number,
): Promise<Renewed> {
  try {
    const kubeconfig = await loadKubeconfig({ path: join(folder, KUBECONFIG) });
    const client = apiClient(contextAccess(kubeconfig, context), { timeoutMs: TIMEOUT_MS });
    try {
      const token = await requestToken(client, seconds);
      if (!token.ok) return { cluster, result: "failed", found: token.cause };
      await joinedClusters(folder).putToken(cluster, token.token);
      return { cluster, result: "renewed", found: `it expires ${new Date(token.expiresAtMs).toISOString()}` };
    } finally {
      await client.close();
    }
  } catch (cause) {
    return { cluster, result: "failed", found: causeOf(cause) };
  }
}

/** Looks every `intervalMs` until it is closed; tells `log` of renewals, and of each trouble once. */
export function startRenewal(
  folder: string,
  options: { readonly intervalMs: number; readonly now: () => number; readonly log: (line: string) => void },
): { close(): Promise<void> } {
  const said = new Map<string, string>();
  let running: Promise<void> | null = null;
  const look = async () => {
    const results = await renewTokens(folder, options.now).catch((cause: unknown): readonly Renewed[] => [
      { cluster: "", result: "failed", found: causeOf(cause) },
    ]);
    for (const { cluster, result, found } of results) {
      const line =
        result === "renewed"
          ? `The token of ${cluster} is renewed: ${found}`
          : `Cannot renew the token of ${cluster}: ${found}`;
      if (said.get(cluster) !== line) options.log(line);
      said.set(cluster, line);
    }
    running = null;
  };
  const tick = () => void (running ??= look());
  tick();
  const timer = setInterval(tick, options.intervalMs);
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
