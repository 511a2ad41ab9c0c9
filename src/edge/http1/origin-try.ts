/** One try at one origin: a connection, the request, and the answer as far as its head; then the answer is the owner's. */
import { mayResend } from "../../core/retry.ts";
import type { Attempts, NextAttempt } from "../attempts.ts";
import type { UpstreamFailure } from "../upstream.ts";
import type { Engine } from "./engine.ts";
import { failed } from "./failures.ts";
import type { Outgoing } from "./outgoing.ts";
import type { RequestHead } from "./request-head.ts";
import { type Rival, startRival } from "./rival.ts";
import type { ResponseHead } from "./response-head.ts";
import type { Expiring } from "./sweep.ts";
import type { AnswerSink, UpstreamConnection } from "./upstream-connection.ts";

/** Who wants the answer. */
export interface TryOwner {
  /** The request is being sent: more of its body is wanted now. */
  onBodyWanted(): void;
  onInterim(head: ResponseHead): void;
  onAnswer(head: ResponseHead): void;
  onAnswerBody(parts: readonly Buffer[], last: boolean): void;
  onSwitch(head: ResponseHead, early: Buffer, upstream: UpstreamConnection): void;
  /** No answer, or the end of one that had begun. */
  onFailed(failure: UpstreamFailure, begun: boolean): void;
}

export interface TryParts {
  readonly engine: Engine;
  readonly owner: TryOwner;
  readonly head: RequestHead;
  readonly outgoing: Outgoing;
  readonly attempts: Attempts;
}

type Phase = "pause" | "connecting" | "waiting" | "answering" | "over";

export class OriginTry implements AnswerSink, Expiring {
  readonly #parts: TryParts;
  #next: NextAttempt;
  #rival: Rival | null = null;
  #phase: Phase = "pause";
  #upstream: UpstreamConnection | null = null;
  #giveUp: (() => void) | null = null;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #connectingMs = 0;
  #fresh = false;

  constructor(parts: TryParts, next: NextAttempt) {
    this.#parts = parts;
    this.#next = next;
  }

  start(): void {
    if (this.#next.delayMs === 0) return this.#connect(false);
    const timer = setTimeout(() => this.#connect(false), this.#next.delayMs);
    this.#giveUp = () => clearTimeout(timer);
  }

  /** Lets everything go; nobody is told. */
  drop(): void {
    this.#phase = "over";
    this.#parts.outgoing.detach();
    this.#giveUp?.();
    this.#giveUp = null;
    this.#rival?.drop();
    this.#upstream?.destroy();
    this.#upstream = null;
  }

  /** Whether an outcome is still to come. */
  get open(): boolean {
    return this.#phase === "connecting" || this.#phase === "waiting";
  }

  /** The body of the request moves: a late answer is not the origin's fault. */
  bodyMoved(): void {
    if (this.#phase === "waiting") this.#deadlineMs = this.#parts.engine.sweep.nowMs + this.#next.timeoutMs;
  }

  pause(): void {
    this.#upstream?.socket.pause();
  }

  resume(): void {
    this.#upstream?.socket.resume();
  }

  onInterim(head: ResponseHead): void {
    this.#parts.owner.onInterim(head);
  }

  onAnswer(head: ResponseHead): void {
    this.#phase = "answering";
    this.#parts.owner.onAnswer(head);
  }

  onAnswerBody(parts: readonly Buffer[], last: boolean): void {
    const { sweep, limits } = this.#parts.engine;
    this.#deadlineMs = sweep.nowMs + limits.originIdleMs;
    if (last) {
      this.#phase = "over";
      this.#upstream = null;
      this.#parts.outgoing.detach();
    }
    this.#parts.owner.onAnswerBody(parts, last);
  }

  onSwitch(head: ResponseHead, early: Buffer): void {
    const upstream = this.#upstream;
    this.#phase = "over";
    this.#upstream = null;
    if (upstream !== null) this.#parts.owner.onSwitch(head, early, upstream);
  }

  onBroken(failure: UpstreamFailure): void {
    const { uses = 0, answering = false } = this.#upstream ?? {};
    this.#upstream = null;
    const { head, outgoing, attempts } = this.#parts;
    // Most likely it was closed while it was idle, and the request has met the news of it.
    const stale = uses > 1 && !answering && failure.failure === "reset";
    if (!stale || !mayResend(head.method, outgoing.replayable, attempts.budgetLeft())) return this.#fail(failure);
    attempts.countRetry();
    this.#connect(true);
  }

  onOriginWritable(): void {
    this.#parts.owner.onBodyWanted();
  }

  check(nowMs: number): void {
    if (this.#phase === "waiting" && this.#parts.attempts.isStalled()) {
      return this.#expire(failed("response-timeout", false, "its origin has stopped to answer"));
    }
    if (this.#phase === "connecting" && this.#rival === null && !this.#fresh) this.#race(nowMs);
    if (nowMs < this.#deadlineMs) return;
    const { timeoutMs } = this.#next;
    switch (this.#phase) {
      case "connecting":
        this.#expire(failed("connect-timeout", true, "no connection in time"));
        break;
      case "waiting":
        this.#expire(failed("response-timeout", false, `no answer in ${timeoutMs} ms`));
        break;
      case "answering":
        this.#expire(failed("response-timeout", false, "the answer stopped"));
        break;
      case "pause":
      case "over":
        break;
      default:
        this.#phase satisfies never;
    }
  }

  #connect(fresh: boolean): void {
    const { engine } = this.#parts;
    this.#phase = "connecting";
    this.#fresh = fresh;
    this.#giveUp = null;
    this.#connectingMs = engine.sweep.nowMs;
    this.#deadlineMs = engine.sweep.nowMs + this.#next.timeoutMs;
    const { origin, candidate } = this.#next;
    const { connections } = candidate.limits;
    const giveUp = engine.pool.acquire(origin, { fresh, connections }, (result) => {
      this.#giveUp = null;
      if (this.#phase !== "connecting") {
        if (!("type" in result)) result.destroy();
      } else if ("type" in result) this.#unconnected(result);
      else {
        this.#rival?.lose(this.#next.candidate.cluster);
        this.#send(result);
      }
    });
    if (this.#phase === "connecting") this.#giveUp = giveUp;
  }

  /** Whoever connects first gets the request, so that it is sent once, whatever its method. */
  #race(nowMs: number): void {
    const { engine, attempts } = this.#parts;
    this.#rival = startRival({ pool: engine.pool, sweep: engine.sweep, attempts }, nowMs - this.#connectingMs, {
      timeoutMs: this.#next.timeoutMs,
      connected: (upstream, rival) => {
        // Giving the slow one up is answered too, and not to be taken for its failure.
        this.#phase = "waiting";
        this.#giveUp?.();
        this.#giveUp = null;
        rival.overtake(failed("connect-timeout", true, `${rival.next.candidate.cluster} connected first`));
        this.#next = rival.next;
        this.#send(upstream);
      },
      alone: (failure) => this.#fail(failure),
    });
  }

  /** The rival goes on alone where there is one that still connects. */
  #unconnected(failure: UpstreamFailure): void {
    if (this.#rival?.connecting !== true) return this.#fail(failure);
    this.#rival.overtake(failure);
    this.#next = this.#rival.next;
  }

  #send(upstream: UpstreamConnection): void {
    const { engine, head, outgoing, owner } = this.#parts;
    this.#phase = "waiting";
    this.#upstream = upstream;
    upstream.begin(this, head.method, head.webSocketKey !== null);
    if (!outgoing.send(upstream, this.#next, engine.sign)) {
      this.#expire(failed("protocol", true, "the origin's Host cannot be sent, or the hop not be signed"));
    } else if (!outgoing.complete) owner.onBodyWanted();
  }

  #expire(failure: UpstreamFailure): void {
    const begun = this.#phase === "answering";
    this.drop();
    this.#parts.owner.onFailed(failure, begun);
  }

  #fail(failure: UpstreamFailure): void {
    const begun = this.#phase === "answering";
    this.#phase = "over";
    this.#parts.outgoing.detach();
    this.#parts.owner.onFailed(failure, begun);
  }
}
