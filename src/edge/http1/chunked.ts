/**
 * The chunked coding (RFC 9112 §7.1), one byte after the other: CR LF only, sizes of hexadecimal digits only, extensions
 * and trailers checked, counted and dropped. Whatever goes on is framed anew.
 */
import { HEX_DIGIT, LINE_BYTE, TOKEN } from "./grammar.ts";
import { HeadParser } from "./head-parser.ts";

export type ChunkedProblem = "chunk-size" | "chunk-too-large" | "chunk-extension" | "chunk-end" | "trailer";

/** All extensions of one body together: more is an attack (CVE-2023-39326). */
const MAX_EXTENSION_BYTES = 4096;
/** 2⁵³ has 14 digits; longer ones are zeros in front, which nobody needs. */
const MAX_SIZE_DIGITS = 16;

const NO_START_LINE = {};

// States. Numbers, since this runs once per byte of framing.
const SIZE = 0;
const SIZE_LF = 1;
const DATA = 2;
const DATA_CR = 3;
const DATA_LF = 4;
const TRAILER = 5;
const DONE = 6;
const EXTENSION_NAME = 7;
const EXTENSION_VALUE = 8;
const EXTENSION_QUOTED = 9;
const EXTENSION_ESCAPE = 10;
const EXTENSION_QUOTED_END = 11;

/** Decodes one body after the other; `reset` makes it ready for the next. */
export class ChunkedDecoder {
  problem: ChunkedProblem | null = null;
  readonly #maxChunk: number;
  readonly #trailer: HeadParser<object> = new HeadParser({
    limits: { startLine: 0, bytes: 8192, fields: 32 },
    start: () => "start-line",
    leadingEmptyLines: false,
  });
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extension = 0;
  /** Characters of the current extension name or value. */
  #part = 0;

  /** `maxChunk`: the largest size of one chunk. */
  constructor(maxChunk: number) {
    this.#maxChunk = maxChunk;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  reset(): void {
    this.problem = null;
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#extension = 0;
  }

  /**
   * Decodes from `from` on, adds the data to `out` as views, and returns where it stopped: at the end of the bytes, after
   * the end of the body (`done`), or anywhere when there is a `problem`.
   */
  decode(bytes: Buffer, from: number, out: Buffer[]): number {
    let at = from;
    while (at < bytes.length && this.problem === null && this.#state !== DONE) {
      if (this.#state === DATA) {
        const end = Math.min(bytes.length, at + this.#size);
        out.push(bytes.subarray(at, end));
        this.#size -= end - at;
        at = end;
        if (this.#size === 0) this.#state = DATA_CR;
      } else if (this.#state === TRAILER) {
        at = this.#trailers(bytes, at);
      } else {
        this.#step(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#sizeByte(byte);
        break;
      case SIZE_LF:
        if (this.#size === 0) this.#beginTrailer();
        this.#need(byte === 10, "chunk-size", this.#size === 0 ? TRAILER : DATA);
        break;
      case DATA_CR:
        this.#need(byte === 13, "chunk-end", DATA_LF);
        break;
      case DATA_LF:
        this.#need(byte === 10, "chunk-end", SIZE);
        this.#size = 0;
        this.#digits = 0;
        break;
      default:
        this.#extensionByte(byte);
    }
  }

  #sizeByte(byte: number): void {
    const digit = (HEX_DIGIT[byte] ?? 0) - 1;
    if (digit >= 0) {
      this.#digits += 1;
      this.#size = this.#size * 16 + digit;
      if (this.#size > this.#maxChunk) this.problem = "chunk-too-large";
      else if (this.#digits > MAX_SIZE_DIGITS) this.problem = "chunk-size";
      return;
    }
    if (this.#digits === 0) this.problem = "chunk-size";
    else if (byte === 13) this.#state = SIZE_LF;
    else if (byte === 59) this.#extensionPart(EXTENSION_NAME);
    else this.problem = "chunk-size";
  }

  /** `;name`, `;name=token`, `;name="quoted"`; the optional white space of the grammar is refused. */
  #extensionByte(byte: number): void {
    this.#extension += 1;
    if (this.#extension > MAX_EXTENSION_BYTES) {
      this.problem = "chunk-extension";
      return;
    }
    switch (this.#state) {
      case EXTENSION_NAME:
      case EXTENSION_VALUE:
        if (TOKEN[byte] === 1) this.#part += 1;
        else if (byte === 34 && this.#state === EXTENSION_VALUE && this.#part === 0) this.#state = EXTENSION_QUOTED;
        else if (this.#part === 0) this.problem = "chunk-extension";
        else if (byte === 61 && this.#state === EXTENSION_NAME) this.#extensionPart(EXTENSION_VALUE);
        else this.#extensionEnd(byte);
        break;
      case EXTENSION_QUOTED:
        if (byte === 34) this.#state = EXTENSION_QUOTED_END;
        else if (byte === 92) this.#state = EXTENSION_ESCAPE;
        else this.#need(LINE_BYTE[byte] === 1, "chunk-extension", EXTENSION_QUOTED);
        break;
      case EXTENSION_ESCAPE:
        this.#need(LINE_BYTE[byte] === 1, "chunk-extension", EXTENSION_QUOTED);
        break;
      default:
        this.#extensionEnd(byte);
    }
  }

  #extensionPart(state: number): void {
    this.#state = state;
    this.#part = 0;
  }

  #extensionEnd(byte: number): void {
    if (byte === 13) this.#state = SIZE_LF;
    else if (byte === 59) this.#extensionPart(EXTENSION_NAME);
    else this.problem = "chunk-extension";
  }

  #need(holds: boolean, problem: ChunkedProblem, next: number): void {
    if (holds) this.#state = next;
    else this.problem = problem;
  }

  #beginTrailer(): void {
    this.#trailer.reset();
    this.#trailer.start = NO_START_LINE;
  }

  #trailers(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + 8192);
    if (!this.#trailer.feed(bytes.toString("latin1", at, end))) return end;
    if (this.#trailer.problem !== null) {
      this.problem = "trailer";
      return at;
    }
    this.#state = DONE;
    return at + this.#trailer.consumed;
  }
}
