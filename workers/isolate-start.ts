/** What an isolate needs to start and to follow its store, but not to serve. */
import type { webcrypto } from "node:crypto";
import type { Policies } from "../src/core/choosing.ts";
import { newChoices, noteChoice } from "../src/core/health/moves.ts";
import { bundleReader } from "../src/core/snapshot/bundle.ts";
import type { Snapshot } from "../src/core/model.ts";
import { needsPolicies } from "../src/core/routing-table.ts";
import type { SnapshotSource } from "../src/core/snapshot/load.ts";
import { SIGNED_HOP } from "../src/core/snapshot/manifest.ts";
import type { FetchUpstreamOptions } from "../src/edge/fetch/upstream.ts";
import { type FollowDeps, follower, type Follower } from "../src/edge/follow.ts";
import { partFollower } from "../src/edge/follow-part.ts";
import type { RequestPins } from "../src/edge/request-pins.ts";
import type { ServingDeps, ServingEdge } from "../src/edge/serving.ts";
import { toHttps } from "../src/edge/to-https.ts";
import { manifestVerifier, publicKeyOf, sha256Hex } from "../src/store/signature.ts";
import type { IsolateTelemetry } from "./isolate-otlp.ts";
import type { LoadedPlaces } from "./loaded-places.ts";
import { type IsolateEnv, type IsolateSettings, readSettings } from "./isolate-env.ts";

export interface IsolateStart {
  readonly settings: IsolateSettings;
  /** The store with everything that what it says is checked by. */
  readonly source: SnapshotSource;
  /** The snapshot that was uploaded with the edge; null without one. */
  readonly bundled: SnapshotSource | null;
  /** Null without keys. */
  readonly pins: RequestPins | null;
  /** Signs requests to gateways; null without a key. */
  readonly sign: FetchUpstreamOptions["sign"];
  readonly noteChoice: ServingDeps["noteChoice"];
  readonly toHttps: ServingDeps["toHttps"];
  /** Where an edge of this name is counted; null where no receiver is named. */
  readonly telemetry: ((edge: string) => IsolateTelemetry | null) | null;
  /** Begins to follow the store for an edge; only what is about this host where the snapshot is read in parts. */
  follow(edge: ServingEdge["follow"], places: LoadedPlaces, authority: string): Follower;
}

/** Workers may have six connections open at once; what is left is for requests that wait for origins. */
const STORE_CONNECTIONS = 4;

/** Where an isolate reads snapshots, and where it reports; null where it may not write. */
export interface IsolateStore extends Pick<FollowDeps, "report"> {
  readonly get: SnapshotSource["get"];
}

/** Reads the bindings; rejects with the name of one that is missing or malformed. */
export async function startIsolate(env: IsolateEnv, store: IsolateStore): Promise<IsolateStart> {
  const settings = readSettings(env);
  const keys = new Map<string, webcrypto.CryptoKey>();
  for (const [id, jwk] of Object.entries(settings.publicKeys)) keys.set(id, await publicKeyOf(jwk));
  const { BUNDLED_SNAPSHOT: bundle, HOP_KEYS: hopKeys } = env;
  const sign = hopKeys === undefined ? null : await signerOf(hopKeys);
  const source: SnapshotSource = {
    get: store.get,
    digest: sha256Hex,
    verify: manifestVerifier(keys),
    audience: settings.audience,
    turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
    atOnce: STORE_CONNECTIONS,
    lacking: sign === null ? { [SIGNED_HOP]: "but HOP_KEYS is not bound" } : {},
  };
  const choices = newChoices();
  return {
    settings,
    source,
    bundled: bundle === undefined ? null : { ...source, get: bundleReader(bundle) },
    pins: env.PIN_KEYS === undefined ? null : await pinsOf(env.PIN_KEYS),
    sign,
    // An edge that does not know its own place measures from the client's: nobody moves there.
    noteChoice: settings.location === null ? null : (decision, nowMs) => noteChoice(choices, decision, nowMs),
    toHttps: toHttps(null),
    telemetry: env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? null : await telemetryOf(env),
    follow(edge, places, authority) {
      const { report } = store;
      const deps = { ...edge, source, report, bring: (snapshot: Snapshot) => bring(snapshot, places) };
      return settings.parts ? partFollower(authority, deps) : follower(deps);
    },
  };
}

/** Loads what the hosts and overrides of a snapshot ask for. */
async function bring(snapshot: Snapshot, places: LoadedPlaces): Promise<Policies | null> {
  if (snapshot.locationOverrides.some((override) => override.country !== null)) await places.load();
  if (!needsPolicies(snapshot)) return null;
  const { allPolicies } = await import("../src/core/all-policies.ts");
  return allPolicies;
}

async function telemetryOf(env: IsolateEnv): Promise<IsolateStart["telemetry"]> {
  const { isolateTelemetry } = await import("./isolate-otlp.ts");
  return (edge) => isolateTelemetry(edge, env);
}

async function signerOf(text: string): Promise<FetchUpstreamOptions["sign"]> {
  const { hopSigner } = await import("../src/store/hop-signer.ts");
  return await hopSigner(text, Date.now);
}

async function pinsOf(text: string): Promise<RequestPins> {
  const { requestPins } = await import("../src/edge/request-pins.ts");
  return await requestPins(text, Date.now);
}
