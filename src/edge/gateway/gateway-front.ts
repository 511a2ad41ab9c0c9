/** The front of a gateway: no valid signature, no answer but 403; otherwise to the pods of the backend that was signed. */
import { parseAddress } from "../../core/address/ip.ts";
import { classifyAddress } from "../../core/address/classify.ts";
import { NO_LOCATION } from "../../core/geo/client-location.ts";
import { ASKS_NOTHING } from "../../core/route-asks.ts";
import { choosePods } from "../../core/gateway/choose-pods.ts";
import type { Pod, PodTable } from "../../core/gateway/pod-table.ts";
import { DEFAULT_LIMITS } from "../../core/health/circuit.ts";
import { originKey } from "../../core/health/view.ts";
import { HOP_TIMEOUT } from "../../core/hop/hop.ts";
import { type HopGate, type HopRefusal, verifyHop } from "../../core/hop/verify.ts";
import type { ForwardDecision } from "../../core/decision.ts";
import type { Origin, ServiceKey } from "../../core/model.ts";
import type { RequestEvent } from "../event.ts";
import type { Front, Fronted } from "../http1/front.ts";
import { decimal } from "../http1/grammar.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { type LocalAnswer, proxyError, textAnswer } from "../local-answer.ts";
import { firstHeader } from "../message.ts";
import type { EdgeState } from "../state.ts";
import { traceContext } from "../trace-context.ts";
import { podHeaders } from "./pod-headers.ts";

/** The only cluster that a gateway knows, in metrics and logs: its own. */
export const OWN_CLUSTER = "local";

export interface GatewayFrontDeps {
  /** Counters and ejections; a gateway has no snapshot. */
  readonly state: EdgeState;
  readonly gate: () => HopGate;
  readonly pods: () => PodTable;
  readonly zone: string | null;
  readonly inFlight: (origin: Origin) => number;
  readonly now: () => number;
  readonly random: () => number;
  readonly onRefused: (reason: HopRefusal) => void;
}

/** For an edge that says nothing about its patience. */
const TIMEOUT_MS = 300_000;
const MAX_TIMEOUT_MS = 86_400_000;
/** So much earlier than the edge gives up does the gateway: a late pod is then the pod's failure and not the client's. */
const MARGIN_MS = 250;

const FORBIDDEN: LocalAnswer = proxyError(403, "forbidden", "http_request_denied");
const NOT_SERVING: LocalAnswer = proxyError(503, "no pod serves this", "destination_unavailable");
const METHOD_REFUSED: LocalAnswer = textAnswer(405, "method not allowed");

/** Judges each request once: the same request again is a replay. */
export function gatewayFront(deps: GatewayFrontDeps): Front {
  return (head, peer, event) => {
    const address = peer.address === null ? null : parseAddress(peer.address);
    event.client = { address: address?.text ?? null, class: classifyAddress(address), location: NO_LOCATION };
    const hop = verifyHop(head, deps.gate());
    if (!hop.ok) {
      deps.onRefused(hop.reason);
      return local(event, `hop-${hop.reason}`, FORBIDDEN);
    }
    event.host = hop.host;
    event.requestId = firstHeader(head.fields, "x-request-id");
    event.traceId = traceContext(firstHeader(head.fields, "traceparent"), deps.random).traceId;
    // Edges send neither; what they would do at a pod is not for the gateway to find out.
    if (head.method === "TRACE" || head.method === "TRACK" || head.target === "*") {
      return local(event, "method-refused", METHOD_REFUSED);
    }
    const pods = deps.pods().get(hop.backend);
    if (pods === undefined || pods.length === 0) {
      return local(event, pods === undefined ? "unknown-backend" : "no-ready-pod", NOT_SERVING);
    }
    const decision = decisionFor(head, hop, choose(pods, deps));
    event.decision = decision;
    return { to: "forward", decision, publicHost: hop.authority, fields: podHeaders(head.fields) };
  };
}

function choose(pods: readonly Pod[], { state, zone, inFlight, now }: GatewayFrontDeps): readonly Origin[] {
  state.seed = (state.seed + 1) >>> 0;
  const { ejections } = state.outliers;
  return choosePods(pods, {
    zone,
    seed: state.seed,
    inFlight,
    ejectedUntilMs: (origin) =>
      ejections.size === 0 ? 0 : (ejections.get(originKey(OWN_CLUSTER, origin))?.untilMs ?? 0),
    nowMs: now(),
  });
}

/** One candidate, the cluster, whose origins are pods: retries go to another pod under the rules of every edge. */
function decisionFor(
  head: RequestHead,
  { host, backend }: { readonly host: string; readonly backend: ServiceKey },
  origins: readonly Origin[],
): ForwardDecision {
  const [namespace = "", service = "", port = ""] = backend.split("/");
  return {
    action: "forward",
    route: { kind: "hop", namespace, name: "", host, path: "", pathType: null, service, port, method: null },
    host,
    // As it was signed; the edge made it canonical.
    forwardPath: head.target,
    timeoutMs: timeoutOf(head),
    asks: ASKS_NOTHING,
    candidates: [
      {
        cluster: OWN_CLUSTER,
        service: backend,
        costUs: 0,
        basis: "none",
        panic: null,
        limits: DEFAULT_LIMITS,
        origins,
      },
    ],
    excluded: [],
    panic: false,
    vantage: { of: "nowhere", place: null, point: null },
    passedBy: [],
    setPin: null,
    hold: null,
  };
}

function timeoutOf({ fields }: RequestHead): number {
  const said = decimal(firstHeader(fields, HOP_TIMEOUT) ?? "");
  if (said === null || said === 0) return TIMEOUT_MS;
  const ms = Math.min(said, MAX_TIMEOUT_MS);
  return Math.max(1, Math.floor(ms / 2), ms - MARGIN_MS);
}

function local(event: RequestEvent, code: string, answer: LocalAnswer): Fronted {
  event.code = code;
  return { to: "answer", answer };
}
