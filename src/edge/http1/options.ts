/** OPTIONS, where it is more than a method (RFC 9110 §7.6.2, §9.3.7). */
import type { LocalAnswer } from "../local-answer.ts";
import { firstHeader, type HeaderField } from "../message.ts";
import type { RequestHead } from "./request-head.ts";

/** What the edge itself says to OPTIONS. */
export const OPTIONS_ANSWER: LocalAnswer = {
  status: 204,
  headers: [["allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]],
  text: "",
};

/** Whether it asks about the server, or may not go any further. */
export function isForUs({ method, target, fields }: RequestHead): boolean {
  return method === "OPTIONS" && (target === "*" || firstHeader(fields, "max-forwards") === "0");
}

/** The same fields with one hop less to go. */
export function oneHopLess(fields: readonly HeaderField[]): HeaderField[] {
  return fields.map(([name, value]) => {
    const hops = Number(value);
    return name === "max-forwards" && Number.isSafeInteger(hops) && hops > 0 ? [name, String(hops - 1)] : [name, value];
  });
}
