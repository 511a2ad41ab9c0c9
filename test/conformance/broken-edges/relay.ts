import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { EdgeResponse } from "../../../src/edge/message.ts";
import { answering, type BrokenEdge, concluding, sending, sent, withField, without } from "./sabotage.ts";

const ENCODED = "leaves an encoded body, its length and its validators as they are";

function words(text: string): EdgeResponse["body"] {
  return new Response(text).body;
}

export const BROKEN_RELAY: readonly BrokenEdge[] = [
  {
    test: "follows no redirect",
    does: "follows one",
    sabotage: () => ({
      send: (real) => async (asked, origin, request, options) => {
        const result = await real(asked, origin, request, options);
        if (result.type === "failed" || result.status !== 302) return result;
        return await real(asked, origin, { ...request, target: "/x" }, options);
      },
    }),
  },
  {
    test: "follows no redirect",
    does: "makes Location its own",
    sabotage: answering((response) =>
      response.status === 302
        ? { ...response, headers: withField(response.headers, "location", "http://shop.example.org/x") }
        : response,
    ),
  },
  {
    test: ENCODED,
    does: "decodes gzip",
    sabotage: answering((response) => {
      if (response.body === null || !response.headers.some(([name]) => name === "content-encoding")) return response;
      const body = Readable.toWeb(Readable.fromWeb(response.body).pipe(createGunzip()));
      const headers = without(without(response.headers, "content-encoding"), "content-length");
      return { ...response, headers, body: body as ReadableStream<Uint8Array> };
    }),
  },
  {
    test: ENCODED,
    does: "loses the length",
    sabotage: answering((response) => ({ ...response, headers: without(response.headers, "content-length") })),
  },
  {
    test: ENCODED,
    does: "makes validators weak",
    sabotage: answering((response) => ({
      ...response,
      headers: response.headers.map(([name, value]) => [name, name === "etag" ? `W/${value}` : value]),
    })),
  },
  {
    test: ENCODED,
    does: "asks for encodings of its own",
    sabotage: sending((request) => ({
      ...request,
      headers: withField(request.headers, "accept-encoding", "gzip, br"),
    })),
  },
  {
    test: "keeps repeated Set-Cookie apart and in order",
    does: "joins them",
    sabotage: answering((response) => {
      const cookies = response.headers.filter(([name]) => name === "set-cookie").map(([, value]) => value);
      return cookies.length === 0
        ? response
        : { ...response, headers: withField(response.headers, "set-cookie", cookies.join(", ")) };
    }),
  },
  {
    test: "keeps repeated Set-Cookie apart and in order",
    does: "keeps the last alone",
    sabotage: answering((response) => {
      const cookie = response.headers.findLast(([name]) => name === "set-cookie")?.[1];
      return cookie === undefined
        ? response
        : { ...response, headers: withField(response.headers, "set-cookie", cookie) };
    }),
  },
  {
    test: "answers HEAD with the length and without the body",
    does: "gives the length of the body that it sends",
    sabotage: answering((response, { method }) =>
      method === "HEAD" ? { ...response, headers: withField(response.headers, "content-length", "0") } : response,
    ),
  },
  {
    test: "answers HEAD with the length and without the body",
    does: "asks with GET",
    sabotage: sending((request) => ({ ...request, method: request.method === "HEAD" ? "GET" : request.method })),
  },
  {
    test: "relays statuses that have no body",
    does: "answers 200 where there is nothing to send",
    sabotage: answering((response) => (response.status === 204 ? { ...response, status: 200 } : response)),
  },
  {
    test: "relays statuses that have no body",
    does: "loses the validator of a 304",
    sabotage: answering((response) =>
      response.status === 304 ? { ...response, headers: without(response.headers, "etag") } : response,
    ),
  },
  {
    test: "relays errors of the application as they are",
    does: "shows its own page instead",
    sabotage: answering((response) =>
      response.status === 500 ? { ...response, body: words("something went wrong") } : response,
    ),
  },
  {
    test: "relays errors of the application as they are",
    does: "moves on after a 429",
    sabotage: concluding((result) =>
      result.type === "answer" && result.status === 429 ? { ...result, status: 503 } : result,
    ),
  },
  {
    test: "removes what ends at this hop from the answer",
    does: "does not read what Connection nominates",
    sabotage: concluding((result) =>
      result.type === "answer" ? { ...result, headers: without(result.headers, "connection") } : result,
    ),
  },
  {
    test: "removes what ends at this hop from the answer",
    does: "removes every field that it does not know",
    sabotage: answering((response, request) => ({
      ...response,
      headers: response.headers.filter(([name]) => !name.startsWith("x-") || sent(request, name).length > 0),
    })),
  },
];
