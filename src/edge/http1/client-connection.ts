/** One connection from a client: requests one after the other, answers in their order, nothing read behind an error. */
import type { Socket } from "node:net";
import { ChunkedDecoder } from "./chunked.ts";
import type { HeadParser } from "./head-parser.ts";
import {
  readRequest,
  refusalOf,
  type Refusal,
  type RequestHead,
  type RequestLine,
  requestParser,
} from "./request-head.ts";
import type { Expiring, Sweep } from "./sweep.ts";

/** The request under way, as its connection sees it. */
export interface RequestSink extends Expiring {
  onBody(parts: readonly Buffer[]): void;
  onBodyEnd(): void;
  /** The body cannot be had: it is malformed, too slow, or was cut. */
  onBodyProblem(refusal: Refusal): void;
  onClientGone(): void;
  /** What was written has left, after a write that returned false. */
  onClientWritable(): void;
}

export interface ConnectionDeps {
  readonly sweep: Sweep;
  readonly begin: (head: RequestHead, connection: ClientConnection) => RequestSink;
  /** Answers a request that could not be read; the connection is closed by it. */
  readonly refuse: (refusal: Refusal, connection: ClientConnection) => void;
  readonly gone: (connection: ClientConnection) => void;
}

const HEAD_MS = 10_000;
const IDLE_MS = 60_000;
/** A body may take 10 s and then has to come with 240 bytes a second (reference FM38). */
const BODY_GRACE_MS = 10_000;
const BODY_BYTES_PER_MS = 0.24;
const STALLED_MS = 60_000;
const LINGER_MS = 2000;
/** How long a client that has said that it will send no more is still answered. */
const HALF_CLOSED_MS = 1000;
const MAX_PENDING = 65_536;
/** One chunk: sizes beyond are for overflowing somebody's integer. */
const MAX_CHUNK = 2 ** 30;

type Phase = "head" | "body" | "answer" | "closing" | "tunnel";

export class ClientConnection implements Expiring {
  readonly socket: Socket;
  readonly peerAddress: string | null;
  /** Set when the server drains: the answer under way is the last one. */
  draining = false;
  readonly #deps: ConnectionDeps;
  readonly #parser: HeadParser<RequestLine> = requestParser();
  #phase: Phase = "head";
  #sink: RequestSink | null = null;
  #input: Buffer | null = null;
  #at = 0;
  #advancing = false;
  #chunked: ChunkedDecoder | null = null;
  /** Bytes of the body to come; -1 for a chunked one. */
  #left = 0;
  #bodyHeld = false;
  #bodyBytes = 0;
  #bodyStartMs = 0;
  #deadlineMs: number;
  #stalledMs = Number.POSITIVE_INFINITY;
  #halfClosed = false;
  readonly #onData = (bytes: Buffer): void => this.receive(bytes);
  readonly #onDrain = (): void => this.#drained();
  readonly #onEnd = (): void => this.#ended();

  constructor(socket: Socket, deps: ConnectionDeps, peerAddress: string | null) {
    this.socket = socket;
    this.peerAddress = peerAddress;
    this.#deps = deps;
    deps.sweep.add(this);
    this.#deadlineMs = deps.sweep.nowMs + HEAD_MS;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", ignore);
    socket.on("close", () => this.#closed());
  }

  /** Bytes of the body or of the next request have come already. */
  get hasInput(): boolean {
    return this.#input !== null;
  }

  receive(bytes: Buffer): void {
    if (this.#phase === "closing") {
      this.#bodyBytes += bytes.length;
      // A client that goes on sending for ever is not listened to any more.
      if (this.#bodyBytes > 2 ** 20) this.socket.destroy();
      return;
    }
    if (this.#phase === "head" && this.#input === null && !this.#parser.begun) {
      this.#deadlineMs = this.#deps.sweep.nowMs + HEAD_MS;
    }
    this.#input = this.#input === null ? bytes : Buffer.concat([this.#input.subarray(this.#at), bytes]);
    if (this.#input !== bytes) this.#at = 0;
    this.#advance();
  }

  /** False when the client is slower than what is written: wait for `onClientWritable`. */
  write(bytes: Buffer): boolean {
    // From here on a reset tells when nobody is there any more.
    if (this.#phase === "answer") this.#deadlineMs = Number.POSITIVE_INFINITY;
    if (this.socket.write(bytes)) return true;
    if (this.#stalledMs === Number.POSITIVE_INFINITY) this.#stalledMs = this.#deps.sweep.nowMs + STALLED_MS;
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
    this.#allowBody();
    this.socket.resume();
    this.#advance();
  }

  /** The request has been answered; goes on to the next one or closes. */
  finish(keepAlive: boolean): void {
    this.#sink = null;
    if (!keepAlive || this.draining || this.#phase === "body") return this.close();
    this.#phase = "head";
    this.#parser.reset();
    this.#deadlineMs = this.#deps.sweep.nowMs + IDLE_MS;
    if (this.socket.isPaused()) this.socket.resume();
    if (this.#input !== null) this.#advance();
    if (this.#halfClosed && this.#sink === null && this.#phase === "head") this.close();
  }

  /** Ends the connection once what was written has left; reads on for a while, so that the answer is not lost in a reset. */
  close(): void {
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    this.#sink = null;
    this.#input = null;
    this.#bodyBytes = 0;
    this.#deadlineMs = this.#deps.sweep.nowMs + LINGER_MS;
    if (this.#halfClosed) this.socket.destroySoon();
    else this.socket.end();
    this.socket.resume();
  }

  /** Cuts the connection, so that an answer that is not whole cannot be taken for one that is. */
  cut(): void {
    this.#sink = null;
    this.#phase = "closing";
    this.socket.resetAndDestroy();
  }

  /** Hands the socket over; returns what was received already. */
  detach(): Buffer {
    const early = this.#input === null ? Buffer.alloc(0) : this.#input.subarray(this.#at);
    this.#phase = "tunnel";
    this.#sink = null;
    this.#input = null;
    this.socket.off("data", this.#onData).off("drain", this.#onDrain).off("end", this.#onEnd);
    return early;
  }

  /** Nothing is under way: a draining server may close it. */
  get idle(): boolean {
    return this.#phase === "head" && !this.#parser.begun && this.#input === null;
  }

  check(nowMs: number): void {
    this.#sink?.check(nowMs);
    if (nowMs >= this.#stalledMs) return this.cut();
    if (nowMs < this.#deadlineMs || (this.#phase === "body" && this.#bodyHeld)) return;
    switch (this.#phase) {
      case "head":
        if (this.idle) this.close();
        else this.#refuse({ status: 408, code: "head-too-slow" });
        break;
      case "body":
        this.#bodyProblem({ status: 408, code: "body-too-slow" });
        break;
      case "answer":
        // Half-closed: in all likelihood nobody is there any more.
        this.#gone();
        this.socket.destroy();
        break;
      case "closing":
        this.socket.destroy();
        break;
      case "tunnel":
        break;
      default:
        this.#phase satisfies never;
    }
  }

  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#input !== null && this.#step(this.#input));
    this.#advancing = false;
    if (this.#input === null) return;
    if (this.#phase === "answer" && this.#input.length - this.#at > MAX_PENDING) this.socket.pause();
  }

  /** One head or one piece of a body; false when nothing more can be done at the moment. */
  #step(input: Buffer): boolean {
    if (this.#phase === "head") return this.#readHead(input);
    return this.#phase === "body" && !this.#bodyHeld && this.#readBody(input);
  }

  #readHead(input: Buffer): boolean {
    const from = this.#at;
    const text = input.toString("latin1", from, Math.min(input.length, from + 8192));
    const whole = this.#parser.feed(text);
    this.#consume(input, from + (whole && this.#parser.problem === null ? this.#parser.consumed : text.length));
    if (!whole) return true;
    const { start, fields, problem } = this.#parser;
    if (problem !== null || start === null) return this.#refuse(refusalOf(problem ?? "start-line"));
    const head = readRequest(start, fields);
    if ("code" in head) return this.#refuse(head);
    this.#beginBody(head);
    this.#sink = this.#deps.begin(head, this);
    // It may have been answered, and another one begun, before `begin` returned.
    if (this.#phase === "closing" || this.#phase === "head") this.#sink = null;
    return true;
  }

  #beginBody(head: RequestHead): void {
    this.#phase = head.body === "none" ? "answer" : "body";
    this.#deadlineMs = this.#halfClosed ? this.#deps.sweep.nowMs + HALF_CLOSED_MS : Number.POSITIVE_INFINITY;
    if (head.body === "none") return;
    this.#left = head.length;
    this.#bodyBytes = 0;
    this.#allowBody();
    if (head.body !== "chunked") return;
    this.#chunked ??= new ChunkedDecoder(MAX_CHUNK);
    this.#chunked.reset();
  }

  #readBody(input: Buffer): boolean {
    const parts: Buffer[] = [];
    let ended = false;
    if (this.#left === -1 && this.#chunked !== null) {
      const at = this.#chunked.decode(input, this.#at, parts);
      const { problem } = this.#chunked;
      if (problem !== null) {
        this.#bodyProblem({ status: problem === "chunk-too-large" ? 413 : 400, code: problem });
        return false;
      }
      this.#bodyBytes += at - this.#at;
      this.#consume(input, at);
      ended = this.#chunked.done;
    } else {
      const end = Math.min(input.length, this.#at + this.#left);
      parts.push(input.subarray(this.#at, end));
      this.#bodyBytes += end - this.#at;
      this.#left -= end - this.#at;
      this.#consume(input, end);
      ended = this.#left === 0;
    }
    this.#deadlineMs = this.#bodyStartMs + BODY_GRACE_MS + this.#bodyBytes / BODY_BYTES_PER_MS;
    if (ended) {
      this.#phase = "answer";
      this.#deadlineMs = Number.POSITIVE_INFINITY;
    }
    const sink = this.#sink;
    if (parts.length > 0) sink?.onBody(parts);
    if (ended) sink?.onBodyEnd();
    return true;
  }

  #allowBody(): void {
    this.#bodyStartMs = this.#deps.sweep.nowMs - this.#bodyBytes / BODY_BYTES_PER_MS;
    this.#deadlineMs = this.#deps.sweep.nowMs + BODY_GRACE_MS;
  }

  #consume(input: Buffer, to: number): void {
    if (to < input.length) this.#at = to;
    else {
      this.#input = null;
      this.#at = 0;
    }
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

  #drained(): void {
    this.#stalledMs = Number.POSITIVE_INFINITY;
    this.#sink?.onClientWritable();
  }

  #ended(): void {
    this.#halfClosed = true;
    if (this.#phase === "head") {
      if (this.idle) this.close();
      else this.#refuse({ status: 400, code: "cut" });
    } else if (this.#phase === "body") this.#bodyProblem({ status: 400, code: "cut" });
    else if (this.#phase === "answer") this.#deadlineMs = this.#deps.sweep.nowMs + HALF_CLOSED_MS;
    else if (this.#phase === "closing") this.socket.destroySoon();
  }

  #gone(): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#phase = "closing";
    sink?.onClientGone();
  }

  #closed(): void {
    this.#gone();
    this.#deps.sweep.delete(this);
    this.#deps.gone(this);
  }
}

function ignore(): void {}
