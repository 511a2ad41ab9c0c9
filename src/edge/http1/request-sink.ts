import type { Refusal } from "./request-head.ts";
import type { Expiring } from "./sweep.ts";

/** Whom a connection is from, and how it came. */
export interface Peer {
  /** Null where the socket does not say. */
  readonly address: string | null;
  readonly scheme: "http" | "https";
}

/** The request under way, as its connection sees it. */
export interface RequestSink extends Expiring {
  /** Parts of the body; they are the sink's to keep. */
  onBody(parts: readonly Buffer[]): void;
  onBodyEnd(): void;
  /** The body cannot be had: it is malformed, too slow, or was cut. */
  onBodyProblem(refusal: Refusal): void;
  onClientGone(): void;
  /** What was written has left, after a write that returned false. */
  onClientWritable(): void;
}
