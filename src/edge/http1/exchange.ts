/**
 * ★ The life of a request on sockets: who asks → decide → tries → answer, as `handle.ts` has it for fetch-style
 * runtimes, with the same rules, but without a stream or a promise: those cost more than everything else together.
 */
import { ALL_FULL } from "../../core/retry.ts";
import { Attempts, type NextAttempt } from "../attempts.ts";
import { BODY_TOO_LARGE } from "../limited-body.ts";
import { failureAnswer, type LocalAnswer, proxyError, textAnswer } from "../local-answer.ts";
import type { UpstreamFailure } from "../upstream.ts";
import type { AnswerRelay, ClientSide, Speech } from "./client-side.ts";
import type { Engine } from "./engine.ts";
import { failed } from "./failures.ts";
import { OriginTry, type TryOwner, type TryParts } from "./origin-try.ts";
import { Outgoing } from "./outgoing.ts";
import { debugFields, relayFields } from "./own-answer.ts";
import type { Refusal, RequestHead } from "./request-head.ts";
import { RequestRecord } from "./request-record.ts";
import type { RequestSink } from "./request-sink.ts";
import type { ResponseHead } from "./response-head.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

const TOO_LARGE: Refusal = { status: 413, code: "too-large" };
const NO_TRY: UpstreamFailure = failed("other", true, "no try");

export class Exchange<Client extends ClientSide> implements RequestSink, TryOwner {
  readonly #engine: Engine;
  readonly #connection: Client;
  readonly #speech: Speech<Client>;
  readonly #head: RequestHead;
  readonly #record: RequestRecord;
  #tries: TryParts | null = null;
  #try: OriginTry | null = null;
  #relay: AnswerRelay | null = null;
  #over = false;

  constructor(engine: Engine, connection: Client, head: RequestHead, speech: Speech<Client>) {
    this.#speech = speech;
    this.#engine = engine;
    this.#connection = connection;
    this.#head = head;
    this.#record = new RequestRecord(engine, head.method, connection.peer.scheme);
  }

  /** Decides, and answers or goes on to the body. Never throws. */
  begin(): void {
    try {
      this.#decide();
    } catch (error) {
      Object.assign(this.#record.event, { code: "internal-error", error: String(error) });
      this.#try?.drop();
      this.#answer(proxyError(500, "the edge failed", "proxy_internal_error"));
    }
  }

  onBody(parts: readonly Buffer[]): void {
    if (this.#tries === null || this.#over) return;
    const { outgoing } = this.#tries;
    if (!outgoing.fits(parts)) return this.onBodyProblem(TOO_LARGE);
    if (!outgoing.take(parts)) this.#connection.holdBody();
    if (this.#try !== null) this.#try.bodyMoved();
    else if (outgoing.overflowing) this.#stream();
  }

  onBodyEnd(): void {
    if (this.#over) return;
    this.#tries?.outgoing.end();
    if (this.#try === null) this.#next(NO_TRY);
  }

  onBodyProblem(refusal: Refusal): void {
    if (this.#over) return this.#connection.close();
    this.#try?.drop();
    this.#record.event.code = `body-${refusal.code}`;
    if (this.#relay === null) {
      this.#answer(refusal.status === 413 ? BODY_TOO_LARGE : textAnswer(refusal.status, "the body did not arrive"));
    } else this.#end(false);
  }

  onClientGone(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#try?.open === true)
      this.#tries?.attempts.record(failed("client-gone", false, "the client closed the connection"));
    this.#try?.drop();
    this.#record.event.code = "failed-client-gone";
    this.#record.tell(failureAnswer("client-gone").status);
  }

  onClientWritable(): void {
    if (!this.#over && this.#relay !== null) this.#try?.resume();
  }

  onBodyWanted(): void {
    this.#connection.resumeBody();
  }

  onInterim(head: ResponseHead): void {
    // 100 is between us and the origin; others are for the client, unless it is too old for them (RFC 9110 §15.2).
    if (head.status === 100 || this.#head.minor === 0) return;
    this.#speech.interim(this.#connection, head);
  }

  onAnswer(response: ResponseHead): void {
    this.#tries?.attempts.recordAnswer(response.status, response.fields);
    const next = this.#nextAttempt();
    if (typeof next !== "string") {
      this.#try?.drop();
      return this.#start(next);
    }
    this.#record.event.gaveUp = next;
    this.#record.event.status = response.status;
    const answer = { request: this.#head, response };
    this.#relay = this.#speech.relay(this.#connection, answer, {
      // Bytes behind a handshake that was not accepted were meant for a tunnel: they must not be read as a request.
      keepAlive: this.#keepAlive && (this.#head.webSocketKey === null || !this.#connection.hasInput),
      extra: relayFields(this.#engine, this.#head, { event: this.#record.event, response }),
      date: this.#engine.date,
    });
  }

  onAnswerBody(parts: readonly Buffer[], last: boolean): void {
    const relay = this.#relay;
    if (relay === null || this.#over) return;
    const fast = relay.write(parts, last);
    this.#record.tell(this.#record.event.status);
    if (last) this.#end(relay.keepAlive);
    else if (!fast) this.#try?.pause();
  }

  onSwitch(head: ResponseHead, early: Buffer, upstream: UpstreamConnection): void {
    const { webSocketKey: key } = this.#head;
    const start = { head, early, key: key ?? "", sweep: this.#engine.sweep };
    if (!this.#speech.tunnel(this.#connection, upstream, start)) {
      return this.onFailed(failed("protocol", false, "the origin's handshake is not valid"), false);
    }
    this.#over = true;
    this.#tries?.attempts.record({ type: "answered", status: 101, retryAfterMs: null });
    this.#record.tell(101);
  }

  onFailed(failure: UpstreamFailure, begun: boolean): void {
    if (this.#over) return;
    const relay = this.#relay;
    if (begun && relay !== null) {
      if (!relay.begun) this.#giveIn(failure.detail, failure);
      else if (relay.untilClose) {
        this.#over = true;
        this.#connection.cut();
      } else this.#end(false);
      return;
    }
    this.#tries?.attempts.record(failure);
    this.#next(failure);
  }

  check(nowMs: number): void {
    if (this.#over || this.#tries === null) return;
    if (this.#try !== null) this.#try.check(nowMs);
    else if (this.#tries.outgoing.isDue(nowMs)) this.#stream();
    else if (this.#tries.outgoing.isLate(nowMs)) this.onBodyProblem({ status: 408, code: "body-too-slow" });
  }

  get #keepAlive(): boolean {
    return this.#head.keepAlive && !this.#connection.draining;
  }

  #decide(): void {
    const { method, expectsContinue } = this.#head;
    const engine = this.#engine;
    const fronted = engine.front(this.#head, this.#connection.peer, this.#record.event);
    if (fronted.to === "answer") return this.#answer(fronted.answer);
    const { decision, fields, publicHost: host } = fronted;
    const { maxBodyBytes: maxBytes } = decision.asks;
    if (maxBytes !== null && this.#head.length > maxBytes) return this.onBodyProblem(TOO_LARGE);
    const more = { fields, host, timeoutMs: decision.timeoutMs, nowMs: engine.sweep.nowMs, maxBytes };
    const outgoing = new Outgoing(this.#head, decision.forwardPath, more);
    const attempts = new Attempts(decision, method, {
      state: engine.state,
      deps: engine,
      tries: this.#record.event.tries,
    });
    this.#record.attempts = attempts;
    this.#tries = { engine, owner: this, head: this.#head, outgoing, attempts };
    // RFC 9110 §10.1.1: not when the body is already on its way.
    if (expectsContinue && !this.#connection.hasInput) this.#speech.proceed(this.#connection);
    if (outgoing.complete) this.#next(NO_TRY);
    else if (outgoing.ready) this.#stream();
  }

  /** Goes on although the body is not whole; no more of it is taken until there is somebody to give it to. */
  #stream(): void {
    this.#connection.holdBody();
    this.#tries?.outgoing.stream();
    this.#next(NO_TRY);
  }

  /** The next try, or what the client is told of the last one. */
  #next(last: UpstreamFailure): void {
    const next = this.#nextAttempt();
    if (typeof next !== "string") this.#start(next);
    else this.#giveIn(next, next === ALL_FULL ? failed("overloaded", true, next) : last);
  }

  #start(next: NextAttempt): void {
    if (this.#tries === null) return;
    this.#try = new OriginTry(this.#tries, next);
    this.#try.start();
  }

  #nextAttempt(): NextAttempt | string {
    return this.#tries?.attempts.next(this.#tries.outgoing.replayable) ?? "no candidate";
  }

  #giveIn(reason: string, { failure }: UpstreamFailure): void {
    Object.assign(this.#record.event, { gaveUp: reason, code: `failed-${failure}` });
    this.#answer(failureAnswer(failure));
  }

  #answer(answer: LocalAnswer): void {
    const { status } = answer;
    this.#record.event.status = status;
    const bodyCame = this.#tries?.outgoing.complete ?? this.#head.body === "none";
    // A client error closes: what follows comes from a sender whom we do not understand.
    const keepAlive = this.#keepAlive && bodyCame && (status < 400 || status >= 500);
    const facts = {
      request: this.#head,
      keepAlive,
      extra: debugFields(this.#engine, this.#head, this.#record.event),
      date: this.#engine.date,
    };
    this.#speech.answer(this.#connection, answer, facts);
    this.#record.tell(status);
    this.#end(keepAlive);
  }

  #end(keepAlive: boolean): void {
    this.#over = true;
    this.#connection.finish(keepAlive);
  }
}
