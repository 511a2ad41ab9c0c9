/** Answers of the edge itself on the wire. */
import type { ForwardDecision } from "../../core/model.ts";
import { debugHeaders, isDebugToken } from "../debug.ts";
import type { RequestEvent } from "../event.ts";
import { type LocalAnswer, textAnswer } from "../local-answer.ts";
import { firstHeader, type HeaderField } from "../message.ts";
import { snapshotName } from "../state.ts";
import { ownAnswerHead } from "./answer-head.ts";
import type { Engine } from "./engine.ts";
import type { RequestHead } from "./request-head.ts";
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

/** Where the same request is answered over TLS: made of the host and path that were routed, of nothing as it came. */
export function toHttps({ host, forwardPath }: ForwardDecision, port: number, event: RequestEvent): LocalAnswer {
  event.code = "to-https";
  const authority = port === 443 ? host : `${host}:${port}`;
  // 308: a method and its body stay what they are (RFC 9110 §15.4.9).
  return textAnswer(308, "moved", [["location", `https://${authority}${forwardPath}`]]);
}

/** The decision in fields, for a client that knows the debug token. */
export function debugFields(engine: Engine, head: RequestHead, event: RequestEvent): readonly HeaderField[] {
  const { debugToken, state } = engine;
  if (debugToken === null || !isDebugToken(firstHeader(head.fields, "portolan-debug"), debugToken)) return [];
  return debugHeaders(event, snapshotName(state));
}
