/** How long a client may take, and how much of it is taken (reference S27, FM38). */

/** What an operator may set (docs/engine.md); 0 where it is a number of something means no limit. */
export interface EngineLimits {
  /** Of a request's head, its request line included. */
  readonly headBytes: number;
  readonly headFields: number;
  /** Of a request's target. */
  readonly targetBytes: number;
  /** Open at once, in this process. */
  readonly connections: number;
  /** On one connection, one after the other or, with HTTP/2, side by side. */
  readonly requestsPerConnection: number;
  /** From the first byte of a head to its last. */
  readonly headMs: number;
  /** Before a body has to come with 240 bytes a second. */
  readonly bodyMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** Between a write and the room for the next one. */
  readonly stalledMs: number;
  /** Longest silence of an origin in the middle of an answer. */
  readonly originIdleMs: number;
}

export const ENGINE_LIMITS: EngineLimits = {
  headBytes: 32_768,
  headFields: 100,
  targetBytes: 16_384,
  connections: 0,
  requestsPerConnection: 0,
  headMs: 10_000,
  bodyMs: 10_000,
  idleMs: 60_000,
  stalledMs: 60_000,
  originIdleMs: 300_000,
};

type ClientLimit = "lingerMs" | "halfClosedMs" | "pendingBytes" | "lingerBytes" | "headPiece";

/** What nobody has had a reason to set. */
export const CLIENT_LIMITS: Readonly<Record<ClientLimit, number>> = {
  /** Between our last byte and the client's. */
  lingerMs: 2000,
  /** How long a client that has said that it will send no more waits for an answer: it may be gone altogether. */
  halfClosedMs: 1000,
  /** Of requests that wait for the one before them. */
  pendingBytes: 65_536,
  /** What a client that is being closed may still send before it is cut. */
  lingerBytes: 2 ** 20,
  /** Of a head, looked at in one go. */
  headPiece: 8192,
};
