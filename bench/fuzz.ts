/**
 * The engine's parsers against a slow one and against llhttp: `node bench/fuzz.ts [inputs] [seed]`. Ends with 1 at the
 * first difference that `test/edge/http1/differential/known.ts` does not list.
 */
import { compareParsers } from "../test/edge/http1/differential/run.ts";

const inputs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 20_261_124);
const BATCH = 1000;

for (const kind of ["requests", "answers"] as const) {
  const startedMs = performance.now();
  const known = new Map<string, number>();
  let [done, accepted, refused] = [0, 0, 0];
  for (let batch = 0; done < inputs; batch += 1) {
    const sums = compareParsers(kind, Math.min(BATCH, inputs - done), seed + batch);
    done += sums.inputs;
    accepted += sums.accepted;
    refused += sums.refused;
    for (const [rfc, count] of sums.known) known.set(rfc, (known.get(rfc) ?? 0) + count);
    // Sockets are closed in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const share = (count: number) => `${((count / done) * 100).toFixed(1)} %`;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `${kind}: ${done} inputs, seed ${seed}, ${share(accepted)} accepted, ${share(refused)} refused, ${seconds} s`,
  );
  console.log("  0 differences to the slow parser, 0 between segments, 0 to llhttp but these:");
  for (const [rfc, count] of [...known].sort(([, a], [, b]) => b - a)) console.log(`  ${count} × ${rfc}`);
}
process.exit(0);
