import type { UpstreamRequest } from "../upstream.ts";

/**
 * A body that a runtime cannot send a second time behind our back. RFC 9110 §9.2.2: what is not idempotent is sent once;
 * Deno's fetch was seen to repeat a POST when its reused connection was reset.
 */
export function onceOnly(body: UpstreamRequest["body"]): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body;
  return new ReadableStream({
    start(controller) {
      if (body !== null && body.byteLength > 0) controller.enqueue(body);
      controller.close();
    },
  });
}
