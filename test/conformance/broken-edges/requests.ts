import { TOKYO } from "../../build/world.ts";
import { DEBUG_TOKEN, HOST } from "../edge-world.ts";
import { answering, asking, type BrokenEdge, sending, sent, withField, without } from "./sabotage.ts";

const HEADER_LIES = "takes no client's word for who it is, and keeps its own fields";
const ITS_HOST = "tells the origin the public host, in Host where the runtime can";
const TRACE = "continues a trace and gives each request an id";
const BAD_TARGET = "answers 400 to a malformed target and 404 to a host that nobody routes";

export const BROKEN_REQUESTS: readonly BrokenEdge[] = [
  {
    test: "sends a request to the nearest cluster",
    does: "believes to be elsewhere",
    sabotage: () => ({ start: (options) => ({ ...options, location: TOKYO }) }),
  },
  {
    test: "sends a request to the nearest cluster",
    does: "asks twice and takes the second answer",
    sabotage: () => ({
      send:
        (real) =>
        async (...args) => {
          await real(...args);
          return await real(...args);
        },
    }),
  },
  {
    test: ITS_HOST,
    does: "sends the origin's address as Host",
    sabotage: sending((request, _asked, { connectHost, port }) => ({ ...request, host: `${connectHost}:${port}` })),
  },
  {
    test: ITS_HOST,
    does: "sends no X-Forwarded-Host",
    sabotage: sending((request) => ({ ...request, headers: without(request.headers, "x-forwarded-host") })),
  },
  {
    test: ITS_HOST,
    does: "sets Host although it says that it cannot",
    claims: { hostOverride: "none" },
    sabotage: () => ({}),
  },
  {
    test: HEADER_LIES,
    does: "appends to the client's X-Forwarded-For",
    sabotage: sending((request, asked) => ({
      ...request,
      headers: [...sent(asked, "x-forwarded-for"), ...request.headers],
    })),
  },
  {
    test: HEADER_LIES,
    does: "passes fields with an underscore on",
    sabotage: sending((request, asked) => ({ ...request, headers: [...request.headers, ...sent(asked, "x_real_ip")] })),
  },
  {
    test: HEADER_LIES,
    does: "keeps the scheme that the client says",
    sabotage: sending((request, asked) => ({
      ...request,
      headers: [...without(request.headers, "x-forwarded-proto"), ...sent(asked, "x-forwarded-proto")],
    })),
  },
  {
    test: HEADER_LIES,
    does: "drops Authorization",
    sabotage: sending((request) => ({ ...request, headers: without(request.headers, "authorization") })),
  },
  {
    test: "removes what ends at this hop, also what Connection nominates",
    does: "does not read what Connection nominates",
    sabotage: sending((request, asked) => ({ ...request, headers: [...request.headers, ...sent(asked, "x-secret")] })),
  },
  {
    test: "removes what ends at this hop, also what Connection nominates",
    does: "passes TE on",
    sabotage: sending((request, asked) => ({ ...request, headers: [...request.headers, ...sent(asked, "te")] })),
  },
  {
    test: TRACE,
    does: "passes traceparent on as its own",
    sabotage: sending((request, asked) => ({
      ...request,
      headers: [...without(request.headers, "traceparent"), ...sent(asked, "traceparent")],
    })),
  },
  {
    test: TRACE,
    does: "begins a new trace",
    sabotage: sending((request) => ({
      ...request,
      headers: withField(request.headers, "traceparent", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`),
    })),
  },
  {
    test: TRACE,
    does: "gives no id",
    sabotage: sending((request) => ({ ...request, headers: without(request.headers, "x-request-id") })),
  },
  {
    test: "finds a loop",
    does: "does not read CDN-Loop",
    sabotage: asking((request) => ({ ...request, headers: without(request.headers, "cdn-loop") })),
  },
  {
    test: BAD_TARGET,
    does: "leaves out of a target what it cannot read",
    sabotage: asking((request) => ({ ...request, target: request.target.replaceAll(/%(?:zz|00|C0|AF|5C)|;/gi, "") })),
  },
  {
    test: BAD_TARGET,
    does: "takes unknown hosts under the same domain for its own",
    sabotage: asking((request) => ({ ...request, host: request.host.replace("other.", "shop.") })),
  },
  {
    test: "answers 400 to a malformed head",
    does: "leaves spaces out of Host",
    sabotage: asking((request) => ({ ...request, host: request.host.replaceAll(" ", "") })),
  },
  {
    test: "keeps a target that looks like an authority with its own origin",
    does: "resolves the target as a URL reference",
    sabotage: sending((request, asked) => {
      const { pathname, search } = new URL(asked.target, `http://${HOST}`);
      return { ...request, target: pathname + search };
    }),
  },
  {
    test: "keeps a target that looks like an authority with its own origin",
    does: "merges slashes",
    sabotage: asking((request) => ({ ...request, target: request.target.replaceAll(/\/+/g, "/") })),
  },
  {
    test: "normalises once: what was matched is what is asked for",
    does: "asks for the target as it came",
    sabotage: sending((request, asked) => ({ ...request, target: asked.target })),
  },
  {
    test: "normalises once: what was matched is what is asked for",
    does: "decodes the query as well",
    sabotage: sending((request) => ({ ...request, target: decodeURIComponent(request.target) })),
  },
  {
    test: "shows its decision to the debug token alone",
    does: "shows it to whoever sends any token",
    sabotage: asking((request) =>
      sent(request, "portolan-debug").length === 0
        ? request
        : { ...request, headers: withField(request.headers, "portolan-debug", DEBUG_TOKEN) },
    ),
  },
  {
    test: "shows its decision to the debug token alone",
    does: "shows it to nobody",
    sabotage: asking((request) => ({ ...request, headers: without(request.headers, "portolan-debug") })),
  },
  {
    test: "shows its decision to the debug token alone",
    does: "tells everybody how long the origin took",
    sabotage: answering((response) => ({
      ...response,
      headers: [...response.headers, ["server-timing", 'decide;desc="fra"']],
    })),
  },
];
