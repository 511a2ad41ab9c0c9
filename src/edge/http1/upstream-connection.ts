/** One connection to an origin: sends one request at a time and reads its answer, strictly. */
import type { Socket } from "node:net";
import type { UpstreamFailure } from "../upstream.ts";
import { ChunkedDecoder } from "./chunked.ts";
import { brokenFailure, failed } from "./failures.ts";
import type { HeadParser } from "./head-parser.ts";
import { readResponse, type ResponseHead, responseParser, type StatusLine } from "./response-head.ts";

/** Who is told of an answer, in this order: interim heads, then head, then body until its last part; or that it broke. */
export interface AnswerSink {
  onInterim(head: ResponseHead): void;
  onAnswer(head: ResponseHead): void;
  /** After each read behind the head. The parts are views that are good until the call returns. */
  onAnswerBody(parts: readonly Buffer[], last: boolean): void;
  /** 101 to a request that asked for it: the connection is the sink's now, `early` came behind the head. */
  onSwitch(head: ResponseHead, early: Buffer): void;
  onBroken(failure: UpstreamFailure): void;
  /** What was written has left, after a write that returned false. */
  onOriginWritable(): void;
}

/** Where connections go that may be used again. */
export interface ConnectionHome {
  release(connection: UpstreamConnection, idleMs: number | null): void;
  gone(connection: UpstreamConnection): void;
}

/** RFC 9110 §15.2 allows any number; whoever sends more than this is flooding. */
const MAX_INTERIM = 16;
const MAX_CHUNK = Number.MAX_SAFE_INTEGER / 32;

export class UpstreamConnection {
  readonly socket: Socket;
  /** Requests sent so far: above 1, the origin may have closed it before the request came. */
  uses = 0;
  /** After a switch of protocols: where bytes go; the buffer is only lent. */
  tunnel: ((bytes: Buffer) => void) | null = null;
  /** Whom it is connected with. */
  readonly address: string;
  /** When it must not be used any more; set while it is idle. */
  idleUntilMs = 0;
  readonly #home: ConnectionHome;
  #sink: AnswerSink | null = null;
  #method = "";
  #upgrade = false;
  #head: ResponseHead | null = null;
  #parser: HeadParser<StatusLine> = responseParser();
  #chunked: ChunkedDecoder | null = null;
  #left = 0;
  #interim = 0;
  #requestSent = false;
  #error: Error | null = null;
  #closed = false;
  readonly #onEnd = (): void => this.#ended();
  readonly #onClose = (): void => this.#lost();
  readonly #onDrain = (): void => this.#sink?.onOriginWritable();

  constructor(socket: Socket, home: ConnectionHome) {
    this.socket = socket;
    this.address = socket.remoteAddress ?? "";
    this.#home = home;
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
  }

  get usable(): boolean {
    return !this.#closed && !this.socket.destroyed && this.socket.readable && this.socket.writable;
  }

  /** Bytes of the answer have arrived. */
  get answering(): boolean {
    return this.#head !== null || this.#parser.begun;
  }

  /** Takes a request on; what is written next is its head and body. */
  begin(sink: AnswerSink, method: string, upgrade: boolean): void {
    this.uses += 1;
    this.#sink = sink;
    this.#method = method;
    this.#upgrade = upgrade;
    this.#head = null;
    this.#interim = 0;
    this.#requestSent = false;
    this.#parser.reset();
  }

  /** The request has been written whole: only then may the connection be used again. */
  requestEnded(): void {
    this.#requestSent = true;
  }

  destroy(): void {
    this.#sink = null;
    this.#close();
  }

  /** Bytes from the origin; the buffer is only lent. */
  receive(bytes: Buffer): void {
    if (this.tunnel !== null) return this.tunnel(bytes);
    // Bytes that nobody asked for would be taken for the next request's answer (response queue poisoning).
    if (this.#sink === null) return this.#close();
    let at = 0;
    while (this.#head === null) {
      at = this.#readHead(bytes, at);
      if (at === -1) return;
    }
    this.#readBody(this.#head, bytes, at);
  }

  /** Where it stopped, or -1 when there is nothing more to read. */
  #readHead(bytes: Buffer, from: number): number {
    if (from === bytes.length) return -1;
    const text = bytes.toString("latin1", from, Math.min(bytes.length, from + 8192));
    if (!this.#parser.feed(text)) return text.length + from < bytes.length ? from + text.length : -1;
    const { start, fields, problem } = this.#parser;
    if (problem !== null || start === null) return this.#refuse(`the answer's head is not valid: ${problem}`);
    const head = readResponse(start, fields, this.#method);
    if (typeof head === "string") return this.#refuse(`the answer's head is not valid: ${head}`);
    const at = from + this.#parser.consumed;
    this.#parser.reset();
    if (head.status === 101) return this.#switch(head, bytes.subarray(at));
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > MAX_INTERIM) return this.#refuse("too many interim answers");
      this.#sink?.onInterim(head);
      return at;
    }
    this.#head = head;
    this.#left = head.length;
    if (head.body === "chunked") {
      this.#chunked ??= new ChunkedDecoder(MAX_CHUNK);
      this.#chunked.reset();
    }
    this.#sink?.onAnswer(head);
    return this.#sink === null ? -1 : at;
  }

  #switch(head: ResponseHead, early: Buffer): -1 {
    const sink = this.#sink;
    if (!this.#upgrade || sink === null) return this.#refuse("a switch of protocols that nobody asked for");
    this.#sink = null;
    this.#closed = true;
    this.#home.gone(this);
    this.socket.off("end", this.#onEnd).off("close", this.#onClose).off("drain", this.#onDrain);
    sink.onSwitch(head, early);
    return -1;
  }

  #readBody(head: ResponseHead, bytes: Buffer, from: number): void {
    const parts: Buffer[] = [];
    let at = from;
    let last = head.body === "none";
    if (head.body === "length") {
      const end = Math.min(bytes.length, at + this.#left);
      if (end > at) parts.push(bytes.subarray(at, end));
      this.#left -= end - at;
      last = this.#left === 0;
      at = end;
    } else if (head.body === "chunked" && this.#chunked !== null) {
      at = this.#chunked.decode(bytes, at, parts);
      if (this.#chunked.problem !== null) {
        this.#break(failed("protocol", false, `the answer's body is not valid: ${this.#chunked.problem}`));
        return;
      }
      last = this.#chunked.done;
    } else if (head.body === "close") {
      if (bytes.length > at) parts.push(bytes.subarray(at));
      at = bytes.length;
    }
    if (last) this.#answered(head, parts, at === bytes.length);
    else this.#sink?.onAnswerBody(parts, false);
  }

  /** Anything behind the answer, or a request that was not taken whole, makes the connection worthless. */
  #answered(head: ResponseHead, parts: readonly Buffer[], clean: boolean): void {
    const sink = this.#sink;
    this.#sink = null;
    if (clean && head.reusable && this.#requestSent && this.usable) this.#home.release(this, head.idleMs);
    else this.#close();
    sink?.onAnswerBody(parts, true);
  }

  #ended(): void {
    if (this.#sink !== null && this.#head?.body === "close") this.#answered(this.#head, [], false);
    else this.#break(brokenFailure(null));
  }

  #lost(): void {
    this.#break(brokenFailure(this.#error));
  }

  #refuse(detail: string): -1 {
    this.#break(failed("protocol", false, detail));
    return -1;
  }

  #break(failure: UpstreamFailure): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#close();
    sink?.onBroken(failure);
  }

  #close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#home.gone(this);
    }
    this.socket.destroy();
  }
}
