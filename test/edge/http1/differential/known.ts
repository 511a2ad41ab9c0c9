/** Every way in which the engine and llhttp are known to differ, with the line that we follow. */
import type { Difference } from "./compare.ts";
import type { Message } from "./reading.ts";

export interface Known {
  readonly ours: string;
  readonly theirs: string;
  readonly rfc: string;
  /** Only where this holds of the bytes and of what one of the two has read. */
  readonly when: (difference: Difference) => boolean;
}

/** The methods that llhttp knows; every other token is refused by it. */
const ITS_METHODS =
  /^(DELETE|GET|HEAD|POST|PUT|CONNECT|OPTIONS|TRACE|COPY|LOCK|MKCOL|MOVE|PROPFIND|PROPPATCH|SEARCH|UNLOCK|BIND|REBIND|UNBIND|ACL|REPORT|MKACTIVITY|CHECKOUT|MERGE|M-SEARCH|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|PATCH|PURGE|MKCALENDAR|LINK|UNLINK|SOURCE|QUERY) /;

const has = (name: string, value: RegExp) => (difference: Difference) => count(difference.message, name, value) > 0;
const inBytes = (pattern: RegExp) => (difference: Difference) => pattern.test(difference.input);
const start = (pattern: RegExp) => (difference: Difference) => pattern.test(difference.message?.start ?? "");

function count(message: Message | null, name: string, value: RegExp): number {
  return message?.fields.filter((field) => field[0] === name && value.test(field[1])).length ?? 0;
}

const EXTENSIONS: Omit<Known, "ours"> = {
  theirs: "accepts",
  rfc: "RFC 9112 §7.1.1: an extension is a token, with a token or a quoted string behind `=`; white space is refused",
  when: inBytes(/\n[0-9A-Fa-f]+[^\n]*;/),
};

const TABS: readonly Known[] = [
  ["accepts", "HPE_INVALID_CONTENT_LENGTH"],
  ["accepts", "HPE_INVALID_TRANSFER_ENCODING"],
  ["closes", "keeps"],
  ["keeps", "closes"],
].map(([ours = "", theirs = ""]) => ({
  ours,
  theirs,
  rfc: "RFC 9110 §5.6.3: white space around a value may be HTAB as well as SP",
  when: inBytes(/\n(content-length|transfer-encoding|connection):[^\n]*\t/i),
}));

const CLOSE_WINS: Known = {
  ours: "closes",
  theirs: "keeps",
  rfc: "RFC 9112 §9.3: close wins over keep-alive, in whatever order",
  when: (difference) => has("connection", /close/i)(difference) && has("connection", /keep-alive/i)(difference),
};

export const KNOWN_REQUESTS: readonly Known[] = [
  ...TABS,
  CLOSE_WINS,
  {
    ours: "accepts",
    theirs: "HPE_INVALID_METHOD",
    rfc: "RFC 9110 §9.1: a method is a token, and the list of methods is open",
    when: (difference) => difference.message !== null && !ITS_METHODS.test(difference.message.start),
  },
  {
    ours: "accepts",
    theirs: "HPE_INVALID_URL",
    rfc: "RFC 9112 §3.2: only the form of a target is checked here; what it means is decided by core/request/path",
    when: inBytes(/[#"<>\\^`{|}]/),
  },
  {
    ours: "goes on",
    theirs: "tunnel",
    rfc: "RFC 9110 §7.8: a server may ignore Upgrade; only WebSocket handshakes are tunnels",
    when: has("upgrade", /./),
  },
  {
    ours: "expectation",
    theirs: "accepts",
    rfc: "RFC 9110 §10.1.1: 417 for an expectation other than 100-continue",
    when: has("expect", /^/),
  },
  {
    ours: "method-refused",
    theirs: "accepts",
    rfc: "RFC 9110 §9.3.6: CONNECT is for forward proxies",
    when: start(/^CONNECT /),
  },
  {
    ours: "no-host",
    theirs: "accepts",
    rfc: "RFC 9112 §3.2: 400 for a request without Host",
    when: (difference) => count(difference.message, "host", /./) === 0,
  },
  {
    ours: "two-hosts",
    theirs: "accepts",
    rfc: "RFC 9112 §3.2: 400 for a request with more than one Host",
    when: (difference) => count(difference.message, "host", /^/) > 1,
  },
  {
    ours: "target",
    theirs: "accepts",
    rfc: "RFC 9112 §3.2: origin-form, absolute-form of the very Host, or `*` for OPTIONS",
    when: start(/^\S+ [^/]/),
  },
  {
    ours: "start-line",
    theirs: "accepts",
    rfc: "RFC 9112 §3: one space between method, target and version, and all three of them",
    when: (difference) => difference.message?.start.endsWith(" HTTP/0.9") === true || / {2}/.test(difference.input),
  },
  {
    ours: "version",
    theirs: "accepts",
    rfc: "RFC 9110 §15.6.6: 505 for a major version other than 1",
    when: start(/ HTTP\/(?!1\.)/),
  },
  {
    ours: "line-end",
    theirs: "accepts",
    rfc: "RFC 9112 §2.2: empty lines before a request end in CR LF; a CR alone is none",
    when: ({ input, message }) => ["\r", "\n"].some((end) => input.includes(`${end}${message?.start.split(" ")[0]} `)),
  },
  {
    ours: "line-end",
    theirs: "accepts",
    rfc: "RFC 9112 §2.2: CR LF ends a line; HTTP/0.9 is no longer spoken",
    when: start(/ HTTP\/0\.9$/),
  },
  {
    ours: "coding",
    theirs: "accepts",
    rfc: "RFC 9112 §6.1: a coding that is not understood is not taken; a server understands chunked",
    when: has("transfer-encoding", /^(?!chunked$)/i),
  },
  {
    ours: "coding-in-1.0",
    theirs: "accepts",
    rfc: "RFC 9112 §6.1: Transfer-Encoding in HTTP/1.0 is faulty framing",
    when: start(/ HTTP\/1\.0$/),
  },
  {
    ours: "body-too-large",
    theirs: "waits",
    rfc: "RFC 9110 §15.5.14: 413 for more than the server is willing to take",
    when: inBytes(/content-length:[ \t]*\d{11,}/i),
  },
  {
    ours: "chunk-too-large",
    theirs: "waits",
    rfc: "RFC 9112 §7.1: a recipient must prevent overflows of its integers",
    when: inBytes(/\n[0-9A-Fa-f]{8,}/),
  },
  { ...EXTENSIONS, ours: "chunk-extension" },
  {
    ours: "keeps",
    theirs: "closes",
    rfc: "RFC 9110 §6.5.1: Connection in a trailer means nothing; trailers are dropped",
    when: has("transfer-encoding", /^chunked$/i),
  },
  ...["HPE_INVALID_CONTENT_LENGTH", "HPE_INVALID_TRANSFER_ENCODING", "HPE_UNEXPECTED_CONTENT_LENGTH"].map((theirs) => ({
    ours: "accepts",
    theirs,
    rfc: "RFC 9110 §6.5.1: framing in a trailer means nothing; trailers are dropped",
    when: has("transfer-encoding", /^chunked$/i),
  })),
];

const BODY = "the answer's body is not valid: ";
const HEAD = "the answer's head is not valid: ";

const ANSWERS: readonly Known[] = [
  ...TABS,
  CLOSE_WINS,
  {
    ours: "accepts",
    theirs: "HPE_UNEXPECTED_CONTENT_LENGTH",
    rfc: "RFC 9110 §8.6: equal Content-Lengths may be taken for one; the connection is not used again",
    when: (difference) => count(difference.message, "content-length", /^/) > 1,
  },
  {
    ours: "keeps",
    theirs: "closes",
    rfc: "RFC 9110 §15.2: an interim answer, of whatever version, is followed by a final one",
    when: start(/^1\d\d$/),
  },
  {
    ours: "a switch of protocols that nobody asked for",
    theirs: "accepts",
    rfc: "RFC 9110 §15.2.2: 101 answers an Upgrade, and there was none",
    when: start(/^101$/),
  },
  { ...EXTENSIONS, ours: `${BODY}chunk-extension` },
  {
    ours: `${BODY}chunk-too-large`,
    theirs: "accepts",
    rfc: "RFC 9112 §7.1: a recipient must prevent overflows of its integers",
    when: inBytes(/\n[0-9A-Fa-f]{12,}/),
  },
  {
    ours: `${HEAD}control-byte`,
    theirs: "accepts",
    rfc: "RFC 9112 §4: a reason phrase is HTAB, SP, visible characters and obs-text",
    // oxlint-disable-next-line no-control-regex -- they are what it is about
    when: inBytes(/HTTP\/\d\.\d \d{3} [^\n]*[\0-\x08\x0b-\x1f\x7f]/),
  },
  ...["line-end", "start-line"].map((problem) => ({
    ours: `${HEAD}${problem}`,
    theirs: "accepts",
    rfc: "RFC 9112 §2.2: empty lines are ignored before a request line, not before a status line",
    when: inBytes(/(^|\n)[\r\n]+HTTP\//),
  })),
  {
    ours: `${HEAD}line-end`,
    theirs: "accepts",
    rfc: "RFC 9112 §2.2: CR LF ends a status line; a CR alone is no part of it",
    when: inBytes(/HTTP\/1\.[01] \d{3}[^\n]*(\r(?!\n)|[^\r]\n)/),
  },
  {
    ours: `${HEAD}it has a transfer coding in HTTP/1.0`,
    theirs: "accepts",
    rfc: "RFC 9112 §6.1: Transfer-Encoding in HTTP/1.0 is faulty framing",
    when: inBytes(/HTTP\/1\.0/),
  },
  {
    ours: `${HEAD}its Content-Length is malformed`,
    theirs: "accepts",
    rfc: "RFC 9110 §8.6: a recipient must prevent overflows of its integers; ours end at 2⁵³",
    when: inBytes(/content-length:[ \t]*\d{16,}/i),
  },
  {
    ours: `${HEAD}its transfer coding is not chunked alone`,
    theirs: "accepts",
    rfc: "RFC 9112 §6.1, §7: a coding that we have not asked for in TE, or chunked twice",
    when: inBytes(/transfer-encoding:/i),
  },
  {
    ours: `${HEAD}start-line`,
    theirs: "accepts",
    rfc: "RFC 9112 §4: HTTP-version SP three digits; RFC 9110 §15: from 100 on",
    when: inBytes(/HTTP\/1\.[01] (?![1-9]\d\d( |\r))/),
  },
  {
    ours: `${HEAD}version`,
    theirs: "accepts",
    rfc: "RFC 9112 §2.3: HTTP/1.0 and HTTP/1.1",
    when: inBytes(/HTTP\/(?!1\.[01])/),
  },
  {
    ours: "the origin closed the connection before its answer was over",
    theirs: "waits",
    rfc: "RFC 9112 §8: a connection that ends without an answer has not answered",
    when: ({ message, input }) => message === null || !input.endsWith("\r\n\r\n") || message.start.startsWith("1"),
  },
];

/** Without a length an answer that is taken ends with its connection. */
export const KNOWN_ANSWERS: readonly Known[] = ANSWERS.flatMap((one) =>
  one.theirs === "accepts" ? [one, { ...one, theirs: "waits" }] : [one],
);

/** The line that explains it; null for a difference that is a mistake of somebody. */
export function explained(difference: Difference, known: readonly Known[]): string | null {
  const { ours, theirs } = difference;
  return known.find((one) => one.ours === ours && one.theirs === theirs && one.when(difference))?.rfc ?? null;
}
