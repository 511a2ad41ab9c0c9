import type { EdgeRequest } from "../../../src/edge/message.ts";
import { answering, type BrokenEdge, concluding, unsent, without } from "./sabotage.ts";

const POST_RESET = "moves on when the connection is reset, and sends a POST once";
const ALL_DOWN = "answers 502 when every cluster is down, and serves again when one is back";
const OVERLOADED = "moves an idempotent request on after a 503 and relays the 503 to a POST";

export const BROKEN_FAILOVER: readonly BrokenEdge[] = [
  {
    test: "moves on to the next cluster when a connection is refused",
    does: "answers 500 at once",
    sabotage: concluding((result) =>
      result.type === "failed" && result.failure === "refused"
        ? { type: "answer", status: 500, headers: [], body: null }
        : result,
    ),
  },
  {
    test: "moves on to the next cluster when a connection is refused",
    does: "tries only GET again",
    sabotage: concluding((result, request) =>
      result.type === "failed" && request.method !== "GET"
        ? { type: "answer", status: 500, headers: [], body: null }
        : result,
    ),
  },
  {
    test: "moves a refused POST on only where it is proven unsent",
    does: "does not know that nothing was sent",
    sabotage: concluding((result) => (result.type === "failed" ? { ...result, unsent: false } : result)),
  },
  {
    test: "moves a refused POST on only where it is proven unsent",
    does: "guesses that nothing was sent",
    claims: { provesUnsent: false },
    sabotage: concluding((result) => (result.type === "failed" ? { ...result, unsent: true } : result)),
  },
  {
    test: POST_RESET,
    does: "moves a POST on that was sent",
    sabotage: concluding((result) =>
      result.type === "failed" && result.failure === "reset" ? unsent("reset") : result,
    ),
  },
  {
    test: POST_RESET,
    does: "takes a reset for an answer",
    sabotage: concluding((result) =>
      result.type === "failed" && result.failure === "reset"
        ? { type: "answer", status: 500, headers: [], body: null }
        : result,
    ),
  },
  {
    test: "sends a POST once over a reused connection that resets",
    does: "tries again where a connection worked before",
    sabotage: () => ({
      send: (real) => {
        const worked = new Set<number>();
        return async (asked, origin, request, options) => {
          const result = await real(asked, origin, request, options);
          if (result.type === "failed" && worked.has(origin.port)) return await real(asked, origin, request, options);
          worked.add(origin.port);
          return result;
        };
      },
    }),
  },
  {
    test: "moves on when a cluster hangs, and answers 504 for a POST",
    does: "waits for ever",
    hangs: true,
    sabotage: () => ({
      send: (real) => (asked, origin, request, options) =>
        real(asked, origin, request, { ...options, responseTimeoutMs: 1_000_000 }),
    }),
  },
  {
    test: "moves on when a cluster hangs, and answers 504 for a POST",
    does: "answers 502 to what was too late",
    sabotage: concluding((result) => (result.type === "failed" ? { ...result, failure: "other" } : result)),
  },
  {
    test: OVERLOADED,
    does: "moves a POST on as well",
    sabotage: concluding((result) => (result.type === "answer" && result.status === 503 ? unsent("other") : result)),
  },
  {
    test: OVERLOADED,
    does: "relays every 503",
    sabotage: () => ({
      // The rule that moves on does not see it, and the client does.
      send:
        (real) =>
        async (...args) => {
          const result = await real(...args);
          return result.type === "answer" && result.status === 503 ? { ...result, status: 599 } : result;
        },
      handle: (real) => async (request) => {
        const response = await real(request);
        return response.status === 599 ? { ...response, status: 503 } : response;
      },
    }),
  },
  {
    test: "relays the last answer when every cluster says 503",
    does: "answers 502 in its own words",
    sabotage: concluding((result, { method }) =>
      result.type === "answer" && result.status === 503 && method === "GET" ? unsent("other") : result,
    ),
  },
  {
    test: "sends the whole body to the next cluster",
    does: "sends what is left of it",
    sabotage: () => ({
      send: (real) => {
        const tried = new WeakSet<EdgeRequest>();
        return (asked, origin, request, options) => {
          const again = tried.has(asked);
          tried.add(asked);
          if (!again || !(request.body instanceof Uint8Array)) return real(asked, origin, request, options);
          const body = request.body.subarray(16_384);
          return real(asked, origin, { ...request, body, bodyLength: body.length }, options);
        };
      },
    }),
  },
  {
    test: ALL_DOWN,
    does: "never comes back to a cluster that was down",
    sabotage: () => ({
      send: (real) => {
        const down = new Set<number>();
        return async (asked, origin, request, options) => {
          if (down.has(origin.port)) return unsent("refused");
          const result = await real(asked, origin, request, options);
          if (result.type === "failed") down.add(origin.port);
          return result;
        };
      },
    }),
  },
  {
    test: ALL_DOWN,
    does: "does not say that the error is its own",
    sabotage: answering((response) => ({ ...response, headers: without(response.headers, "proxy-status") })),
  },
];
