/**
 * The nearest of three backends goes bad under load: `node bench/bad-backends.ts [requests per second] [seconds]`. One
 * line each, and one for a storm: all of them answer 503.
 */
import type { Trouble } from "../test/edge/http1/bad-origin.ts";
import { type TroubleSums, troubled } from "../test/edge/http1/troubled.ts";

const perSecond = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 10);
const TROUBLES: readonly Trouble[] = ["killed", "reset", "black hole", "hang", "1 B/s", "endless headers", "503"];
const facts = { perSecond, calmMs: 2000, troubleMs: seconds * 1000, timeoutMs: 15_000, latencyMs: 50 };

console.log(
  `${perSecond} requests/s answered in 50 ms, one of five a POST, the nearest of three backends bad for ${seconds} s`,
);
for (const trouble of TROUBLES) console.log(line(trouble, await troubled(trouble, facts)));
console.log(line("503 of all three", await troubled("503", { ...facts, all: true })));
process.exit(0);

function line(name: string, sums: TroubleSums): string {
  const { gets, getErrors, posts, postErrors, postsTwice, p50Ms, p99Ms, maxMs, perOffered } = sums;
  return [
    name.padEnd(17),
    `GET errors ${getErrors} of ${gets}`.padEnd(24),
    `POST errors ${postErrors} of ${posts}, twice ${postsTwice}`.padEnd(34),
    `p50 +${p50Ms.toFixed(0)} p99 +${p99Ms.toFixed(0)} max +${maxMs.toFixed(0)} ms`.padEnd(34),
    perOffered === null ? "" : `${perOffered.toFixed(3)} × offered`,
  ].join("  ");
}
