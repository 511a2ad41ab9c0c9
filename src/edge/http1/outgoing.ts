/**
 * A request on its way to an origin. A body of at most 64 KiB is kept until it is whole: then a malformed one never
 * reaches an origin, and another cluster can get it too. A larger one, or a slow one of unknown length, is streamed.
 */
import type { NextAttempt } from "../attempts.ts";
import { KEPT_BODY_BYTES } from "../request-body.ts";
import type { HeaderField } from "../message.ts";
import { hostFor } from "../tries.ts";
import { consistsOf, TARGET_BYTE } from "./grammar.ts";
import { oneHopLess } from "./options.ts";
import type { RequestHead } from "./request-head.ts";
import { hopLines, type SignHop } from "./signed-hop.ts";
import { writeAtEndOfTurn } from "./turn.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { compose, fieldLines, type Framing } from "./wire.ts";

/** After this long, what came of a body of unknown length goes on: somebody may be waiting for it. */
const COLLECT_MS = 1000;

export class Outgoing {
  readonly #head: RequestHead;
  readonly #target: string;
  readonly #fields: string;
  readonly #publicHost: string;
  readonly #collectUntilMs: number;
  readonly #lateMs: number;
  /** Bytes of a body of unknown length that may still come. */
  #room: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #complete: boolean;
  #streaming: boolean;
  /** Bytes of a streamed body have left: it cannot be sent from its beginning again. */
  #touched = false;
  #framing: Framing = "plain";
  #upstream: UpstreamConnection | null = null;

  /** `fields` are for the origin, without Host and Content-Length. */
  constructor(
    head: RequestHead,
    target: string,
    more: { fields: readonly HeaderField[]; host: string; timeoutMs: number; nowMs: number; maxBytes: number | null },
  ) {
    this.#head = head;
    this.#target = target;
    this.#fields = fieldLines(head.method === "OPTIONS" ? oneHopLess(more.fields) : more.fields);
    this.#publicHost = more.host;
    this.#room = head.body === "chunked" && more.maxBytes !== null ? more.maxBytes : Number.POSITIVE_INFINITY;
    this.#complete = head.body === "none";
    this.#streaming = head.length > KEPT_BODY_BYTES;
    this.#collectUntilMs = more.nowMs + COLLECT_MS;
    this.#lateMs = more.nowMs + more.timeoutMs;
  }

  /** Nothing more of the body has to come before the first try. */
  get ready(): boolean {
    return this.#complete || this.#streaming;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Whether it can be sent from its beginning. */
  get replayable(): boolean {
    return !this.#touched;
  }

  /** The kept part is as large as it may be. */
  get overflowing(): boolean {
    return this.#keptBytes > KEPT_BODY_BYTES;
  }

  /** A body of unknown length was waited for long enough. */
  isDue(nowMs: number): boolean {
    return this.#head.body === "chunked" && !this.ready && this.#keptBytes > 0 && nowMs >= this.#collectUntilMs;
  }

  /** The whole request's time is up, and its body is still not here. */
  isLate(nowMs: number): boolean {
    return nowMs >= this.#lateMs;
  }

  stream(): void {
    this.#streaming = true;
  }

  /** Counts bytes before they are taken; false for more than the route allows. */
  fits(parts: readonly Buffer[]): boolean {
    for (const part of parts) this.#room -= part.length;
    return this.#room >= 0;
  }

  /** Takes bytes from the client; false when no more are wanted at the moment. */
  take(parts: readonly Buffer[]): boolean {
    if (this.#upstream !== null) {
      this.#touched = true;
      return this.#upstream.socket.write(compose("", parts, this.#framing, false));
    }
    for (const part of parts) {
      this.#kept.push(part);
      this.#keptBytes += part.length;
    }
    return !this.#streaming;
  }

  /** The body is over. */
  end(): void {
    this.#complete = true;
    if (this.#upstream === null) return;
    const tail = compose("", [], this.#framing, true);
    if (tail.length > 0) this.#upstream.socket.write(tail);
    this.#upstream.requestEnded();
  }

  /** Writes head and kept body; false for a Host that cannot be sent, or a hop that cannot be signed. */
  send(upstream: UpstreamConnection, { origin, candidate, timeoutMs }: NextAttempt, sign: SignHop | null): boolean {
    const host = hostFor(origin.host, origin.connectHost, this.#publicHost);
    if (!consistsOf(host, TARGET_BYTE)) return false;
    const [{ method }, target] = [this.#head, this.#target];
    const facts = { method, target, authority: this.#publicHost, backend: candidate.service };
    const hop = origin.signed ? hopLines(sign, facts, timeoutMs) : "";
    if (hop === null) return false;
    const head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${hop}${this.#fields}${this.#framingLine()}\r\n`;
    // A string alone needs no buffer of its own.
    if (this.#keptBytes === 0 && this.#framing === "plain") writeAtEndOfTurn(upstream.socket, head);
    else writeAtEndOfTurn(upstream.socket, compose(head, this.#kept, this.#framing, this.#complete));
    if (this.#complete) {
      upstream.requestEnded();
      return true;
    }
    this.#upstream = upstream;
    if (this.#keptBytes === 0) return true;
    this.#touched = true;
    this.#kept = [];
    this.#keptBytes = 0;
    return true;
  }

  /** The connection it was being sent on is gone. */
  detach(): void {
    this.#upstream = null;
  }

  #framingLine(): string {
    const { method, body, length, webSocketKey } = this.#head;
    this.#framing = "plain";
    if (webSocketKey !== null) return "connection: Upgrade\r\nupgrade: websocket\r\n";
    if (body === "none") {
      // RFC 9110 §8.6: for methods that give content a meaning.
      return method === "POST" || method === "PUT" || method === "PATCH" ? "content-length: 0\r\n" : "";
    }
    if (body === "length") return `content-length: ${length}\r\n`;
    if (this.#complete) return `content-length: ${this.#keptBytes}\r\n`;
    this.#framing = "chunked";
    return "transfer-encoding: chunked\r\n";
  }
}
