/** A request's body as it comes: framing, progress, and how long it may take. */
import { ChunkedDecoder } from "./chunked.ts";
import type { Refusal, RequestHead } from "./request-head.ts";

/** What a body has to come with once its grace is over (reference FM38). */
const BYTES_PER_MS = 0.24;
/** One chunk: sizes beyond are for overflowing somebody's integer. */
const MAX_CHUNK = 2 ** 30;

/** Reads one body after the other. */
export class BodyReader {
  problem: Refusal | null = null;
  done = false;
  #chunked: ChunkedDecoder | null = null;
  /** Bytes to come; -1 for a chunked body. */
  #left = 0;
  #bytes = 0;
  #startMs = 0;
  readonly #graceMs: number;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  begin(head: RequestHead, nowMs: number): void {
    this.problem = null;
    this.done = head.body === "none";
    this.#left = head.length;
    this.#bytes = 0;
    this.#startMs = nowMs;
    if (head.body !== "chunked") return;
    this.#chunked ??= new ChunkedDecoder(MAX_CHUNK);
    this.#chunked.reset();
  }

  /** Adds the data from `at` on to `out` as views; returns where it stopped. */
  read(input: Buffer, at: number, out: Buffer[]): number {
    const end = this.#left === -1 ? this.#readChunked(input, at, out) : this.#readPlain(input, at, out);
    this.#bytes += end - at;
    return end;
  }

  /** When it is too slow, at the pace it has had so far. */
  get deadlineMs(): number {
    return this.#startMs + this.#graceMs + this.#bytes / BYTES_PER_MS;
  }

  /** It was not the client who kept us waiting: the time begins anew. */
  forgive(nowMs: number): void {
    this.#startMs = nowMs - this.#bytes / BYTES_PER_MS;
  }

  #readPlain(input: Buffer, at: number, out: Buffer[]): number {
    const end = Math.min(input.length, at + this.#left);
    if (end > at) out.push(input.subarray(at, end));
    this.#left -= end - at;
    this.done = this.#left === 0;
    return end;
  }

  #readChunked(input: Buffer, at: number, out: Buffer[]): number {
    if (this.#chunked === null) return at;
    const end = this.#chunked.decode(input, at, out);
    const { problem, done } = this.#chunked;
    if (problem !== null) this.problem = { status: problem === "chunk-too-large" ? 413 : 400, code: problem };
    this.done = done;
    return end;
  }
}
