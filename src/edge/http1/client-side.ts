/** The client of one request as an exchange sees it: a connection of HTTP/1.1, or a stream of HTTP/2. */
import type { LocalAnswer } from "../local-answer.ts";
import type { OwnAnswerFacts } from "./own-answer.ts";
import type { RelayFacts } from "./relay.ts";
import type { RequestHead } from "./request-head.ts";
import type { Peer } from "./request-sink.ts";
import type { ResponseHead } from "./response-head.ts";
import type { TunnelStart } from "./tunnel.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export interface ClientSide {
  readonly peer: Peer;
  /** The answer under way is the last one. */
  readonly draining: boolean;
  /** More has come than was taken. */
  readonly hasInput: boolean;
  /** Stops taking the body from the client until `resumeBody`. */
  holdBody(): void;
  resumeBody(): void;
  /** The request has been answered, as far as it will be. */
  finish(keepAlive: boolean): void;
  close(): void;
  /** So that an answer that is not whole cannot be taken for one that is. */
  cut(): void;
}

/** An answer on its way. */
export interface AnswerRelay {
  /** Whether the client has got something of it. */
  readonly begun: boolean;
  readonly keepAlive: boolean;
  readonly untilClose: boolean;
  /** False when the client is slower than the origin. The parts are only lent. */
  write(parts: readonly Buffer[], last: boolean): boolean;
}

/** How a version of HTTP says things. */
export interface Speech<Client extends ClientSide> {
  /** 100 (Continue). */
  proceed(client: Client): void;
  interim(client: Client, head: ResponseHead): void;
  answer(client: Client, answer: LocalAnswer, facts: OwnAnswerFacts): void;
  relay(
    client: Client,
    answer: { readonly request: RequestHead; readonly response: ResponseHead },
    facts: RelayFacts,
  ): AnswerRelay;
  /** False where there is no tunnel. */
  tunnel(client: Client, upstream: UpstreamConnection, start: TunnelStart): boolean;
}
