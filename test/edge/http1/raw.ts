/** Bytes as they are, both ways: a client and an origin that know no HTTP library. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { referenceChunked, referenceHead } from "./reference-parser.ts";

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/** An origin that keeps every byte and answers each whole request with its method and target. */
export interface RawOrigin {
  readonly port: number;
  /** Whole requests, in the order in which they were whole. */
  readonly requests: RawRequest[];
  /** Everything that came, by connection (latin1). */
  readonly received: string[];
  /** Connections open at the moment. */
  open(): number;
  /** Answers in another way: bytes to write, and whether to close behind them. */
  answer: (request: RawRequest) => { readonly bytes: Buffer | string; readonly close: boolean };
  reset(): void;
  close(): Promise<void>;
}

export async function rawOrigin(): Promise<RawOrigin> {
  const sockets = new Set<Socket>();
  const echo: RawOrigin["answer"] = ({ method, target }) => {
    const text = `${method} ${target}`;
    const body = method === "HEAD" ? "" : text;
    return {
      bytes: `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nX-Target: ${target}\r\n\r\n${body}`,
      close: false,
    };
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    const index = origin.received.push("") - 1;
    let pending = "";
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      origin.received[index] += text;
      pending += text;
      for (;;) {
        const next = firstRequest(pending);
        if (next === null) break;
        pending = next.rest;
        origin.requests.push(next.request);
        const { bytes: answer, close } = origin.answer(next.request);
        socket.write(typeof answer === "string" ? Buffer.from(answer, "latin1") : answer);
        if (close) socket.end();
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const origin: RawOrigin = {
    port: (server.address() as AddressInfo).port,
    requests: [],
    received: [],
    open: () => sockets.size,
    answer: echo,
    reset() {
      origin.requests.length = 0;
      origin.received.length = 0;
      origin.answer = echo;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return origin;
}

/** The first whole request of what an origin received; throws when it is not canonical. */
export function firstRequest(text: string): { readonly request: RawRequest; readonly rest: string } | null {
  if (text === "") return null;
  if (text.startsWith("\r\n")) throw new Error("the request is not canonical: an empty line before it");
  const head = referenceHead(text);
  if (head.kind === "refused") throw new Error(`the request is not canonical: ${JSON.stringify(text.slice(0, 300))}`);
  if (head.kind !== "head") return null;
  const { method, target, fields } = head;
  if (head.chunked) {
    const body = referenceChunked(head.rest, Number.MAX_SAFE_INTEGER);
    if (body.kind === "refused")
      throw new Error(`the body is not canonical: ${JSON.stringify(head.rest.slice(0, 300))}`);
    if (/^[^\r]*;/m.test(head.rest.split("\r\n", 1)[0] ?? "")) throw new Error("an extension was forwarded");
    return body.kind === "body" ? { request: { method, target, fields, body: body.data }, rest: body.rest } : null;
  }
  if (head.rest.length < head.length) return null;
  const request = { method, target, fields, body: head.rest.slice(0, head.length) };
  return { request, rest: head.rest.slice(head.length) };
}

export interface RawAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  /** Ended by the end of the connection. */
  readonly untilClose: boolean;
}

export interface RawTalk {
  /** Whole final answers. */
  readonly answers: RawAnswer[];
  /** Everything that came (latin1). */
  readonly text: string;
  /** What is left behind the whole answers when the connection was over. */
  readonly rest: string;
}

export interface Segment {
  readonly bytes: Buffer;
  readonly delayMs: number;
}

/**
 * Writes segments on a connection of its own and reads until the server closes it. The client says that it will send no
 * more once it has as many whole answers as it waits for. `methods` are those of the requests, to know about HEAD.
 */
export async function rawTalk(
  url: string,
  segments: readonly Segment[],
  waitFor: number,
  methods: readonly string[] = [],
): Promise<RawTalk> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    // An address that nobody would claim in a test.
    localAddress: "127.0.0.9",
    allowHalfOpen: true,
    noDelay: true,
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const write = async () => {
      for (const { bytes, delayMs } of segments) {
        if (delayMs > 0) await new Promise((go) => setTimeout(go, delayMs));
        if (!socket.destroyed) socket.write(bytes);
      }
    };
    socket.on("connect", () => void write());
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (waitFor > 0 && answersIn(text, methods, false).answers.length >= waitFor) socket.end();
    });
    socket.on("end", () => socket.end());
    // A reset is an end too: the server closes what it does not read.
    socket.on("error", (error: Error & { code?: string }) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => resolve());
  });
  const { answers, rest } = answersIn(text, methods, true);
  return { answers, text, rest };
}

/** Reads answers as a strict client would. */
export function answersIn(
  text: string,
  methods: readonly string[],
  closed: boolean,
): { answers: RawAnswer[]; rest: string } {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return { answers, rest };
    const [line = "", ...lines] = rest.slice(0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(line)?.[1] ?? 0);
    if (status === 0) throw new Error(`not an answer: ${JSON.stringify(line)}`);
    const fields = lines.map((one): readonly [string, string] => {
      const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?(.*)$/s.exec(one);
      if (match === null) throw new Error(`not a field: ${JSON.stringify(one)}`);
      return [(match[1] ?? "").toLowerCase(), match[2] ?? ""];
    });
    const after = rest.slice(end + 4);
    if (status < 200 && status !== 101) {
      rest = after;
      continue;
    }
    const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
    const [lengths, codings] = [all("content-length"), all("transfer-encoding")];
    if (lengths.length + codings.length > 1) throw new Error("an answer is framed twice");
    const bodiless = methods[answers.length] === "HEAD" || status === 204 || status === 304;
    if (bodiless) {
      answers.push({ status, fields, body: "", untilClose: false });
      rest = after;
    } else if (codings.length === 1) {
      const body = referenceChunked(after, Number.MAX_SAFE_INTEGER);
      if (body.kind !== "body") return { answers, rest };
      answers.push({ status, fields, body: body.data, untilClose: false });
      rest = body.rest;
    } else if (lengths.length === 1) {
      const length = Number(lengths[0]);
      if (after.length < length) return { answers, rest };
      answers.push({ status, fields, body: after.slice(0, length), untilClose: false });
      rest = after.slice(length);
    } else {
      if (!closed) return { answers, rest };
      answers.push({ status, fields, body: after, untilClose: true });
      rest = "";
    }
  }
}
