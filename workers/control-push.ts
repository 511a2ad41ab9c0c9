/** Where control pushes what it publishes: HTTP stores of edges, and the KV stores of Cloudflare and Fastly. */
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../src/cli/failure.ts";
import { type Mirror, mirror, type MirrorOptions, paced, reportsStep } from "../src/control/mirror.ts";
import { partsSteps } from "../src/control/push-parts.ts";
import type { KvSettings, PushSettings } from "../src/kube/schema/push.ts";
import { fastlyKvStore } from "../src/store/fastly-kv-api.ts";
import { httpStore } from "../src/store/http.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { PushStore, Store } from "../src/store/store.ts";
import { workersKvStore } from "../src/store/workers-kv-api.ts";
import type { ControlSetup } from "./control-setup.ts";
import { tokenFile } from "./key-files.ts";

/** Edges write theirs once a minute: so many intervals of the overlay between two looks. */
const REPORTS_EVERY = 6;

/** A mirror for each target of `spec.push`, and one into the store itself for `spec.parts`. Fails without a token. */
export async function openMirrors(
  setup: ControlSetup,
  source: Store,
  onProblem: (line: string) => void,
): Promise<readonly Mirror[]> {
  const { settings } = setup;
  const inParts = (target: PushStore, overlayMs: number): Mirror => {
    // Edges of control's own store write there themselves.
    const fetched = target === source ? [] : [paced(reportsStep(source, target), REPORTS_EVERY * overlayMs, Date.now)];
    const { audience } = settings;
    const options = { source, target, audience, digest: sha256Hex, sign: setup.key.sign, onProblem };
    const steps = () => {
      const { manifest, overlay } = partsSteps(options);
      return [manifest, paced(overlay, overlayMs, Date.now), ...fetched];
    };
    return mirror({ source, target, onProblem, steps });
  };
  const whole = (target: PushStore, more: Pick<MirrorOptions, "pace" | "keys">): Mirror =>
    mirror({ source, target, onProblem, ...more });

  const mirrors: Mirror[] = settings.parts ? [inParts(source, 0)] : [];
  for (const one of settings.push) {
    if ("url" in one) {
      const target = httpStore(one.url, one.tokenFile === null ? {} : { token: tokenFile(one.tokenFile) });
      mirrors.push(whole(target, { keys: settings.tlsSecrets !== null }));
      continue;
    }
    const store = await kvStore(one);
    const { intervalMs: overlayMs } = one;
    const pace = { overlayMs, reportsMs: REPORTS_EVERY * overlayMs, now: Date.now };
    mirrors.push(one.parts ? inParts(store, overlayMs) : whole(store, { pace }));
  }
  return mirrors;
}

async function kvStore(settings: KvSettings & Pick<PushSettings, "tokenFile">): Promise<PushStore> {
  const { tokenFile: file, endpoint } = settings;
  const how = {
    random: Math.random,
    pause: (ms: number) => pause(ms),
    ...(endpoint === null ? {} : { baseUrl: endpoint.replace(/\/$/, "") }),
  };
  if ("workersKv" in settings) {
    return workersKvStore({ ...settings.workersKv, ...how, token: await tokenOf(file, "CLOUDFLARE_API_TOKEN") });
  }
  return fastlyKvStore({ ...settings.fastlyKv, ...how, token: await tokenOf(file, "FASTLY_API_TOKEN") });
}

/** Out of the file, which may be replaced, or else of the environment. What is missing is told at the start. */
async function tokenOf(file: string | null, variable: string): Promise<() => Promise<string>> {
  if (file === null) {
    const value = process.env[variable];
    if (value !== undefined && value !== "") return () => Promise.resolve(value);
    throw new Failure(`Cannot push to a KV store: ${variable} is not set`, "set it, or name a tokenFile in spec.push");
  }
  const read = tokenFile(file);
  await read();
  return read;
}
