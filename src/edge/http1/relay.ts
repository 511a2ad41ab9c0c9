/** An origin's answer on its way to the client: its head with the first bytes behind it in one write. */
import type { HeaderField } from "../message.ts";
import { type AnswerHead, answerHead } from "./answer-head.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { RequestHead } from "./request-head.ts";
import { endToEnd, type ResponseHead } from "./response-head.ts";
import { compose, statusAndFields } from "./wire.ts";

/** RFC 9110 §15.2.1. */
export const CONTINUE: Buffer = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

export interface RelayFacts {
  readonly keepAlive: boolean;
  /** Fields of our own. */
  readonly extra: readonly HeaderField[];
  readonly date: () => string;
}

export class Relay {
  readonly #connection: ClientConnection;
  readonly #head: AnswerHead;
  #pending: string;

  constructor(
    connection: ClientConnection,
    answer: { request: RequestHead; response: ResponseHead },
    facts: RelayFacts,
  ) {
    const fields = endToEnd(answer.response.fields);
    for (const field of facts.extra) fields.push(field);
    this.#connection = connection;
    this.#head = answerHead(answer.request, answer.response, { fields, keepAlive: facts.keepAlive, date: facts.date });
    this.#pending = this.#head.text;
  }

  /** Whether the client has got something of it. */
  get begun(): boolean {
    return this.#pending === "";
  }

  get keepAlive(): boolean {
    return this.#head.keepAlive && !this.#head.untilClose;
  }

  get untilClose(): boolean {
    return this.#head.untilClose;
  }

  /** False when the client is slower than the origin. The parts are only lent. */
  write(parts: readonly Buffer[], last: boolean): boolean {
    const bytes = compose(this.#pending, parts, this.#head.framing, last);
    this.#pending = "";
    return bytes.length === 0 || this.#connection.write(bytes);
  }
}

/** The bytes of a 1xx answer. */
export function interimAnswer({ status, fields }: ResponseHead): Buffer {
  return compose(`${statusAndFields(status, endToEnd(fields))}\r\n`, [], "plain", true);
}
