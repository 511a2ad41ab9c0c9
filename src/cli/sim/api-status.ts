/** An answer that the API server gives: a status code and a JSON body. */
export interface ApiReply {
  readonly code: number;
  readonly body: unknown;
}

/** Reasons of failures with their codes, as Kubernetes pairs them. */
const codes = {
  BadRequest: 400,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  Timeout: 504,
} as const;

/** Why the API server refuses something. */
export type FailureReason = keyof typeof codes;

/** A `Status` object as `kubectl` shows it. */
export function failure(reason: FailureReason, message: string, details?: unknown): ApiReply {
  const code = codes[reason];
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code };
  return { code, body: status };
}

/** The answer to a deletion. */
export function success(details: unknown): ApiReply {
  return { code: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}
