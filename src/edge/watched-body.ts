import type { RequestBody } from "./request-body.ts";

/** A streamed body that can be sent again as long as nothing was read of it. */
export function watchedBody(source: ReadableStream<Uint8Array>, length: number | null): RequestBody {
  const reader = source.getReader();
  let touched = false;
  let complete = false;
  const content = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        touched = true;
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        complete = true;
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead: what was not asked for was not consumed.
    { highWaterMark: 0 },
  );
  return { content, length, replayable: () => !touched, complete: () => complete };
}
