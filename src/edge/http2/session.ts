/** A connection that speaks HTTP/2: streams in front of the same exchange that carries requests of HTTP/1.1. */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Engine } from "../http1/engine.ts";
import { Exchange } from "../http1/exchange.ts";
import type { Refusal } from "../http1/request-head.ts";
import { RequestRecord } from "../http1/request-record.ts";
import type { Expiring } from "../http1/sweep.ts";
import { textAnswer } from "../local-answer.ts";
import { CDN_ID } from "../request-headers.ts";
import { HTTP2 } from "./speech.ts";
import { StreamClient, type StreamDeps } from "./stream-client.ts";
import { readStream } from "./stream-head.ts";

/** RFC 9113 §6.5.2 advises at least 100. */
const MAX_STREAMS = 100;
/** Streams that a client may take back: so many at once, and so many a second (CVE-2023-44487, rapid reset). */
const RESET_BURST = 100;
const RESETS_PER_MS = 0.02;

/** Starts with a socket whose handshake has agreed on `h2`. */
export class Http2Connection implements Expiring {
  readonly #engine: Engine;
  readonly #session: ServerHttp2Session;
  readonly #streams = new Set<StreamClient>();
  readonly #deps: StreamDeps;
  #draining = false;
  #requests = 0;
  #resets = 0;
  #resetsMs: number;
  #idleSinceMs: number;

  constructor(
    socket: TLSSocket,
    engine: Engine,
    more: { address: string | null; gone: (one: Http2Connection) => void },
  ) {
    const { sweep, limits } = engine;
    this.#engine = engine;
    this.#resetsMs = sweep.nowMs;
    this.#idleSinceMs = sweep.nowMs;
    this.#deps = {
      sweep,
      limits,
      peer: { address: more.address, scheme: "https" },
      draining: () => this.#draining,
      gone: (client, unanswered) => this.#left(client, unanswered),
    };
    this.#session = performServerHandshake(socket, {
      // One more than we allow, so that the answer is ours.
      maxHeaderListPairs: limits.headFields + 16,
      maxSettings: 32,
      maxSessionInvalidFrames: 100,
      streamResetBurst: RESET_BURST * 2,
      streamResetRate: 100,
      settings: {
        enableConnectProtocol: false,
        enablePush: false,
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: limits.headBytes,
      },
    });
    sweep.add(this);
    this.#session.on("error", () => undefined);
    this.#session.on("stream", (stream, _headers, flags, raw: unknown) => this.#begin(stream, flags, raw));
    this.#session.on("close", () => {
      sweep.delete(this);
      more.gone(this);
    });
  }

  get idle(): boolean {
    return this.#streams.size === 0;
  }

  /** Setting it tells the client to send no more requests here; those that are under way are answered. */
  set draining(draining: boolean) {
    this.#draining = draining;
    if (draining) this.close();
  }

  close(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
  }

  cut(): void {
    this.#session.destroy();
  }

  check(nowMs: number): void {
    if (!this.idle || nowMs - this.#idleSinceMs < this.#engine.limits.idleMs) return;
    // Also one whose head never comes to its end: until then it has no stream.
    if (this.#session.closed) this.cut();
    else this.close();
  }

  #begin(stream: ServerHttp2Stream, flags: number, raw: unknown): void {
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const client = new StreamClient(stream, ended, this.#deps);
    this.#streams.add(client);
    this.#requests += 1;
    const { limits } = this.#engine;
    if (this.#requests === limits.requestsPerConnection) this.draining = true;
    const head = readStream(isTexts(raw) ? raw : [], { ended, scheme: "https", limits });
    if ("code" in head) return this.#refuse(client, head);
    const exchange = new Exchange(this.#engine, client, head, HTTP2);
    exchange.begin();
    client.begin(exchange);
  }

  #refuse(client: StreamClient, { status, code }: Refusal): void {
    const record = new RequestRecord(this.#engine, "", "https");
    record.event.code = code;
    const answer = textAnswer(status, "bad request", [["proxy-status", `${CDN_ID}; error=http_request_error`]]);
    HTTP2.answer(client, answer, { request: null, keepAlive: true, extra: [], date: this.#engine.date });
    client.finish();
    record.tell(status);
  }

  #left(client: StreamClient, unanswered: boolean): void {
    this.#streams.delete(client);
    const { nowMs } = this.#engine.sweep;
    if (this.idle) this.#idleSinceMs = nowMs;
    if (!unanswered) return;
    this.#resets = Math.max(0, this.#resets - (nowMs - this.#resetsMs) * RESETS_PER_MS) + 1;
    this.#resetsMs = nowMs;
    if (this.#resets > RESET_BURST) this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

function isTexts(raw: unknown): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((one) => typeof one === "string");
}
