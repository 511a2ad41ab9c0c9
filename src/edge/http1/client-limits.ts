type ClientLimit =
  | "headMs"
  | "idleMs"
  | "stalledMs"
  | "lingerMs"
  | "halfClosedMs"
  | "pendingBytes"
  | "lingerBytes"
  | "headPiece";

/** How long a client may take, and how much of it is kept (reference S27, FM38). */
export const CLIENT_LIMITS: Readonly<Record<ClientLimit, number>> = {
  /** From the first byte of a head to its last. */
  headMs: 10_000,
  /** Between two requests. */
  idleMs: 60_000,
  /** Between a write and the room for the next one. */
  stalledMs: 60_000,
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
