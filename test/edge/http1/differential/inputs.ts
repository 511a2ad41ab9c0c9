/** Whole connections near the border of what is right: several messages, mostly right, a bit broken, cut or doubled. */
import * as fc from "fast-check";
import { chunkedInput, fieldLine, mutate, mutation, requestInput } from "../inputs.ts";

const upgradeLine = fc.constantFrom(
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Connection: Upgrade",
  "Connection: keep-alive, Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
);

const line = fc.oneof({ weight: 12, arbitrary: fieldLine }, { weight: 1, arbitrary: upgradeLine });

/** A request that is right, whose body may not be. */
const framedRequest = fc.oneof(
  chunkedInput.map((body) => `POST /c HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
  fc
    .tuple(fc.string({ maxLength: 20, unit: "binary-ascii" }), fc.array(line, { maxLength: 3 }))
    .map(([body, lines]) =>
      ["PUT /l?q HTTP/1.1", "Host: a.example", `Content-Length: ${body.length}`, ...lines, "", body].join("\r\n"),
    ),
  fc
    .array(line, { maxLength: 6 })
    .map((lines) => ["GET /w HTTP/1.1", "Host: a.example", ...lines, "", ""].join("\r\n")),
);

/** The bytes of one connection to a server (latin1). */
export const requestsInput: fc.Arbitrary<string> = fc
  .tuple(fc.array(framedRequest, { maxLength: 3 }), fc.option(requestInput, { nil: "" }), mutation)
  .map(([first, last, change]) => mutate(`${first.join("")}${last}` || "G", change));

const statusLine = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 404 Not Found",
      "HTTP/1.1 204 No Content",
      "HTTP/1.1 304 Not Modified",
      "HTTP/1.0 200 OK",
      "HTTP/1.1 503 ",
      "HTTP/1.1 599 caf\u00e9\t!",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "HTTP/1.1 200",
      "HTTP/1.1 101 Switching Protocols",
      "HTTP/1.1  200 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 20 OK",
      "HTTP/1.1 099 OK",
      "HTTP/1.1 999 OK",
      "HTTP/2.0 200 OK",
      "HTTP/1.2 200 OK",
      "http/1.1 200 OK",
      "ICY 200 OK",
      " HTTP/1.1 200 OK",
      "HTTP/1.1\t200 OK",
    ),
  },
);

const answerLine = fc.oneof(
  { weight: 12, arbitrary: fieldLine },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "Connection: keep-alive",
      "Connection: close",
      "Set-Cookie: a",
      "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: gzip",
      "Keep-Alive: timeout=5",
      "Content-Length: 9007199254740992",
    ),
  },
);

const interim = fc.constantFrom("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");

const framing = fc.oneof(
  chunkedInput.map((body) => ["Transfer-Encoding: chunked\r\n", body] as const),
  fc
    .string({ maxLength: 20, unit: "binary-ascii" })
    .map((body) => [`Content-Length: ${body.length}\r\n`, body] as const),
  fc.constantFrom(["", ""] as const, ["", "to the end"] as const, ["Content-Length: 5\r\n", "hello!"] as const),
);

/** The bytes of an answer (latin1), the method that it answers, and whether the connection ends behind it. */
export const answerInput: fc.Arbitrary<readonly [string, string, boolean]> = fc
  .tuple(
    fc.array(interim, { maxLength: 2 }),
    statusLine,
    fc.array(answerLine, { maxLength: 3 }),
    framing,
    fc.record({ change: mutation, method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD"), ended: fc.boolean() }),
  )
  .map(([before, first, lines, [framed, body], { change, method, ended }]) => {
    const head = [first, ...lines].join("\r\n");
    return [mutate(`${before.join("")}${head}\r\n${framed}\r\n${body}`, change), method, ended] as const;
  });
