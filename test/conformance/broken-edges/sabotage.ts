/** The common ways to make an edge wrong in one thing. */
import type { Origin } from "../../../src/core/model.ts";
import type { EdgeRequest, EdgeResponse, HeaderField } from "../../../src/edge/message.ts";
import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "../../../src/edge/upstream.ts";
import type { Broken } from "../broken.ts";
import type { RuntimeUnderTest } from "../edge-world.ts";
import type { Sabotage } from "../plain-edge.ts";

export interface BrokenEdge extends Broken {
  /** What it says of itself, when that is the lie. */
  readonly claims?: Partial<Pick<RuntimeUnderTest, "provesUnsent" | "hostOverride">>;
  /** Called for each edge that is started: what it remembers is that edge's own. */
  readonly sabotage: () => Sabotage;
}

type Result = UpstreamAnswer | UpstreamFailure;

/** Takes another request for the one that came. */
export function asking(change: (request: EdgeRequest) => EdgeRequest): () => Sabotage {
  return () => ({ handle: (real) => (request) => real(change(request)) });
}

/** Gives the client another answer. */
export function answering(change: (response: EdgeResponse, request: EdgeRequest) => EdgeResponse): () => Sabotage {
  return () => ({ handle: (real) => async (request) => change(await real(request), request) });
}

/** Sends the origin another request. */
export function sending(
  change: (request: UpstreamRequest, asked: EdgeRequest, origin: Origin) => UpstreamRequest,
): () => Sabotage {
  return () => ({
    send: (real) => (asked, origin, request, options) => real(asked, origin, change(request, asked, origin), options),
  });
}

/** Takes what came of a try for something else. */
export function concluding(change: (result: Result, request: UpstreamRequest) => Result): () => Sabotage {
  return () => ({
    send: (real) => async (asked, origin, request, options) =>
      change(await real(asked, origin, request, options), request),
  });
}

/** A try that failed and is safe to repeat, as far as the sabotaged edge knows. */
export function unsent(failure: UpstreamFailure["failure"]): UpstreamFailure {
  return { type: "failed", failure, unsent: true, detail: "sabotage" };
}

export function without(headers: readonly HeaderField[], name: string): readonly HeaderField[] {
  return headers.filter(([field]) => field !== name);
}

export function withField(headers: readonly HeaderField[], name: string, value: string): readonly HeaderField[] {
  return [...without(headers, name), [name, value]];
}

/** What a client sent under that name, or a list without it. */
export function sent(asked: EdgeRequest, name: string): readonly HeaderField[] {
  return asked.headers.filter(([field]) => field === name);
}
