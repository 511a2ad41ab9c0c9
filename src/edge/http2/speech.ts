/** Answers as frames of HTTP/2. */
import type { AnswerRelay, Speech } from "../http1/client-side.ts";
import type { RelayFacts } from "../http1/relay.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { endToEnd, type ResponseHead } from "../http1/response-head.ts";
import type { HeaderField } from "../message.ts";
import type { StreamClient } from "./stream-client.ts";

/** HTTP/2: a stream for each request. A tunnel would need Extended CONNECT, which is not offered. */
export const HTTP2: Speech<StreamClient> = {
  proceed: ({ stream }) => {
    if (!stream.destroyed && !stream.headersSent) stream.additionalHeaders({ ":status": 100 });
  },
  interim: ({ stream }, { status, fields }) => {
    if (stream.destroyed || stream.headersSent) return;
    stream.additionalHeaders({ ":status": status, ...asHeaders(endToEnd(fields)) });
  },
  answer(client, { status, headers, text }, { request, extra, date }) {
    const body = Buffer.from(text);
    const fields = [...headers.filter(([name]) => name !== "content-length"), ...extra];
    const length = status === 204 ? {} : { "content-length": body.length };
    const bodiless = request?.method === "HEAD" || body.length === 0;
    if (!client.respond({ ":status": status, ...asHeaders(withDate(fields, date)), ...length }, bodiless)) return;
    if (!bodiless) client.end(body);
  },
  relay: (client, answer, facts) => new StreamRelay(client, answer, facts),
  tunnel: () => false,
};

class StreamRelay implements AnswerRelay {
  readonly keepAlive = true;
  readonly untilClose = false;
  readonly #client: StreamClient;
  readonly #request: RequestHead;
  readonly #response: ResponseHead;
  readonly #facts: RelayFacts;
  #begun = false;

  constructor(
    client: StreamClient,
    answer: { readonly request: RequestHead; readonly response: ResponseHead },
    facts: RelayFacts,
  ) {
    this.#client = client;
    this.#request = answer.request;
    this.#response = answer.response;
    this.#facts = facts;
  }

  get begun(): boolean {
    return this.#begun;
  }

  write(parts: readonly Buffer[], last: boolean): boolean {
    const bodiless = this.#response.body === "none";
    if (!this.#begun) {
      this.#begun = true;
      if (!this.#client.respond(this.#headers(), bodiless)) return true;
    }
    if (bodiless) return true;
    // Copied: the parts are only lent.
    const bytes = Buffer.concat(parts);
    if (last) {
      this.#client.end(bytes);
      return true;
    }
    return bytes.length === 0 || this.#client.write(bytes);
  }

  #headers(): Record<string, string | string[] | number> {
    const { status, fields, length } = this.#response;
    const all = [...endToEnd(fields), ...this.#facts.extra];
    const has = status !== 204 && status !== 304 && (length >= 0 || this.#isEmpty);
    const framing = has ? { "content-length": Math.max(0, length) } : {};
    return { ":status": status, ...asHeaders(withDate(all, this.#facts.date)), ...framing };
  }

  /** No body at all, and not for want of one as with HEAD. */
  get #isEmpty(): boolean {
    return this.#response.body === "none" && this.#request.method !== "HEAD";
  }
}

function withDate(fields: readonly HeaderField[], date: () => string): readonly HeaderField[] {
  return fields.some(([name]) => name === "date") ? fields : [...fields, ["date", date()]];
}

/** Repeated fields become a list (RFC 9110 §5.3), Set-Cookie alone stays apart. */
function asHeaders(fields: readonly HeaderField[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const cookies: string[] = [];
  for (const [name, value] of fields) {
    if (name === "set-cookie") cookies.push(value);
    else {
      const before = headers[name];
      headers[name] = typeof before === "string" ? `${before}, ${value}` : value;
    }
  }
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  return headers;
}
