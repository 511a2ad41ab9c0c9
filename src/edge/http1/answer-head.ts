/** The head of an answer as the client gets it, and how the body behind it is framed. */
import type { HeaderField } from "../message.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { type Framing, statusAndFields } from "./wire.ts";

export interface AnswerHead {
  readonly text: string;
  readonly framing: Framing;
  /** The body ends where the connection does: a cut must be a reset, or it would look whole. */
  readonly untilClose: boolean;
  readonly keepAlive: boolean;
}

export interface AnswerFacts {
  /** End to end, without Content-Length. */
  readonly fields: readonly HeaderField[];
  readonly keepAlive: boolean;
  /** Value of a Date field, for an answer that has none (RFC 9110 §6.6.1). */
  readonly date: () => string;
}

/** For an answer of an origin. */
export function answerHead(request: RequestHead, response: ResponseHead, facts: AnswerFacts): AnswerHead {
  const { status, body, length } = response;
  // RFC 9110 §8.6: none in a 204; in a 304 it would only mislead a client that reads it as framing.
  if (status === 204 || status === 304) return head(request, status, "", facts);
  if (request.method === "HEAD") return head(request, status, length === -1 ? "" : lengthLine(length), facts);
  if (body === "length" || body === "none") return head(request, status, lengthLine(length), facts);
  if (request.minor === 1) return head(request, status, "transfer-encoding: chunked\r\n", facts, "chunked");
  return { ...head(request, status, "", { ...facts, keepAlive: false }), untilClose: true };
}

/** For an answer of our own with that many bytes of body. */
export function ownAnswerHead(
  request: RequestHead | null,
  status: number,
  length: number,
  facts: AnswerFacts,
): AnswerHead {
  return head(request, status, status === 204 ? "" : lengthLine(length), facts);
}

function head(
  request: RequestHead | null,
  status: number,
  framingLine: string,
  facts: AnswerFacts,
  framing: Framing = "plain",
): AnswerHead {
  const { fields, keepAlive, date } = facts;
  let text = statusAndFields(status, fields);
  if (!hasDate(fields)) text += `date: ${date()}\r\n`;
  text += framingLine;
  if (!keepAlive) text += "connection: close\r\n";
  else if (request?.minor === 0) text += "connection: keep-alive\r\n";
  return { text: `${text}\r\n`, framing, untilClose: false, keepAlive };
}

function hasDate(fields: readonly HeaderField[]): boolean {
  for (const [name] of fields) if (name === "date") return true;
  return false;
}

function lengthLine(length: number): string {
  return `content-length: ${length}\r\n`;
}
