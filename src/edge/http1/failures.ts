/** What went wrong with an origin, in the words of the retry policy. */
import type { AttemptFailure } from "../../core/retry.ts";
import type { UpstreamFailure } from "../upstream.ts";

const CODES: Readonly<Record<string, AttemptFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "connect-timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EMFILE: "overloaded",
  ENFILE: "overloaded",
  ENOTFOUND: "name-not-found",
  EAI_AGAIN: "name-not-found",
};

/** A failed try. `unsent` only where it is proven that no byte of the request was written. */
export function failed(failure: AttemptFailure, unsent: boolean, detail: string): UpstreamFailure {
  return { type: "failed", failure, unsent, detail };
}

/** A failure before there was a connection: nothing was sent. */
export function connectFailure(error: Error): UpstreamFailure {
  return failed(CODES[codeOf(error)] ?? "unreachable", true, error.message);
}

/** A connection that broke while an answer was waited for. */
export function brokenFailure(error: Error | null): UpstreamFailure {
  if (error === null) return failed("reset", false, "the origin closed the connection before its answer was over");
  return failed(CODES[codeOf(error)] ?? "reset", false, error.message);
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
