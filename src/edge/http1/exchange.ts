/**
 * ★ The life of a request on sockets: who asks → decide → tries → answer, as `handle.ts` has it for fetch-style
 * runtimes, with the same rules, but without a stream or a promise: those cost more than everything else together.
 */
import { canonicalHost } from "../../core/request/host.ts";
import { type AttemptOutcome, mayResend } from "../../core/retry.ts";
import { admit, OPTIONS_ANSWER } from "../admit.ts";
import { Attempts, type NextAttempt } from "../attempts.ts";
import { debugHeaders, isDebugToken } from "../debug.ts";
import { newEvent, type RequestEvent } from "../event.ts";
import { failureAnswer, type LocalAnswer, proxyError, textAnswer } from "../local-answer.ts";
import { firstHeader, type HeaderField } from "../message.ts";
import { requestHeaders } from "../request-headers.ts";
import { snapshotName } from "../state.ts";
import type { UpstreamFailure } from "../upstream.ts";
import { ownAnswerHead } from "./answer-head.ts";
import type { ClientConnection, RequestSink } from "./client-connection.ts";
import type { Engine } from "./engine.ts";
import { failed } from "./failures.ts";
import { Outgoing } from "./outgoing.ts";
import { Relay } from "./relay.ts";
import type { Refusal, RequestHead } from "./request-head.ts";
import { endToEnd, type ResponseHead } from "./response-head.ts";
import { startTunnel } from "./tunnel.ts";
import type { AnswerSink, UpstreamConnection } from "./upstream-connection.ts";
import { acceptsHandshake } from "./websocket.ts";
import { compose, statusAndFields } from "./wire.ts";

/** Longest silence of an origin in the middle of an answer. */
const ORIGIN_IDLE_MS = 300_000;

const CONTINUE: Buffer = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

type Phase = "body" | "pause" | "connecting" | "waiting" | "relaying" | "over";

export class Exchange implements RequestSink, AnswerSink {
  readonly #engine: Engine;
  readonly #connection: ClientConnection;
  readonly #head: RequestHead;
  readonly #event: RequestEvent;
  #phase: Phase = "body";
  #reported = false;
  #attempts: Attempts | null = null;
  #outgoing: Outgoing | null = null;
  #try: NextAttempt | null = null;
  #upstream: UpstreamConnection | null = null;
  #giveUp: (() => void) | null = null;
  #relay: Relay | null = null;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(engine: Engine, connection: ClientConnection, head: RequestHead) {
    this.#engine = engine;
    this.#connection = connection;
    this.#head = head;
    this.#event = newEvent(head.method, "http", engine.now());
    engine.state.liveRequests += 1;
  }

  /** Decides, and answers or goes on to the body. Never throws. */
  begin(): void {
    try {
      this.#decide();
    } catch (error) {
      this.#event.error = error instanceof Error ? error.message : String(error);
      this.#event.code = "internal-error";
      this.#answer(proxyError(500, "the edge failed", "proxy_internal_error"));
    }
  }

  onBody(parts: readonly Buffer[]): void {
    const outgoing = this.#outgoing;
    if (outgoing === null || this.#phase === "over") return;
    if (!outgoing.take(parts)) this.#connection.holdBody();
    // A body that moves is not a late answer.
    if (this.#phase === "waiting" && this.#try !== null)
      this.#deadlineMs = this.#engine.sweep.nowMs + this.#try.timeoutMs;
    if (this.#phase === "body" && outgoing.overflowing) this.#stream();
  }

  onBodyEnd(): void {
    this.#outgoing?.end();
    if (this.#phase === "body") this.#next();
  }

  onBodyProblem(refusal: Refusal): void {
    if (this.#phase === "over") return this.#connection.close();
    this.#dropUpstream();
    this.#event.code = `body-${refusal.code}`;
    if (this.#relay === null) this.#answer(textAnswer(refusal.status, "the body did not arrive"));
    else this.#end(false);
  }

  onClientGone(): void {
    if (this.#phase === "over") return;
    const trying = this.#phase === "connecting" || this.#phase === "waiting";
    const failure = failed("client-gone", false, "the client closed the connection");
    this.#dropUpstream();
    if (trying) this.#attempts?.record(failure);
    this.#event.code = "failed-client-gone";
    this.#report(failureAnswer("client-gone").status);
    this.#phase = "over";
  }

  onClientWritable(): void {
    if (this.#phase === "relaying") this.#upstream?.socket.resume();
  }

  onOriginWritable(): void {
    this.#connection.resumeBody();
  }

  onInterim(head: ResponseHead): void {
    // 100 is between us and the origin; others are for the client, unless it is too old for them (RFC 9110 §15.2).
    if (head.status === 100 || this.#head.minor === 0) return;
    this.#connection.write(compose(`${statusAndFields(head.status, endToEnd(head.fields))}\r\n`, [], "plain", true));
  }

  onAnswer(response: ResponseHead): void {
    const { status } = response;
    const next = this.#outcome({ type: "answered", status, retryAfterMs: null });
    if (typeof next !== "string") {
      this.#dropUpstream();
      return this.#run(next);
    }
    this.#event.gaveUp = next;
    this.#phase = "relaying";
    this.#deadlineMs = this.#engine.sweep.nowMs + ORIGIN_IDLE_MS;
    this.#event.status = status;
    const answer = { request: this.#head, response };
    this.#relay = new Relay(this.#connection, answer, {
      keepAlive: this.#keepAlive && !this.#isEarlyUpgrade(),
      extra: this.#debugFields(),
      date: this.#engine.date,
    });
  }

  onAnswerBody(parts: readonly Buffer[], last: boolean): void {
    const relay = this.#relay;
    if (relay === null || this.#phase !== "relaying") return;
    this.#deadlineMs = this.#engine.sweep.nowMs + ORIGIN_IDLE_MS;
    const fast = relay.write(parts, last);
    this.#report(this.#event.status);
    if (last) {
      this.#upstream = null;
      this.#end(relay.keepAlive);
    } else if (!fast) this.#upstream?.socket.pause();
  }

  onSwitch(head: ResponseHead, early: Buffer): void {
    const upstream = this.#upstream;
    const key = this.#head.webSocketKey;
    if (upstream === null || key === null || !acceptsHandshake(head.fields, key)) {
      upstream?.socket.destroy();
      return this.onBroken(failed("protocol", false, "the origin's handshake is not valid"));
    }
    this.#attempts?.record({ type: "answered", status: 101, retryAfterMs: null });
    this.#phase = "over";
    this.#report(101);
    const text = `${statusAndFields(101, endToEnd(head.fields))}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`;
    startTunnel(this.#connection, upstream, { head: text, early, sweep: this.#engine.sweep });
  }

  onBroken(failure: UpstreamFailure): void {
    if (this.#phase === "relaying") {
      this.#upstream = null;
      if (this.#relay?.begun === false) this.#giveIn(failure.detail, failure);
      else if (this.#relay?.untilClose === true) {
        this.#phase = "over";
        this.#connection.cut();
      } else this.#end(false);
      return;
    }
    if (this.#phase === "over") return;
    const { uses = 0, answering = false } = this.#upstream ?? {};
    this.#upstream = null;
    const stale = uses > 1 && !answering && failure.failure === "reset";
    const attempts = this.#attempts;
    const kept = this.#outgoing?.replayable ?? false;
    if (stale && this.#try !== null && attempts !== null && mayResend(this.#head.method, kept, attempts.budgetLeft())) {
      attempts.countRetry();
      return this.#connect(this.#try, true);
    }
    this.#failed(failure);
  }

  check(nowMs: number): void {
    if (this.#phase === "body" && this.#outgoing?.isDue(nowMs) === true) return this.#stream();
    if (nowMs < this.#deadlineMs) return;
    switch (this.#phase) {
      case "body":
        this.onBodyProblem({ status: 408, code: "body-too-slow" });
        break;
      case "connecting":
        this.#dropUpstream();
        this.#failed(failed("connect-timeout", true, "no connection in time"));
        break;
      case "waiting":
        this.#dropUpstream();
        this.#failed(failed("response-timeout", false, `no answer in ${this.#try?.timeoutMs ?? 0} ms`));
        break;
      case "relaying":
        this.#dropUpstream();
        this.onBroken(failed("response-timeout", false, "the answer stopped"));
        break;
      case "pause":
      case "over":
        break;
      default:
        this.#phase satisfies never;
    }
  }

  get #keepAlive(): boolean {
    return this.#head.keepAlive && !this.#connection.draining;
  }

  /** Bytes behind a handshake that was not accepted were meant for a tunnel: they must not be read as a request. */
  #isEarlyUpgrade(): boolean {
    return this.#head.webSocketKey !== null && this.#connection.hasInput;
  }

  #decide(): void {
    const { method, target, host, fields, expectsContinue } = this.#head;
    const { peerAddress } = this.#connection;
    if (target === "*") {
      this.#event.code = "options";
      const valid = canonicalHost(host).ok;
      return this.#answer(valid ? OPTIONS_ANSWER : textAnswer(400, "bad request"));
    }
    const request = {
      method,
      target,
      host,
      headers: fields,
      peerAddress,
      scheme: "http",
      runtimeLocation: null,
    } as const;
    const admission = admit(request, this.#engine, this.#event);
    if (admission.to === "answer") return this.#answer(admission.answer);
    const { decision, facts } = admission;
    const { nowMs } = this.#engine.sweep;
    this.#attempts = new Attempts(decision, method, {
      state: this.#engine.state,
      deps: this.#engine,
      tries: this.#event.tries,
    });
    const outgoing = new Outgoing(this.#head, decision.forwardPath, {
      fields: requestHeaders(request, facts),
      host: facts.publicHost,
      nowMs,
    });
    this.#outgoing = outgoing;
    this.#deadlineMs = nowMs + decision.timeoutMs;
    // RFC 9110 §10.1.1: not when the body is already on its way.
    if (expectsContinue && !this.#connection.hasInput) this.#connection.write(CONTINUE);
    if (outgoing.complete) this.#next();
    else if (outgoing.ready) this.#stream();
  }

  /** Goes on although the body is not whole; no more of it is taken until there is somebody to give it to. */
  #stream(): void {
    this.#connection.holdBody();
    this.#outgoing?.stream();
    this.#next();
  }

  #next(): void {
    const next = this.#attempts?.next(this.#outgoing?.replayable ?? false) ?? "no candidate";
    if (typeof next !== "string") this.#run(next);
    else this.#giveIn(next, failed("other", true, "no try"));
  }

  #run(next: NextAttempt): void {
    this.#try = next;
    if (next.delayMs === 0) return this.#connect(next, false);
    this.#phase = "pause";
    const timer = setTimeout(() => this.#connect(next, false), next.delayMs);
    this.#giveUp = () => clearTimeout(timer);
  }

  #connect(next: NextAttempt, fresh: boolean): void {
    this.#phase = "connecting";
    this.#giveUp = null;
    this.#deadlineMs = this.#engine.sweep.nowMs + next.timeoutMs;
    const giveUp = this.#engine.pool.acquire(next.origin, fresh, (result) => {
      this.#giveUp = null;
      if (this.#phase !== "connecting") {
        if (!("type" in result)) result.destroy();
      } else if ("type" in result) this.#failed(result);
      else this.#send(result, next);
    });
    if (this.#phase === "connecting") this.#giveUp ??= giveUp;
  }

  #send(upstream: UpstreamConnection, { origin }: NextAttempt): void {
    const outgoing = this.#outgoing;
    if (outgoing === null) return upstream.destroy();
    this.#phase = "waiting";
    this.#upstream = upstream;
    upstream.begin(this, this.#head.method, this.#head.webSocketKey !== null);
    if (!outgoing.send(upstream, origin)) {
      this.#dropUpstream();
      return this.#failed(failed("protocol", true, "the origin's Host cannot be sent"));
    }
    if (!outgoing.complete) this.#connection.resumeBody();
  }

  #failed(failure: UpstreamFailure): void {
    this.#outgoing?.detach();
    const next = this.#outcome(failure);
    if (typeof next !== "string") this.#run(next);
    else this.#giveIn(next, failure);
  }

  #outcome(outcome: AttemptOutcome): NextAttempt | string {
    this.#attempts?.record(outcome);
    return this.#attempts?.next(this.#outgoing?.replayable ?? false) ?? "no candidate";
  }

  #giveIn(reason: string, { failure }: UpstreamFailure): void {
    this.#event.gaveUp = reason;
    this.#event.code = `failed-${failure}`;
    this.#answer(failureAnswer(failure));
  }

  #answer(answer: LocalAnswer): void {
    const { status, headers, text } = answer;
    this.#event.status = status;
    const body = Buffer.from(text);
    const bodyCame = this.#outgoing?.complete ?? this.#head.body === "none";
    const keepAlive = this.#keepAlive && bodyCame && (status < 400 || status >= 500);
    const fields = [...headers.filter(([name]) => name !== "content-length"), ...this.#debugFields()];
    const head = ownAnswerHead(this.#head, status, body.length, { fields, keepAlive, date: this.#engine.date });
    const parts = this.#head.method === "HEAD" || status === 204 ? [] : [body];
    this.#connection.write(compose(head.text, parts, "plain", true));
    this.#report(status);
    this.#end(keepAlive);
  }

  #debugFields(): readonly HeaderField[] {
    const { debugToken, state } = this.#engine;
    if (debugToken === null || !isDebugToken(firstHeader(this.#head.fields, "portolan-debug"), debugToken)) return [];
    return debugHeaders(this.#event, snapshotName(state));
  }

  #dropUpstream(): void {
    this.#outgoing?.detach();
    this.#giveUp?.();
    this.#giveUp = null;
    this.#upstream?.destroy();
    this.#upstream = null;
  }

  #report(status: number): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#event.status = status;
    this.#attempts?.end();
    this.#engine.state.liveRequests -= 1;
    this.#engine.onEvent(this.#event);
  }

  #end(keepAlive: boolean): void {
    this.#phase = "over";
    this.#outgoing?.detach();
    this.#connection.finish(keepAlive);
  }
}
