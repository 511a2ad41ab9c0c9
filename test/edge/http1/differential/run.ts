/** One input through the three parsers: the engine's own in one piece and in segments, the slow one, and llhttp. */
import * as fc from "fast-check";
import { cuts } from "../inputs.ts";
import { type Difference, difference, split } from "./compare.ts";
import { answerInput, requestsInput } from "./inputs.ts";
import { explained, KNOWN_ANSWERS, KNOWN_REQUESTS, type Known } from "./known.ts";
import { llhttpAnswers, llhttpRequests } from "./llhttp.ts";
import { ourAnswers, ourRequests } from "./ours.ts";
import type { Reading } from "./reading.ts";
import { slowAnswers, slowRequests } from "./slow.ts";

export interface Sums {
  readonly inputs: number;
  /** Inputs of which the engine has taken at least one message. */
  readonly accepted: number;
  /** Inputs that end in a refusal. */
  readonly refused: number;
  /** How often each known difference to llhttp was met. */
  readonly known: ReadonlyMap<string, number>;
}

interface Parsers {
  readonly ours: (segments: readonly string[]) => Reading;
  readonly slow: (input: string) => Reading;
  readonly llhttp: (segments: readonly string[]) => Reading;
  readonly known: readonly Known[];
}

const REQUESTS: Parsers = { ours: ourRequests, slow: slowRequests, llhttp: llhttpRequests, known: KNOWN_REQUESTS };

const answersTo = (method: string, ended: boolean): Parsers => ({
  ours: (segments) => ourAnswers(segments, method, ended),
  slow: (text) => slowAnswers(text, method, ended),
  llhttp: (segments) => llhttpAnswers(segments, method, ended),
  known: KNOWN_ANSWERS,
});

/** Throws with the smallest input on which they differ in a way that is not listed. */
export function compareParsers(kind: "requests" | "answers", runs: number, seed: number): Sums {
  const sums = { inputs: 0, accepted: 0, refused: 0, known: new Map<string, number>() };
  const parameters = { numRuns: runs, seed };
  if (kind === "requests") {
    const property = fc.property(requestsInput, cuts, (input, positions) =>
      check(input, positions, { ...REQUESTS, sums }),
    );
    fc.assert(property, parameters);
  } else {
    const property = fc.property(answerInput, cuts, ([input, method, ended], positions) =>
      check(input, positions, { ...answersTo(method, ended), sums }),
    );
    fc.assert(property, parameters);
  }
  return sums;
}

interface Check extends Parsers {
  readonly sums: { inputs: number; accepted: number; refused: number; readonly known: Map<string, number> };
}

function check(input: string, positions: readonly number[], { ours, slow, llhttp, known, sums }: Check): void {
  const inOne = (text: string) => ours([text]);
  const whole = inOne(input);
  sums.inputs += 1;
  if (whole.messages.length > 0) sums.accepted += 1;
  if (whole.end === "refused") sums.refused += 1;
  const segments = split(input, positions);
  const cut = ours(segments);
  if (JSON.stringify(cut) !== JSON.stringify(whole)) {
    throw new Error(`cut into ${JSON.stringify(segments)} it is ${JSON.stringify(cut)}, not ${JSON.stringify(whole)}`);
  }
  const toSlow = difference(input, inOne, slow);
  if (toSlow !== null) throw new Error(shown("the slow parser", toSlow));
  const toLlhttp = difference(input, inOne, (text) => llhttp([text]));
  if (toLlhttp === null) return;
  const rfc = explained(toLlhttp, known);
  if (rfc === null) throw new Error(shown("llhttp", toLlhttp));
  sums.known.set(rfc, (sums.known.get(rfc) ?? 0) + 1);
}

function shown(whom: string, { input, ours, theirs, message }: Difference): string {
  return `${whom} differs on ${JSON.stringify(input)}: ours ${ours}, theirs ${theirs}, ${JSON.stringify(message)}`;
}
