/** The contract of what carries requests to origins: one implementation per kind of runtime. */
import type { Origin, ServiceKey } from "../core/model.ts";
import type { AttemptFailure } from "../core/retry.ts";
import type { HeaderField } from "./message.ts";

export interface UpstreamRequest {
  readonly method: string;
  /** Canonical origin-form target: always begins with `/`. */
  readonly target: string;
  /** Host that the origin should see; a runtime that cannot set it leaves it to X-Forwarded-Host. */
  readonly host: string;
  /** Host that the client asked for, and the backend: what a signed hop tells the gateway. */
  readonly publicHost: string;
  readonly backend: ServiceKey;
  /** Without Host, Content-Length and anything hop-by-hop. */
  readonly headers: readonly HeaderField[];
  /** Bytes when they were kept, a stream that can be read once otherwise. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Null for an unknown length. */
  readonly bodyLength: number | null;
}

export interface SendOptions {
  readonly connectTimeoutMs: number;
  /** From the call to the head of the answer. */
  readonly responseTimeoutMs: number;
  /** Aborts the try and, after the head, the body. */
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly type: "answer";
  readonly status: number;
  readonly headers: readonly HeaderField[];
  /** Encoded as the origin sent it. Cancel it to let go of the connection. */
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface UpstreamFailure {
  readonly type: "failed";
  readonly failure: AttemptFailure;
  /** True only where it is proven that no byte of the request was written. */
  readonly unsent: boolean;
  /** For logs; never shown to clients. */
  readonly detail: string;
}

export interface Upstream {
  /** Whether `unsent` is ever true: DESIGN.md rule 6. */
  readonly provesUnsent: boolean;
  readonly hostOverride: "any" | "same-zone" | "none";
  /** One try. Never follows redirects, never decodes a body, never tries twice, never rejects for network trouble. */
  send(origin: Origin, request: UpstreamRequest, options: SendOptions): Promise<UpstreamAnswer | UpstreamFailure>;
}
