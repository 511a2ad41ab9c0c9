/** Where two readings of the same bytes part. */
import type { Message, Reading } from "./reading.ts";

export interface Difference {
  readonly input: string;
  /** `accepts`, `keeps` or `closes` the connection behind it, `waits`, `closed`, `tunnel`, or the word for which it is refused. */
  readonly ours: string;
  readonly theirs: string;
  /** The first message that only one of them has. */
  readonly message: Message | null;
}

/** What could still come and make a beginning whole. */
const COMPLETIONS = [
  "\r\n\r\n",
  "\n\r\n",
  "x".repeat(128),
  "\r\n0\r\n\r\n",
  "x:\r\n\r\n0\r\n\r\n",
  "0\r\n\r\n",
  "Host: a\r\n\r\n",
  "/ HTTP/1.1\r\nHost: a\r\n\r\n",
];

/** Sizes of bodies and chunks that no completion brings; the second also takes data for one now and then. */
const LARGE = [
  /(content-length:[ \t]*(?=\d{3})|\n(?=[0-9a-f]{7,}[;\r]))[0-9a-f]{2,}/gi,
  /(content-length:[ \t]*(?=\d{3})|\n(?=[0-9a-f]+[;\r]))[0-9a-f]{2,}/gi,
];

type Read = (input: string) => Reading;

/**
 * The first difference, or null. A parser may notice an error later than the other: who waits where the other refuses
 * is given the rest of the bytes, and differs only if it comes to accept them, or waits for ever.
 */
export function difference(input: string, ours: Read, theirs: Read): Difference | null {
  const [our, their] = [ours(input), theirs(input)];
  let same = 0;
  while (same < our.messages.length && isSame(our.messages[same], their.messages[same])) same += 1;
  const [mine, other] = [our.messages[same], their.messages[same]];
  if (mine !== undefined && other !== undefined) {
    const onlyTheEnd = isSame({ ...mine, keepAlive: other.keepAlive }, other);
    const word = (message: Message) =>
      onlyTheEnd ? (message.keepAlive ? "keeps" : "closes") : `reads ${JSON.stringify(message)}`;
    return { input, ours: word(mine), theirs: word(other), message: mine };
  }
  const [we, they] = [verdict(our, same), verdict(their, same)];
  if (we === they || (our.end === "refused" && their.end === "refused" && mine === other)) return null;
  // What they do not read any more cannot differ.
  if (they === "tunnel") return { input, ours: "goes on", theirs: they, message: their.messages.at(-1) ?? null };
  const weWait = we === "waits" && their.end === "refused" && other === undefined;
  const theyWait = they === "waits" && our.end === "refused" && mine === undefined;
  if (weWait || theyWait) {
    const [word, message] = late(input, weWait ? ours : theirs, same);
    if (word === "refuses") return null;
    // Whoever takes a head with a body that never comes waits for ever: is there something else to differ about?
    for (const large of word === "accepts" ? [] : LARGE) {
      const smaller = input.replaceAll(large, (_all, before: string) => (before === "\n" ? "\n0\r\n" : `${before}0`));
      const without = smaller === input ? null : difference(smaller, ours, theirs);
      if (without !== null) return without;
    }
    return weWait ? { input, ours: word, theirs: they, message } : { input, ours: we, theirs: word, message };
  }
  return { input, ours: we, theirs: they, message: mine ?? other ?? their.messages.at(-1) ?? null };
}

/** What becomes of a parser that waits, with whatever comes. */
function late(input: string, read: Read, same: number): ["accepts" | "waits" | "refuses", Message | null] {
  const later = COMPLETIONS.map((rest) => read(input + rest));
  const accepting = later.find(({ messages }) => messages.length > same);
  if (accepting !== undefined) return ["accepts", accepting.messages[same] ?? null];
  return [later.every(({ end }) => end === "more") ? "waits" : "refuses", null];
}

function verdict({ messages, end, why }: Reading, same: number): string {
  if (messages.length > same) return "accepts";
  if (end === "refused") return why;
  return end === "more" ? "waits" : end;
}

function isSame(one: Message | undefined, other: Message | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The text cut at the places given, modulo its length. */
export function split(text: string, positions: readonly number[]): string[] {
  const places = [...new Set(positions.map((one) => one % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}
