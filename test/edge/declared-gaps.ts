/** What each runtime cannot do, and why: the conformance suite is told so, and docs/edges.md shows it. */
import type { Gap } from "../conformance/edge-runtime.ts";

export const WORKERD_GAPS: readonly Gap[] = [
  {
    reason: "workerd takes a client that closes for half-closed: without a reset it lets go at the route's timeout",
    tests: ["lets go of the origin when the client leaves before the answer"],
  },
];

export const FASTLY_GAPS: readonly Gap[] = [
  {
    reason: "Viceroy closes the connection before the edge sees the request",
    tests: ["answers 400 to a malformed head"],
  },
  {
    reason: "an instance is not told that its client has left: the try goes on to its end",
    tests: [
      "lets go of the origin when the client leaves before the answer",
      "lets go of the origin when the client's connection is reset before the answer",
    ],
  },
];

export const DENO_FETCH_GAPS: readonly Gap[] = [
  {
    reason: "Deno's fetch decodes a body and drops its encoding and length; it has no setting for that",
    tests: ["leaves an encoded body, its length and its validators as they are"],
  },
];

export const BUN_FETCH_GAPS: readonly Gap[] = [
  {
    reason: "Bun's server answers 505 itself where the version is malformed",
    tests: ["answers 400 to a malformed head"],
  },
  {
    reason: "Bun's server joins repeated slashes of a target before the edge sees it (raw target)",
    tests: ["keeps a target that looks like an authority with its own origin"],
  },
];

export const LAMBDA_EDGE_GAPS: readonly Gap[] = [
  {
    reason: "a function may add neither X-Forwarded-Proto nor Via",
    tests: ["takes no client's word for who it is, and keeps its own fields"],
  },
  {
    reason: "a function is not shown Connection, so it does not know what that nominates; CloudFront ends it",
    tests: ["removes what ends at this hop, also what Connection nominates"],
  },
  {
    reason: "the answer goes past the function, so it cannot add to it",
    tests: ["shows its decision to the debug token alone"],
  },
  {
    reason: "CloudFront gives its own answer, without Proxy-Status, when no member of the origin group answers",
    tests: [
      "moves on when a cluster hangs, and answers 504 for a POST",
      "answers 502 when every cluster is down, and serves again when one is back",
    ],
  },
  {
    reason: "the body goes past the function: only a length that is declared can be refused",
    tests: ["answers 413 to a body above the limit of its route, with a length or without"],
  },
  {
    reason: "an origin group fails over for GET, HEAD and OPTIONS alone",
    tests: ["moves on to the next cluster when a connection is refused", "sends the whole body to the next cluster"],
  },
];

/** Runtimes in the order of docs/edges.md. */
export const DECLARED_GAPS: ReadonlyMap<string, readonly Gap[]> = new Map([
  ["Node", []],
  ["Deno", []],
  ["Bun", []],
  ["Cloudflare Workers (workerd)", WORKERD_GAPS],
  ["Fastly Compute (Viceroy)", FASTLY_GAPS],
  ["CloudFront with Lambda@Edge", LAMBDA_EDGE_GAPS],
  ["fetch on Deno", DENO_FETCH_GAPS],
  ["fetch on Bun", BUN_FETCH_GAPS],
]);
