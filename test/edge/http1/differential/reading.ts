/** What a parser makes of the bytes of one connection. */

export interface Message {
  /** Method, target and version, or the status. */
  readonly start: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  /** Latin1. */
  readonly body: string;
  /** The connection goes on behind it; for an answer: it may carry another request. */
  readonly keepAlive: boolean;
}

export interface Reading {
  /** Whole ones. */
  readonly messages: readonly Message[];
  /**
   * `more`: the bytes are the beginning of something, or of nothing yet. `closed`: the last message was the last one.
   * `tunnel`: what follows is no HTTP.
   */
  readonly end: "more" | "refused" | "closed" | "tunnel";
  /** Why it was refused, in the parser's own words; empty otherwise. */
  readonly why: string;
}
