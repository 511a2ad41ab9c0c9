/** Requests and bodies near the border of what is right: mostly right, a bit broken, cut or doubled. */
import * as fc from "fast-check";

export interface Mutation {
  readonly at: number;
  readonly byte: number;
  readonly kind: string;
}

/** One field, seldom a wrong one. */
export const fieldLine: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      "X-A: 1",
      "Accept: */*",
      "Cookie: a=b; c=d",
      "x:",
      "X-B:\t v \t",
      "Via: 1.1 x",
      "X: caf\u00e9",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "Content-Length: 5",
      "Content-Length: 0",
      "Connection: close",
      "Expect: 100-continue",
      "Transfer-Encoding: chunked",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "Content-Length: +5",
      "Content-Length: 5, 5",
      "Content-Length:",
      "Content-Length: 68719476736",
      "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding : chunked",
      "Host: b.example",
      " folded",
      "no colon",
      ": no name",
      "X Y: z",
      "X: a\rb",
      "X: a\nb",
      "X: \u0000",
      "Expect: something",
    ),
  },
);

const requestLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom("GET", "POST", "OPTIONS", "M-SEARCH"),
        fc.constantFrom("/", "/a/b?c=d", "/%41", "http://a.example/x", "*"),
        fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
      )
      .map(([method, target, version]) => `${method} ${target} HTTP/${version}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "GET / HTTP/2.0",
      "GET  / HTTP/1.1",
      "GET /",
      " GET / HTTP/1.1",
      "get / HTTP/1.1",
      "CONNECT a:1 HTTP/1.1",
      "GET a HTTP/1.1",
      "GET /\u00e9 HTTP/1.1",
      "G(T / HTTP/1.1",
      "GET / HTTP/1.1 ",
      "GET http:/// HTTP/1.1",
    ),
  },
);

/** What is changed in an input, most often nothing. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(400),
  byte: fc.integer({ min: 0, max: 255 }),
  kind: fc.constantFrom("none", "none", "none", "none", "none", "none", "set", "insert", "delete", "cut"),
});

/** Latin1 text. */
export const requestInput: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("", "", "", "\r\n", "\r\n\r\n"),
    requestLine,
    fc.array(fieldLine, { maxLength: 6 }),
    fc.constantFrom("", "hello", "GET / HTTP/1.1\r\n"),
    mutation,
  )
  .map(([lead, line, fields, rest, change]) =>
    mutate(`${lead}${[line, "Host: a.example", ...fields].join("\r\n")}\r\n\r\n${rest}`, change),
  );

const chunk = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        fc.string({ minLength: 1, maxLength: 20, unit: "binary-ascii" }),
        fc.constantFrom("", "", ";a", ";a=b", ';a="q\\"x"', ";a=b;c"),
      )
      .map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "5 \r\nhello\r\n",
      "5;\r\nhello\r\n",
      "0x5\r\nhello\r\n",
      "5\nhello\r\n",
      "5\r\nhello\n",
      "40000001\r\n",
      "-1\r\n",
      "5; a\r\nhello\r\n",
    ),
  },
);

/** Latin1 text. */
export const chunkedInput: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(chunk, { maxLength: 5 }),
    fc.constantFrom("", "", "X-T: 1\r\n", "A: b\r\nC: d\r\n", "A b\r\n"),
    fc.constantFrom("", "rest"),
    mutation,
  )
  .map(([chunks, trailer, rest, change]) => mutate(`${chunks.join("")}0\r\n${trailer}\r\n${rest}`, change));

/** Places to cut the input at, modulo its length. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(1000), { maxLength: 12 });

/** The text with one byte changed, or cut. */
export function mutate(text: string, { at, byte, kind }: Mutation): string {
  const place = at % text.length;
  const character = String.fromCharCode(byte);
  switch (kind) {
    case "set":
      return text.slice(0, place) + character + text.slice(place + 1);
    case "insert":
      return text.slice(0, place) + character + text.slice(place);
    case "delete":
      return text.slice(0, place) + text.slice(place + 1);
    case "cut":
      return text.slice(0, place);
    default:
      return text;
  }
}
