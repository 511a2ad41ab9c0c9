/**
 * The edge on CloudFront: a Lambda@Edge function at the origin request, the only place where a function may change the
 * origin. Wiring only. A function there has no environment: its settings come from the distribution, and from the zip.
 */
import { type CloudFrontRequest, type CloudFrontResponse, settingsOf } from "../src/edge/cloudfront/event.ts";
import { handOver } from "../src/edge/cloudfront/hand-over.ts";
import type { Background, BuiltEdge } from "./isolate-build.ts";
import type { LambdaEdgeStart } from "./lambda-edge-start.ts";

export interface OriginRequestEvent {
  readonly Records: readonly {
    readonly cf: {
      readonly config: { readonly eventType: string; readonly requestId: string };
      readonly request: CloudFrontRequest;
    };
  }[];
}

interface Instance extends BuiltEdge, Pick<LambdaEdgeStart, "placeOf" | "sign"> {}

let instance: Instance | null = null;

/** Goes on while this request is answered; what is left of it when the instance is frozen ends at the next request. */
const UNTENDED: Background = { waitUntil: () => undefined };

/** RangeError for an event of another trigger; else never rejects once it has started. */
export async function handler(event: OriginRequestEvent): Promise<CloudFrontRequest | CloudFrontResponse> {
  const cf = event.Records[0]?.cf;
  if (cf === undefined || cf.config.eventType !== "origin-request") {
    throw new RangeError(
      `Cannot serve the event "${cf?.config.eventType}": associate the function with origin-request`,
    );
  }
  instance ??= await start(settingsOf(cf.request));
  const { settings, placeOf, sign } = instance;
  const location = placeOf((name) => cf.request.headers[name]?.[0]?.value ?? null);
  const host = cf.request.headers["host"]?.[0]?.value ?? "";
  const rules = await instance.ready({ host, runtimeLocation: location }, UNTENDED);
  const asked = { requestId: cf.config.requestId, location };
  return await handOver(cf.request, asked, { rules, allowPrivateOrigins: settings.allowPrivateOrigins, sign });
}

async function start(given: string | null): Promise<Instance> {
  const [{ startLambdaEdge }, { buildEdge }] = await Promise.all([
    import("./lambda-edge-start.ts"),
    import("./isolate-build.ts"),
  ]);
  const started = await startLambdaEdge(given);
  return { ...buildEdge(started, started.name, null), placeOf: started.placeOf, sign: started.sign };
}
