import { answering, asking, type BrokenEdge, without } from "./sabotage.ts";

const STREAM = TransformStream<Uint8Array, Uint8Array>;

/** Gives nothing on before everything is there. */
function buffered(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  if (body === null) return null;
  const chunks: Uint8Array[] = [];
  return body.pipeThrough(
    new STREAM({
      transform: (chunk) => void chunks.push(chunk),
      flush(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
      },
    }),
  );
}

/** Reads on, whoever has stopped listening. */
function unstoppable(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  const reader = body?.getReader();
  if (reader === undefined) return null;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      while (!(await reader.read()).done);
    },
  });
}

/** Ends well, whatever happened. */
function euphemistic(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  const reader = body?.getReader();
  if (reader === undefined) return null;
  return new ReadableStream({
    async pull(controller) {
      const part = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (part.value === undefined) controller.close();
      else controller.enqueue(part.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function asText(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) =>
    controller.enqueue(encoder.encode(decoder.decode(chunk, { stream: true })));
  return body?.pipeThrough(new STREAM({ transform })) ?? null;
}

/** A client that never leaves, as far as the edge hears. */
function neverGone(): AbortSignal {
  return new AbortController().signal;
}

export const BROKEN_STREAMING: readonly BrokenEdge[] = [
  {
    test: "streams an answer while the origin is still writing it",
    does: "waits for the whole answer",
    hangs: true,
    sabotage: answering((response) => ({ ...response, body: buffered(response.body) })),
  },
  {
    test: "streams a request body while the client is still writing it",
    does: "waits for the whole body",
    hangs: true,
    sabotage: asking((request) => ({ ...request, body: buffered(request.body) })),
  },
  {
    test: "relays large bodies both ways unchanged",
    does: "takes what it relays for text",
    sabotage: answering((response) => ({
      ...response,
      headers: without(response.headers, "content-length"),
      body: asText(response.body),
    })),
  },
  {
    test: "relays large bodies both ways unchanged",
    does: "takes what it is sent for text",
    sabotage: asking((request) => ({
      ...request,
      headers: without(request.headers, "content-length"),
      body: asText(request.body),
      bodyLength: null,
    })),
  },
  {
    test: "lets go of the origin when the client leaves before the answer",
    does: "does not notice that the client left",
    hangs: true,
    sabotage: asking((request) => ({ ...request, signal: neverGone() })),
  },
  {
    test: "lets go of the origin when the client's connection is reset before the answer",
    does: "does not notice that the connection was reset",
    hangs: true,
    sabotage: asking((request) => ({ ...request, signal: neverGone() })),
  },
  {
    test: "lets go of the origin when the client leaves before the answer",
    does: "asks another cluster for a client that left",
    sabotage: () => ({
      send: (real) => async (asked, origin, request, options) => {
        const result = await real(asked, origin, request, options);
        if (result.type === "answer" || result.failure !== "client-gone") return result;
        return { type: "failed", failure: "reset", unsent: true, detail: "sabotage" };
      },
    }),
  },
  {
    test: "lets go of the origin when the client leaves in the middle of the answer",
    does: "reads an answer to its end for nobody",
    hangs: true,
    sabotage: () => ({
      handle: (real) => async (request) => {
        const response = await real({ ...request, signal: neverGone() });
        return { ...response, body: unstoppable(response.body) };
      },
    }),
  },
  {
    test: "lets the client see that an answer was cut off",
    does: "ends a cut answer as if it were whole",
    sabotage: answering((response) => ({
      ...response,
      headers: without(response.headers, "content-length"),
      body: euphemistic(response.body),
    })),
  },
];
