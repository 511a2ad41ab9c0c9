/** One connection from a client: requests one after the other, answers in their order, nothing read behind an error. */
import type { Socket } from "node:net";
import { BodyReader } from "./body-reader.ts";
import { CLIENT_LIMITS, type EngineLimits } from "./client-limits.ts";
import type { HeadParser } from "./head-parser.ts";
import { Inbox } from "./inbox.ts";
import type { Refusal, RequestHead, RequestLine } from "./request-head.ts";
import { readRequest, refusalOf, requestParser } from "./request-head.ts";
import type { Peer, RequestSink } from "./request-sink.ts";
import type { Expiring, Sweep } from "./sweep.ts";
import { writeAtEndOfTurn } from "./turn.ts";

export interface ConnectionDeps {
  readonly sweep: Sweep;
  readonly limits: EngineLimits;
  readonly begin: (head: RequestHead, connection: ClientConnection) => RequestSink;
  /** Answers a request that could not be read; the connection is closed by it. */
  readonly refuse: (refusal: Refusal, connection: ClientConnection) => void;
  readonly gone: (connection: ClientConnection) => void;
}

type Phase = "head" | "body" | "answer" | "closing" | "tunnel";

export class ClientConnection implements Expiring {
  readonly socket: Socket;
  readonly peer: Peer;
  /** Set when the server drains: the answer under way is the last one. */
  draining = false;
  readonly #deps: ConnectionDeps;
  readonly #parser: HeadParser<RequestLine>;
  #phase: Phase = "head";
  #sink: RequestSink | null = null;
  readonly #inbox: Inbox = new Inbox();
  #advancing = false;
  readonly #body: BodyReader;
  #bodyHeld = false;
  #lingerBytes = 0;
  #requests = 0;
  #deadlineMs: number;
  #stalledMs = Number.POSITIVE_INFINITY;
  #halfClosed = false;
  readonly #onData = (bytes: Buffer): void => this.receive(bytes);
  readonly #onDrain = (): void => {
    this.#stalledMs = Number.POSITIVE_INFINITY;
    this.#sink?.onClientWritable();
  };
  readonly #onEnd = (): void => this.#ended();

  constructor(socket: Socket, deps: ConnectionDeps, peer: Peer) {
    this.socket = socket;
    this.peer = peer;
    this.#deps = deps;
    this.#parser = requestParser(deps.limits);
    this.#body = new BodyReader(deps.limits.bodyMs);
    deps.sweep.add(this);
    this.#deadlineMs = deps.sweep.nowMs + deps.limits.headMs;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", ignore);
    socket.on("close", () => {
      this.#gone();
      deps.sweep.delete(this);
      deps.gone(this);
    });
  }

  /** More has come than was taken. */
  get hasInput(): boolean {
    return !this.#inbox.empty;
  }

  receive(bytes: Buffer): void {
    if (this.#phase === "closing") {
      this.#lingerBytes += bytes.length;
      if (this.#lingerBytes > CLIENT_LIMITS.lingerBytes) this.socket.destroy();
      return;
    }
    if (this.idle) this.#deadlineMs = this.#deps.sweep.nowMs + this.#deps.limits.headMs;
    this.#inbox.push(bytes);
    this.#advance();
  }

  /** False when the client is slower than what is written: wait for `onClientWritable`. */
  write(bytes: Buffer): boolean {
    // From here on a reset tells when nobody is there any more.
    if (this.#phase === "answer") this.#deadlineMs = Number.POSITIVE_INFINITY;
    if (writeAtEndOfTurn(this.socket, bytes)) return true;
    if (this.#stalledMs === Number.POSITIVE_INFINITY)
      this.#stalledMs = this.#deps.sweep.nowMs + this.#deps.limits.stalledMs;
    return false;
  }

  /** Stops taking the body from the client until `resumeBody`. */
  holdBody(): void {
    if (this.#bodyHeld) return;
    this.#bodyHeld = true;
    this.socket.pause();
  }

  resumeBody(): void {
    if (!this.#bodyHeld) return;
    this.#bodyHeld = false;
    this.#body.forgive(this.#deps.sweep.nowMs);
    if (this.#phase === "body") this.#deadlineMs = this.#body.deadlineMs;
    this.socket.resume();
    this.#advance();
  }

  /** The request has been answered; goes on to the next one or closes. */
  finish(keepAlive: boolean): void {
    this.#sink = null;
    if (!keepAlive || this.draining || this.#phase === "body") return this.close();
    this.#phase = "head";
    this.#parser.reset();
    this.#deadlineMs = this.#deps.sweep.nowMs + this.#deps.limits.idleMs;
    if (this.socket.isPaused()) this.socket.resume();
    this.#advance();
    if (this.#halfClosed && this.idle) this.close();
  }

  /** Ends the connection once what was written has left; reads on for a while, so that the answer is not lost in a reset. */
  close(): void {
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    this.#sink = null;
    this.#inbox.takeAll();
    this.#deadlineMs = this.#deps.sweep.nowMs + CLIENT_LIMITS.lingerMs;
    if (this.#halfClosed) this.socket.destroySoon();
    else this.socket.end();
    this.socket.resume();
  }

  /** Cuts the connection, so that an answer that is not whole cannot be taken for one that is. */
  cut(): void {
    this.#sink = null;
    this.#phase = "closing";
    // TLS shows a cut by itself: its closing alert is missing.
    this.socket[this.peer.scheme === "http" ? "resetAndDestroy" : "destroy"]();
  }

  /** Hands the socket over; returns what was received already. */
  detach(): Buffer {
    this.#phase = "tunnel";
    this.#sink = null;
    this.socket.off("data", this.#onData).off("drain", this.#onDrain).off("end", this.#onEnd);
    return this.#inbox.takeAll();
  }

  /** Nothing is under way: a draining server may close it. */
  get idle(): boolean {
    return this.#phase === "head" && !this.#parser.begun && this.#inbox.empty;
  }

  check(nowMs: number): void {
    this.#sink?.check(nowMs);
    if (nowMs >= this.#stalledMs) return this.cut();
    if (nowMs < this.#deadlineMs || (this.#phase === "body" && this.#bodyHeld)) return;
    if (this.#phase === "body") this.#bodyProblem({ status: 408, code: "body-too-slow" });
    else if (this.idle) this.close();
    else if (this.#phase === "head") this.#refuse({ status: 408, code: "head-too-slow" });
    else if (this.#phase !== "tunnel") {
      // Behind an answer it is a client that is half-closed: in all likelihood nobody is there any more.
      this.socket.destroy();
    }
  }

  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (!this.#inbox.empty && (this.#phase === "head" ? this.#readHead() : this.#readBody()));
    this.#advancing = false;
    if (this.#phase === "answer" && this.#inbox.size > CLIENT_LIMITS.pendingBytes) this.socket.pause();
  }

  #readHead(): boolean {
    const text = this.#inbox.text(CLIENT_LIMITS.headPiece);
    const whole = this.#parser.feed(text);
    this.#inbox.drop(whole && this.#parser.problem === null ? this.#parser.consumed : text.length);
    if (!whole) return true;
    const { start, fields, problem } = this.#parser;
    if (problem !== null || start === null) return this.#refuse(refusalOf(problem ?? "start-line"));
    const head = readRequest(start, fields, this.#deps.limits);
    if ("code" in head) return this.#refuse(head);
    this.#beginBody(head);
    this.#requests += 1;
    // The answer to the last one that it may ask for says so.
    if (this.#requests === this.#deps.limits.requestsPerConnection) this.draining = true;
    this.#sink = this.#deps.begin(head, this);
    // It may have been answered, and another one begun, before `begin` returned.
    if (this.#phase === "closing" || this.#phase === "head") this.#sink = null;
    return true;
  }

  #beginBody(head: RequestHead): void {
    const { nowMs } = this.#deps.sweep;
    this.#body.begin(head, nowMs);
    this.#phase = head.body === "none" ? "answer" : "body";
    if (head.body !== "none") this.#deadlineMs = this.#body.deadlineMs;
    else this.#deadlineMs = this.#halfClosed ? nowMs + CLIENT_LIMITS.halfClosedMs : Number.POSITIVE_INFINITY;
  }

  #readBody(): boolean {
    if (this.#phase !== "body" || this.#bodyHeld) return false;
    const parts: Buffer[] = [];
    this.#inbox.read((bytes, at) => this.#body.read(bytes, at, parts));
    const { problem, done, deadlineMs } = this.#body;
    if (problem !== null) {
      this.#bodyProblem(problem);
      return false;
    }
    this.#deadlineMs = done ? Number.POSITIVE_INFINITY : deadlineMs;
    if (done) this.#phase = "answer";
    const sink = this.#sink;
    if (parts.length > 0) sink?.onBody(parts);
    if (done) sink?.onBodyEnd();
    return true;
  }

  #refuse(refusal: Refusal): false {
    this.#phase = "answer";
    this.#deps.refuse(refusal, this);
    return false;
  }

  #bodyProblem(refusal: Refusal): void {
    const sink = this.#sink;
    if (sink === null) this.close();
    else sink.onBodyProblem(refusal);
  }

  #ended(): void {
    this.#halfClosed = true;
    if (this.#phase === "head") {
      if (this.idle) this.close();
      else this.#refuse({ status: 400, code: "cut" });
    } else if (this.#phase === "body") this.#bodyProblem({ status: 400, code: "cut" });
    else if (this.#phase === "answer") this.#deadlineMs = this.#deps.sweep.nowMs + CLIENT_LIMITS.halfClosedMs;
    else if (this.#phase === "closing") this.socket.destroySoon();
  }

  #gone(): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#phase = "closing";
    sink?.onClientGone();
  }
}

function ignore(): void {}
