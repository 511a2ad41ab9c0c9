/** What an error of the SDK means: worth waiting for, about single records, or neither. */
import type { DnsChange } from "../../core/dns/records.ts";
import { nameFromRoute53 } from "./names.ts";

export interface Cause {
  readonly text: string;
  /** Throttled, busy, broken or lost: the same request may be taken later. */
  readonly isTransient: boolean;
  /** No answer, or one that does not tell whether the work was done. */
  readonly isLost: boolean;
  /** A record of the batch is to blame, not the zone or the credentials. */
  readonly isAboutRecords: boolean;
  /** A set was not deleted because it stands in other letters than ours. */
  readonly isStale: boolean;
  readonly error: unknown;
}

const TRANSIENT = new Set([
  "Throttling",
  "ThrottlingException",
  "PriorRequestNotComplete",
  "ServiceUnavailable",
  "InternalFailure",
  "InternalError",
  "RequestTimeout",
  "TimeoutError",
]);
/** Refused before it was looked at as a whole: nothing of the batch is in force. */
const ABOUT_RECORDS = new Set(["InvalidChangeBatch", "InvalidInput", "NoSuchHealthCheck"]);

export function causeOf(error: unknown): Cause {
  const { name, message, messages, status } = fieldsOf(error);
  const text = messages.length > 0 ? messages.join(", ") : message;
  const isAboutRecords = ABOUT_RECORDS.has(name);
  return {
    text: `${name}: ${text}`,
    // No status: the connection broke before, in the middle of, or after the work.
    isLost: status === null || status >= 500,
    isTransient: TRANSIENT.has(name) || status === null || status >= 500 || status === 429,
    isAboutRecords,
    isStale: isAboutRecords && text.includes("values provided do not match"),
    error,
  };
}

function fieldsOf(error: unknown) {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), messages: [], status: null };
  const metadata = "$metadata" in error ? (error.$metadata as { readonly httpStatusCode?: number }) : {};
  const status = metadata.httpStatusCode ?? null;
  // InvalidChangeBatch has two shapes: <ErrorResponse>, and <InvalidChangeBatch><Messages>, which the SDK does not
  // recognise: the error is then named "Unknown", and holds the elements as they were.
  const messages = "Messages" in error ? messagesOf(error.Messages) : [];
  if (messages.length > 0) return { name: "InvalidChangeBatch", message: "", messages, status };
  const modelled = "messages" in error && Array.isArray(error.messages) ? error.messages.map(String) : [];
  return { name: error.name, message: error.message, messages: modelled, status };
}

function messagesOf(element: unknown): readonly string[] {
  if (typeof element !== "object" || element === null || !("Message" in element)) return [];
  return [element.Message].flat().filter((one) => typeof one === "string");
}

/** The changes that a message names by one of their sets, or quotes by one of their values; empty if it does neither. */
export function mindedBy(message: string, batch: readonly DnsChange[]): readonly DnsChange[] {
  const quoted = new Set<string>();
  const patterns = [
    /name='([^']*)', type='([^']*)'(?:, set-identifier='([^']*)')?/gi,
    /DNS name (\S+?),? (?:type (\w+)|is|has|in)/g,
    /Name=([^,\]]*), Type=([^,\]]*)(?:, SetIdentifier=([^\]]*))?/g,
    /targets (\S+), type (\w+)/g,
  ];
  for (const pattern of patterns) {
    for (const [, name = ""] of message.matchAll(pattern)) quoted.add(nameFromRoute53(name));
  }
  const isMinded = (change: DnsChange) =>
    [...change.before, ...change.after].some(
      (set) => quoted.has(set.name) || set.values.some((value) => message.includes(`'${value}'`)),
    );
  return batch.filter(isMinded);
}
