/** A body that may not be larger than its route allows. Loaded by the first request for a route with a limit. */
import type { RequestEvent } from "./event.ts";
import { asResponse, type LocalAnswer, proxyError } from "./local-answer.ts";
import type { EdgeRequest, EdgeResponse } from "./message.ts";

/** For a body above what its route allows. */
export const BODY_TOO_LARGE: LocalAnswer = proxyError(413, "the body is too large", "http_request_error");

/**
 * Lets `go` answer the same request, its bytes counted where nobody said how many there are; 413 when there are more.
 * Beyond the limit the stream neither ends nor fails: workerd ends a request whose body failed as if it were whole, and
 * the origin would keep half of an upload. Only the signal breaks the request off.
 */
export async function limited(
  request: EdgeRequest,
  maxBytes: number,
  event: RequestEvent,
  go: (request: EdgeRequest) => Promise<EdgeResponse>,
): Promise<EdgeResponse> {
  const { body, bodyLength } = request;
  if (bodyLength !== null) return bodyLength > maxBytes ? tooLarge(event) : await go(request);
  if (body === null) return await go(request);
  const exceeded = new AbortController();
  let left = maxBytes;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left >= 0) return controller.enqueue(chunk);
      exceeded.abort();
      return new Promise<void>(() => undefined);
    },
  });
  const signal = AbortSignal.any([request.signal, exceeded.signal]);
  const response = await go({ ...request, body: body.pipeThrough(counter), signal });
  if (!exceeded.signal.aborted) return response;
  response.body?.cancel().catch(() => undefined);
  return tooLarge(event);
}

function tooLarge(event: RequestEvent): EdgeResponse {
  event.code = "body-too-large";
  return asResponse(BODY_TOO_LARGE);
}
