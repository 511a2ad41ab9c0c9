/**
 * The edge on CloudFront: a Lambda@Edge function at the origin request, the only place where a function may change the
 * origin. Wiring only. A function there has no environment: `settings.mjs` lies beside it in the zip.
 */
import type { CloudFrontRequest, CloudFrontResponse } from "../src/edge/cloudfront/event.ts";
import { handOver } from "../src/edge/cloudfront/hand-over.ts";
import { requestCount } from "../src/edge/metrics.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import { type ServingEdge, servingEdge } from "../src/edge/serving.ts";
import type { LambdaEdgeStart } from "./lambda-edge-start.ts";
import { type LoadedPlaces, needsCountry, placesOnDemand } from "./loaded-places.ts";

export interface OriginRequestEvent {
  readonly Records: readonly {
    readonly cf: {
      readonly config: { readonly eventType: string; readonly requestId: string };
      readonly request: CloudFrontRequest;
    };
  }[];
}

interface Instance extends LambdaEdgeStart {
  readonly edge: ServingEdge;
  readonly places: LoadedPlaces;
  readonly follower: ReturnType<LambdaEdgeStart["follow"]>;
  nextRefreshMs: number;
}

/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;

let instance: Instance | null = null;

/** RangeError for an event of another trigger; else never rejects once it has started. */
export async function handler(event: OriginRequestEvent): Promise<CloudFrontRequest | CloudFrontResponse> {
  const cf = event.Records[0]?.cf;
  if (cf === undefined || cf.config.eventType !== "origin-request") {
    throw new RangeError(
      `Cannot serve the event "${cf?.config.eventType}": associate the function with origin-request`,
    );
  }
  instance ??= await start();
  const { edge, places, follower, settings, bundled, placeOf, sign } = instance;
  if (edge.state.serving === null) await follower.coldStart(bundled);
  else if (Date.now() >= instance.nextRefreshMs) {
    instance.nextRefreshMs = Date.now() + settings.pollIntervalMs;
    // Goes on while this request is answered; what is left of it when the instance is frozen ends at the next request.
    void follower.refresh();
  }
  const location = placeOf((name) => cf.request.headers[name]?.[0]?.value ?? null);
  if (needsCountry(location)) await places.load();
  const { rules } = edge;
  const asked = { requestId: cf.config.requestId, location };
  return await handOver(cf.request, asked, { rules, allowPrivateOrigins: settings.allowPrivateOrigins, sign });
}

async function start(): Promise<Instance> {
  const { startLambdaEdge } = await import("./lambda-edge-start.ts");
  const started = await startLambdaEdge();
  const places = placesOnDemand();
  const edge = servingEdge(
    { name: started.name, location: started.settings.location, debugToken: null },
    {
      identify: (asked, overrides) => platformClient(asked, overrides, places),
      places,
      toHttps: started.toHttps,
      pinKeys: null,
      noteChoice: started.noteChoice,
      onAnswer: null,
      metrics: requestCount,
      now: Date.now,
      random: Math.random,
      accessLog: console.log,
      log: console.warn,
    },
  );
  const nextRefreshMs = Date.now() + EMPTY_RETRY_MS;
  return { ...started, edge, places, follower: started.follow(edge.follow, places), nextRefreshMs };
}
