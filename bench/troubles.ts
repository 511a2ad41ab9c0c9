/**
 * Three clusters under load while the nearest one is in trouble: what users see, and how long it takes to leave and to
 * come back. `node bench/troubles.ts [WORD…]`: one line each. Edges, control and clusters are those of `portolan up`.
 */
import { Agent, request } from "node:http";
import { startUp } from "../workers/up.ts";

const NEAREST = "europe-west1";
const RATE = 100;
const BEFORE_MS = 3000;
const TROUBLE_MS = 12_000;
const AFTER_MS = 40_000;

interface Answer {
  readonly atMs: number;
  readonly tookMs: number;
  readonly status: number;
  readonly zone: string;
}

interface Scenario {
  readonly name: string;
  begin(sim: (action: string) => Promise<void>): Promise<void>;
  /** Repeated every 5 s while the trouble lasts. */
  again?(sim: (action: string) => Promise<void>, round: number): Promise<void>;
}

const simple = (name: string, action = name): Scenario => ({ name, begin: (sim) => sim(action) });
const SCENARIOS: readonly Scenario[] = [
  simple("kill"),
  simple("reset"),
  simple("hang"),
  simple("503", "fail"),
  { name: "slow (+500 ms)", begin: (sim) => sim("latency=500") },
  {
    name: "flapping every 5 s",
    begin: (sim) => sim("reset"),
    again: (sim, round) => sim(round % 2 === 1 ? "heal" : "reset"),
  },
  simple("30 % errors", "half-broken"),
  simple("API partition", "partition-api"),
  simple("lying probe", "lie"),
];

async function run(scenario: Scenario): Promise<string> {
  const up = await startUp({ port: 0, dns: null }, { out: () => undefined, err: () => undefined });
  const find = (pattern: RegExp) => up.banner.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0] ?? "";
  const [edge, admin] = [find(/^ {2}frankfurt +(\S+)/), find(/^admin +(\S+)/)];
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const answers: Answer[] = [];
  const startedMs = performance.now();
  const now = () => performance.now() - startedMs;
  const sim = async (action: string) => {
    const [word = "", ms] = action.split("=");
    const argument = ms === undefined ? NEAREST : `${NEAREST}=${ms}`;
    await fetch(`${admin}/sim/${word}/${argument}`, { method: "POST" });
  };
  const ask = () => {
    const sentMs = now();
    const note = (status: number, text: string) =>
      answers.push({ atMs: sentMs, tookMs: now() - sentMs, status, zone: /"zone":"([^"]+)"/.exec(text)?.[1] ?? "" });
    request(edge, { agent }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => note(response.statusCode ?? 0, text));
      response.on("error", () => note(0, ""));
    })
      .on("error", () => note(0, ""))
      .end();
  };
  const load = setInterval(ask, 1000 / RATE);
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(BEFORE_MS);
  const troubleMs = now();
  await scenario.begin(sim);
  for (let round = 1; round * 5000 < TROUBLE_MS + 5000 && scenario.again !== undefined; round += 1) {
    await wait(5000);
    await scenario.again(sim, round);
  }
  if (scenario.again === undefined) await wait(TROUBLE_MS);
  await sim("heal");
  const healedMs = now();
  const isBack = () => answers.some((one) => one.atMs >= healedMs + 50 && one.zone.startsWith(NEAREST));
  while (now() - healedMs < AFTER_MS && !(isBack() && now() - healedMs > 5000)) await wait(250);
  clearInterval(load);
  await wait(500);
  agent.destroy();
  await up.close();
  return line(scenario.name, answers, troubleMs, healedMs);
}

function line(name: string, answers: readonly Answer[], troubleMs: number, healedMs: number): string {
  const nearest = (answer: Answer) => answer.zone.startsWith(NEAREST);
  const before = answers.filter((answer) => answer.atMs < troubleMs);
  const during = answers.filter((answer) => answer.atMs >= troubleMs && answer.atMs < healedMs);
  const errors = answers.filter((answer) => answer.status >= 500 || answer.status === 0).length;
  const sorted = (list: readonly Answer[]) => list.map((one) => one.tookMs).sort((a, b) => a - b);
  const at = (list: readonly number[], share: number) =>
    list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
  const base = at(sorted(before), 0.5);
  const added = sorted(during).map((ms) => ms - base);
  const last = during.filter(nearest).at(-1);
  const left = last === undefined ? 0 : last.atMs - troubleMs;
  const stayed = last !== undefined && healedMs - last.atMs < 100;
  const back = answers.find((answer) => answer.atMs >= healedMs && nearest(answer));
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return [
    name.padEnd(20),
    `${errors} of ${answers.length}`.padEnd(14),
    `p50 +${at(added, 0.5).toFixed(0)} p99 +${at(added, 0.99).toFixed(0)} max +${(added.at(-1) ?? 0).toFixed(0)} ms`.padEnd(
      36,
    ),
    (stayed ? "stays" : seconds(left)).padEnd(8),
    stayed ? "-" : back === undefined ? `not in ${AFTER_MS / 1000} s` : seconds(back.atMs - healedMs),
  ].join("  ");
}

const wanted = process.argv.slice(2);
console.log(
  `${RATE} GET/s at the edge in Frankfurt, trouble at ${NEAREST} for ${TROUBLE_MS / 1000} s, probes every 0.5 s`,
);
console.log(
  ["trouble".padEnd(20), "errors".padEnd(14), "added latency while it lasts".padEnd(36), "leaves  ", "back after"].join(
    "  ",
  ),
);
for (const scenario of SCENARIOS) {
  if (wanted.length === 0 || wanted.some((word) => scenario.name.includes(word))) console.log(await run(scenario));
}
