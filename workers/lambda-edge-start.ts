/** What is CloudFront's own about the start: settings from the zip, and the place of the region that runs the function. */
import { aws } from "../src/core/geo/regions/aws-gcp.ts";
import { readRegions } from "../src/core/geo/regions/region-text.ts";
import { headerLocation } from "../src/core/geo/platform-location.ts";
import { httpReader } from "../src/store/http-reader.ts";
import type { FetchStart } from "./fetch-start.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import { type IsolateStart, startIsolate } from "./isolate-start.ts";

export interface LambdaEdgeStart extends IsolateStart {
  readonly name: string;
  /** Reads the place out of the CloudFront-Viewer fields, which the origin request policy has to ask for. */
  readonly placeOf: NonNullable<FetchStart["placeOf"]>;
}

/**
 * `given` is JSON from the distribution, which anybody who may see the distribution can read; what is secret is in the zip.
 * Rejects with the name of a setting that is missing or malformed.
 */
export async function startLambdaEdge(given: string | null): Promise<LambdaEdgeStart> {
  const env = { ...settingsFrom(given), ...(await settingsInZip(given !== null)) };
  const { SNAPSHOT_URL: url } = env;
  if (url === undefined)
    throw new RangeError("Cannot start: the settings have no SNAPSHOT_URL; give the store's address");
  const region = regionOf(globalThis);
  const point = readRegions(aws).find(([name]) => name === region)?.[1];
  const place = point === undefined ? {} : { LOCATION: `${point.latitude},${point.longitude}` };
  const started = await startIsolate({ ...place, ...env }, { get: httpReader(url), report: null });
  return { ...started, name: env.EDGE_NAME ?? `cloudfront-${region}`, placeOf: headerLocation("cloudfront") };
}

/** Not part of the bundle: it is written when the function is deployed. */
const SETTINGS = "./settings.mjs";

async function settingsInZip(optional: boolean): Promise<IsolateEnv> {
  const module = import(SETTINGS) as Promise<{ readonly default: unknown }>;
  const { default: settings } = await (optional ? module.catch(withoutSettings) : module);
  if (isSettings(settings)) return settings;
  throw new RangeError("Cannot start: settings.mjs does not export an object");
}

/** A zip as it was built has none; one that cannot be read is a fault. */
function withoutSettings(error: unknown): { readonly default: unknown } {
  if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return { default: {} };
  throw error;
}

function settingsFrom(text: string | null): IsolateEnv {
  const settings: unknown = text === null ? {} : JSON.parse(text);
  if (isSettings(settings)) return settings;
  throw new RangeError("Cannot start: the field portolan-settings of the origin does not hold a JSON object");
}

function isSettings(value: unknown): value is IsolateEnv {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of the few variables that there are, Lambda sets this one itself. */
function regionOf(global: { readonly process?: { readonly env?: { readonly AWS_REGION?: string } } }): string {
  return global.process?.env?.AWS_REGION ?? "unknown";
}
