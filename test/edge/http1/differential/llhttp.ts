/** llhttp, the parser of Node and of undici, in strict mode: undici's WebAssembly build of it, driven directly. */
import { createRequire } from "node:module";
import { referenceTarget } from "../reference-parser.ts";
import type { Message, Reading } from "./reading.ts";

const REQUEST = 1;
const RESPONSE = 2;
const CLOSED_CONNECTION = 5;
const PAUSED = 21;
const PAUSED_UPGRADE = 22;

/** What is used of it: Node's types know the name and nothing of it. */
interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly malloc: (size: number) => number;
  readonly llhttp_alloc: (type: number) => number;
  readonly llhttp_free: (parser: number) => void;
  readonly llhttp_execute: (parser: number, data: number, length: number) => number;
  readonly llhttp_finish: (parser: number) => number;
  readonly llhttp_get_method: (parser: number) => number;
  readonly llhttp_method_name: (method: number) => number;
  readonly llhttp_errno_name: (code: number) => number;
  readonly llhttp_get_http_minor: (parser: number) => number;
  readonly llhttp_get_http_major: (parser: number) => number;
  readonly llhttp_get_error_pos: (parser: number) => number;
  readonly llhttp_should_keep_alive: (parser: number) => number;
}

const BUFFER = 65_536;

/** What is being read at the moment; one at a time. */
class State {
  readonly messages: Message[] = [];
  answers = false;
  status = 0;
  url = "";
  body = "";
  bodiless = false;
  fields: [string, string][] = [];
  inValue = true;
  inTrailer = false;

  begin(): void {
    this.url = "";
    this.body = "";
    this.fields = [];
    this.inValue = true;
    this.inTrailer = false;
  }
}

let state = new State();

const text = (at: number, length: number): string => Buffer.from(llhttp.memory.buffer, at, length).toString("latin1");

const environment = {
  wasm_on_message_begin: () => (state.begin(), 0),
  wasm_on_status: () => 0,
  wasm_on_url: (_parser: number, at: number, length: number) => ((state.url += text(at, length)), 0),
  wasm_on_header_field(_parser: number, at: number, length: number) {
    if (state.inTrailer) return 0;
    if (state.inValue) state.fields.push(["", ""]);
    state.inValue = false;
    const field = state.fields.at(-1);
    if (field !== undefined) field[0] += text(at, length).toLowerCase();
    return 0;
  },
  wasm_on_header_value(_parser: number, at: number, length: number) {
    if (state.inTrailer) return 0;
    state.inValue = true;
    const field = state.fields.at(-1);
    if (field !== undefined) field[1] += text(at, length);
    return 0;
  },
  wasm_on_headers_complete(_parser: number, status: number) {
    state.status = status;
    state.inTrailer = true;
    return state.bodiless ? 1 : 0;
  },
  wasm_on_body: (_parser: number, at: number, length: number) => ((state.body += text(at, length)), 0),
  wasm_on_message_complete(parser: number) {
    state.messages.push(message(parser));
    // What is behind a final answer is not read.
    return state.answers && (state.status >= 200 || state.status === 101) ? PAUSED : 0;
  },
};

const llhttp = load();
const buffer = llhttp.malloc(BUFFER);

/** Requests of one connection. */
export function llhttpRequests(segments: readonly string[]): Reading {
  return read(REQUEST, segments, false);
}

/** Answers to `method`, with interim ones in front. */
export function llhttpAnswers(segments: readonly string[], method: string, ended: boolean): Reading {
  return read(RESPONSE, segments, ended, method);
}

function read(type: number, segments: readonly string[], ended: boolean, method = ""): Reading {
  const parser = llhttp.llhttp_alloc(type);
  state = new State();
  state.answers = type === RESPONSE;
  state.bodiless = method === "HEAD";
  let error = 0;
  let behind = 0;
  for (const segment of segments) {
    if (error !== 0) behind += segment.length;
    if (segment === "" || error !== 0) continue;
    const bytes = Buffer.from(segment, "latin1");
    if (bytes.length > BUFFER) throw new Error("Cannot read: the segment is too long");
    new Uint8Array(llhttp.memory.buffer).set(bytes, buffer);
    error = llhttp.llhttp_execute(parser, buffer, bytes.length);
    if (error !== 0) behind = bytes.length - (llhttp.llhttp_get_error_pos(parser) - buffer);
  }
  if (ended && error === 0) error = llhttp.llhttp_finish(parser);
  llhttp.llhttp_free(parser);
  return reading(error, behind);
}

function reading(error: number, behind: number): Reading {
  const { messages } = state;
  const last = messages.at(-1);
  if (error === PAUSED_UPGRADE) return { messages, end: "tunnel", why: "" };
  if (error === PAUSED && last !== undefined) {
    const keepAlive = last.keepAlive && behind === 0;
    const all = [...messages.slice(0, -1), { ...last, keepAlive }];
    return { messages: all, end: keepAlive ? "more" : "closed", why: "" };
  }
  if (last?.keepAlive === false && (error === 0 || error === CLOSED_CONNECTION)) {
    return { messages, end: "closed", why: "" };
  }
  return { messages, end: error === 0 ? "more" : "refused", why: error === 0 ? "" : name(error) };
}

function message(parser: number): Message {
  const fields = state.fields.map(([field, value]) => [field, value.replace(/[ \t]+$/, "")] as const);
  const keepAlive = llhttp.llhttp_should_keep_alive(parser) !== 0;
  const rest = { fields, body: state.body, keepAlive };
  if (state.status !== 0) return { start: String(state.status), ...rest };
  const method = cString(llhttp.llhttp_method_name(llhttp.llhttp_get_method(parser)));
  const host = fields.find(([field]) => field === "host")?.[1] ?? "";
  const target = referenceTarget(method, state.url, host) ?? state.url;
  const version = `${llhttp.llhttp_get_http_major(parser)}.${llhttp.llhttp_get_http_minor(parser)}`;
  return { start: `${method} ${target} HTTP/${version}`, ...rest };
}

function name(error: number): string {
  return cString(llhttp.llhttp_errno_name(error));
}

function cString(at: number): string {
  const bytes = Buffer.from(llhttp.memory.buffer, at, 64);
  return bytes.toString("latin1", 0, bytes.indexOf(0));
}

function load(): Exports {
  const bytes: unknown = createRequire(import.meta.url)("undici/lib/llhttp/llhttp-wasm.js");
  if (!(bytes instanceof Uint8Array)) throw new Error("Cannot load llhttp: undici has no build of it where it was");
  const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };
  return new wasm.Instance(new wasm.Module(bytes), { env: environment }).exports;
}
