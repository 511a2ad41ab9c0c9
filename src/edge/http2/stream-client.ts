/** One stream of an HTTP/2 connection as the client of one request. */
import { constants, type ServerHttp2Stream } from "node:http2";
import type { ClientSide } from "../http1/client-side.ts";
import type { Peer, RequestSink } from "../http1/request-sink.ts";
import type { Expiring, Sweep } from "../http1/sweep.ts";
import type { EngineLimits } from "../http1/client-limits.ts";

export interface StreamDeps {
  readonly sweep: Sweep;
  readonly limits: EngineLimits;
  readonly peer: Peer;
  readonly draining: () => boolean;
  /** The stream is over; `unanswered` when the client took it back. */
  readonly gone: (client: StreamClient, unanswered: boolean) => void;
}

/** What a body has to come with once its grace is over (reference FM38). */
const BYTES_PER_MS = 0.24;
const NEVER = Number.POSITIVE_INFINITY;

export class StreamClient implements ClientSide, Expiring {
  readonly stream: ServerHttp2Stream;
  readonly hasInput = false;
  readonly #deps: StreamDeps;
  #sink: RequestSink | null = null;
  #held = false;
  #bodyBytes = 0;
  #bodyStartMs: number;
  #bodyOver: boolean;
  #stalledMs = NEVER;
  #finished = false;

  constructor(stream: ServerHttp2Stream, ended: boolean, deps: StreamDeps) {
    this.stream = stream;
    this.#deps = deps;
    this.#bodyStartMs = deps.sweep.nowMs;
    this.#bodyOver = ended;
    deps.sweep.add(this);
    stream.on("error", () => undefined);
    stream.on("drain", () => {
      this.#stalledMs = NEVER;
      this.#sink?.onClientWritable();
    });
    stream.on("close", () => {
      deps.sweep.delete(this);
      const sink = this.#sink;
      this.#sink = null;
      deps.gone(this, !this.#finished);
      if (!this.#finished) sink?.onClientGone();
    });
  }

  get peer(): Peer {
    return this.#deps.peer;
  }

  get draining(): boolean {
    return this.#deps.draining();
  }

  /** The request goes to its sink; its body is read from here on. */
  begin(sink: RequestSink): void {
    // It may have been answered before this.
    if (this.#finished || this.stream.destroyed) return;
    this.#sink = sink;
    if (this.#bodyOver) return;
    this.stream.on("data", (bytes: Buffer) => {
      this.#bodyBytes += bytes.length;
      this.#sink?.onBody([bytes]);
    });
    this.stream.on("end", () => {
      this.#bodyOver = true;
      this.#sink?.onBodyEnd();
    });
    if (this.#held) this.stream.pause();
  }

  holdBody(): void {
    this.#held = true;
    this.stream.pause();
  }

  resumeBody(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#bodyStartMs = this.#deps.sweep.nowMs - this.#bodyBytes / BYTES_PER_MS;
    this.stream.resume();
  }

  /** Fields of an answer; false when nobody is there any more. */
  respond(headers: Record<string, string | string[] | number>, endStream: boolean): boolean {
    if (this.stream.destroyed || this.stream.headersSent) return false;
    this.stream.respond(headers, { endStream });
    return true;
  }

  /** False when the client is slower than what is written. The bytes are the stream's. */
  write(bytes: Buffer): boolean {
    if (this.stream.destroyed || this.stream.writableEnded) return true;
    if (this.stream.write(bytes)) return true;
    if (this.#stalledMs === NEVER) this.#stalledMs = this.#deps.sweep.nowMs + this.#deps.limits.stalledMs;
    return false;
  }

  end(bytes: Buffer): void {
    if (this.stream.destroyed || this.stream.writableEnded) return;
    if (bytes.length > 0) this.stream.end(bytes);
    else this.stream.end();
  }

  finish(): void {
    this.#sink = null;
    if (this.#finished) return;
    this.#finished = true;
    // An answer that breaks off: the client must see that.
    if (!this.stream.writableEnded) return this.cut();
    if (this.#bodyOver) return;
    // RFC 9113 §8.1: whatever else of the request comes is not wanted.
    this.stream.resume();
    this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  close(): void {
    this.finish();
  }

  cut(): void {
    this.#finished = true;
    this.#sink = null;
    // Not `close`: that ends the stream first, and what is cut would look whole.
    this.stream.destroy(new Error("Cannot go on with the answer: it broke off"));
  }

  check(nowMs: number): void {
    this.#sink?.check(nowMs);
    if (nowMs >= this.#stalledMs) return this.cut();
    if (this.#bodyOver || this.#held || this.#sink === null) return;
    const lateMs = this.#bodyStartMs + this.#deps.limits.bodyMs + this.#bodyBytes / BYTES_PER_MS;
    if (nowMs >= lateMs) this.#sink.onBodyProblem({ status: 408, code: "body-too-slow" });
  }
}
