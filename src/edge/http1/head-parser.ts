/**
 * The head of a message: start line and fields, read strictly and a piece at a time. What it finds depends on the bytes
 * alone and never on how they were cut into segments: bytes are judged in their order, and the first problem stands.
 *
 * CR LF ends a line and nothing else does (RFC 9112 §2.2 lets us accept a bare LF; every second desync begins with one).
 */
import type { HeaderField } from "../message.ts";
import { lowerName } from "./field-names.ts";
import { LINE_BYTE, TOKEN } from "./grammar.ts";

export interface HeadLimits {
  /** Characters of the start line. */
  readonly startLine: number;
  /** The whole head, its last empty line included. */
  readonly bytes: number;
  readonly fields: number;
}

export type HeadProblem =
  | "start-line"
  | "start-line-too-long"
  | "version"
  | "head-too-large"
  | "too-many-fields"
  | "line-end"
  | "control-byte"
  | "field";

export interface HeadOptions<Start> {
  readonly limits: HeadLimits;
  /** Reads the start line without its end. */
  readonly start: (line: string) => Start | HeadProblem;
  /** RFC 9112 §2.2: a server should ignore empty lines before a request line; they count for the limit of the head. */
  readonly leadingEmptyLines: boolean;
}

const CR = 13;
const LF = 10;

/** Reads one head after the other; `reset` makes it ready for the next. `Start` must not be a string. */
export class HeadParser<Start extends object> {
  start: Start | null = null;
  fields: HeaderField[] = [];
  problem: HeadProblem | null = null;
  /** Characters of the text fed last that belong to this head, once it is whole. */
  consumed = 0;
  readonly #options: HeadOptions<Start>;
  #text = "";
  #at = 0;
  #lineStart = 0;

  constructor(options: HeadOptions<Start>) {
    this.#options = options;
  }

  /** Whether bytes of a head were fed that is not whole yet. */
  get begun(): boolean {
    return this.#text !== "";
  }

  reset(): void {
    this.start = null;
    this.fields = [];
    this.problem = null;
    this.#text = "";
    this.#at = 0;
    this.#lineStart = 0;
  }

  /** Takes bytes as latin1 text; true when the head is whole or has a problem. */
  feed(more: string): boolean {
    const before = this.#text.length;
    const text = before === 0 ? more : this.#text + more;
    this.#text = text;
    const { limits } = this.#options;
    for (;;) {
      const limit = this.start === null ? Math.min(limits.startLine + this.#lineStart, limits.bytes) : limits.bytes;
      const bound = Math.min(text.length, limit);
      let at = this.#at;
      while (at < bound && LINE_BYTE[text.charCodeAt(at)] === 1) at += 1;
      this.#at = at;
      if (at === limit) return this.#fail(this.start === null ? "start-line-too-long" : "head-too-large");
      if (at === text.length) return false;
      if (text.charCodeAt(at) !== CR) {
        return this.#fail(text.charCodeAt(at) === LF ? "line-end" : "control-byte");
      }
      if (at + 1 === text.length) return false;
      if (text.charCodeAt(at + 1) !== LF) return this.#fail("line-end");
      const from = this.#lineStart;
      this.#at = at + 2;
      this.#lineStart = at + 2;
      if (at === from && this.start !== null) {
        this.consumed = at + 2 - before;
        return true;
      }
      const problem = this.start === null ? this.#startLine(text.slice(from, at)) : this.#field(text, from, at);
      if (problem !== null) return this.#fail(problem);
    }
  }

  #fail(problem: HeadProblem): true {
    this.problem = problem;
    return true;
  }

  #startLine(line: string): HeadProblem | null {
    if (line === "" && this.#options.leadingEmptyLines) return null;
    const start = this.#options.start(line);
    if (typeof start === "string") return start;
    this.start = start;
    return null;
  }

  /** `name ":" OWS value OWS`: no space before the colon, no folding (RFC 9112 §5.1, §5.2). */
  #field(text: string, from: number, to: number): HeadProblem | null {
    if (this.fields.length === this.#options.limits.fields) return "too-many-fields";
    let colon = from;
    while (TOKEN[text.charCodeAt(colon)] === 1) colon += 1;
    if (colon === from || text.charCodeAt(colon) !== 58) return "field";
    let first = colon + 1;
    let last = to;
    while (first < last && isSpace(text.charCodeAt(first))) first += 1;
    while (last > first && isSpace(text.charCodeAt(last - 1))) last -= 1;
    this.fields.push([lowerName(text.slice(from, colon)), text.slice(first, last)]);
    return null;
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}
