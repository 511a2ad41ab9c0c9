/** Answers of the edge itself on the wire. */
import { debugHeaders } from "../debug.ts";
import { isDebugToken } from "../debug-token.ts";
import type { RequestEvent } from "../event.ts";
import type { LocalAnswer } from "../local-answer.ts";
import { firstHeader, type HeaderField } from "../message.ts";
import { ownAnswerHead } from "./answer-head.ts";
import type { Engine } from "./engine.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { compose } from "./wire.ts";

export interface OwnAnswerFacts {
  /** Null for one that could not be read. */
  readonly request: RequestHead | null;
  readonly keepAlive: boolean;
  readonly extra: readonly HeaderField[];
  readonly date: () => string;
}

/** The bytes of an answer of our own. */
export function ownAnswer({ status, headers, text }: LocalAnswer, facts: OwnAnswerFacts): Buffer {
  const { request, keepAlive, extra, date } = facts;
  const body = Buffer.from(text);
  const fields = [...headers.filter(([name]) => name !== "content-length"), ...extra];
  const head = ownAnswerHead(request, status, body.length, { fields, keepAlive, date });
  const parts = request?.method === "HEAD" || status === 204 ? [] : [body];
  return compose(head.text, parts, "plain", true);
}

/** Our fields in an origin's answer: the client's pin, and the decision for who may see it. */
export function relayFields(
  engine: Engine,
  head: RequestHead,
  { event, response }: { readonly event: RequestEvent; readonly response: ResponseHead },
): readonly HeaderField[] {
  const debug = debugFields(engine, head, event);
  const pin = engine.pins.fields(event, response.status, response.fields);
  return pin.length === 0 ? debug : [...debug, ...pin];
}

/** The decision in fields, for a client that knows the debug token. */
export function debugFields(engine: Engine, head: RequestHead, event: RequestEvent): readonly HeaderField[] {
  const { debugToken, state } = engine;
  if (debugToken === null || !isDebugToken(firstHeader(head.fields, "portolan-debug"), debugToken)) return [];
  return debugHeaders(event, state);
}
