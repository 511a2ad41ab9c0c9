import { parseArgs } from "node:util";
import { managedNameProblem } from "../../core/dns/names.ts";
import { outputIsJson, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { CliDeps } from "../deps.ts";
import type { DnsSession } from "../dns-session.ts";
import { applyText, listText, planText, whoText } from "../dns-text.ts";
import { Failure } from "../failure.ts";
import { dnsServeCommand } from "./dns-serve.ts";
import { dnsWebhookCommand } from "./dns-webhook.ts";
import { nearestWord } from "../nearest-word.ts";

const USAGE = `portolan dns plan   --config FILE --from DIR [--zone NAME] [--down CLUSTER]… [-o text|json]
portolan dns apply  --config FILE --from DIR [--zone NAME] [--approve HASH]… [--dry-run] [-o text|json]
portolan dns list   --config FILE [--zone NAME] [-o text|json]
portolan dns who    NAME --config FILE [--from DIR] [-o text|json]
portolan dns adopt  NAME --config FILE [--dry-run]

plan     what would change in each zone, what waits for a person and what stands in the way; writes nothing
apply    carries it out, journalled; --approve lets exactly the removals pass that plan has listed under that hash
list     what the zones hold, and whose it is
who      who owns a name, since when, and why it has its value
adopt    lets the next plan take over records of a name that nobody owns

FILE holds the settings of DNS, or a section dns: of it. Journal and memory are kept in .portolan-dns beside it, or in
--state DIR. --dry-run writes nothing, neither to a zone nor to that folder.
Exit code: 0 done, or nothing to do; 1 a zone failed, or a change was refused; 3 something waits for a person.`;

const WORDS = ["plan", "apply", "list", "who", "adopt"] as const;
const ALL_WORDS = [...WORDS, "serve", "webhook"];
const EXAMPLE = "portolan dns plan --config dns.yaml --from DIR";
const WAITS = 3;

/** `portolan dns`: zones once, without a daemon. */
export const dnsCommand: Command = {
  summary: "plan and apply DNS zones, list them, who owns a name; answer for a zone",
  usage: `${USAGE}\n\n${dnsServeCommand.usage}\n\n${dnsWebhookCommand.usage}`,
  async run([word = "", ...args], deps) {
    // A name server is what an option without a word before it can only be about.
    if (word === "serve" || word.startsWith("--")) return await dnsServeCommand.run([word, ...args], deps);
    if (word === "webhook") return await dnsWebhookCommand.run(args, deps);
    const verb = WORDS.find((one) => one === word);
    if (verb === undefined) {
      const near = nearestWord(word, ALL_WORDS) ?? "plan";
      throw new Failure(`Cannot run "dns ${word}": it is none of ${ALL_WORDS.join(", ")}`, `portolan dns ${near}`);
    }
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        from: { type: "string" },
        zone: { type: "string" },
        down: { type: "string", multiple: true },
        state: { type: "string" },
        approve: { type: "string", multiple: true },
        "dry-run": { type: "boolean", default: false },
        "allow-private-origins": { type: "boolean", default: false },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const asJson = outputIsJson(values.output);
    const needsWishes = verb === "plan" || verb === "apply";
    const session = await deps.openDns({
      config: required("--config", values.config, EXAMPLE),
      from: needsWishes ? required("--from", values.from, EXAMPLE) : (values.from ?? null),
      allowPrivateOrigins: values["allow-private-origins"],
      isPatient: verb === "apply" && !values["dry-run"],
      zone: values.zone ?? null,
      down: values.down ?? [],
      state: values.state ?? null,
    });
    const isDry = values["dry-run"];
    const print = (json: unknown, text: string): void => deps.out(asJson ? `${JSON.stringify(json, null, 2)}\n` : text);
    if (verb === "plan" || (verb === "apply" && isDry)) return await plan(session, print);
    if (verb === "apply") return await apply(session, values.approve ?? [], print);
    if (verb === "list") {
      const reports = await session.list();
      print(reports, listText(reports));
      return reports.some((one) => one.error !== null) ? 1 : 0;
    }
    const name = nameOf(positionals[0]);
    if (verb === "adopt") return await adopt(session, name, isDry, deps);
    const reports = await session.who(name);
    print(reports, whoText(reports, Date.now()));
    return reports.some((one) => one.error !== null) ? 1 : 0;
  },
};

type Print = (json: unknown, text: string) => void;

async function plan(session: DnsSession, print: Print): Promise<number> {
  const reports = await session.plan();
  print(reports, planText(reports));
  if (reports.some((one) => one.error !== null)) return 1;
  return reports.some((one) => one.approval !== null) ? WAITS : 0;
}

async function apply(session: DnsSession, approved: readonly string[], print: Print): Promise<number> {
  const reports = await session.apply(approved);
  print(reports, applyText(reports));
  const isBad = reports.some(
    (one) => one.error !== null || one.status !== "done" || one.outcomes.some(({ status }) => status !== "applied"),
  );
  if (isBad) return 1;
  return reports.some((one) => one.approval !== null) ? WAITS : 0;
}

async function adopt(session: DnsSession, name: string, isDry: boolean, deps: Pick<CliDeps, "out">): Promise<number> {
  const found = (await session.who(name)).flatMap(({ report }) => (report === null ? [] : [report]));
  const owners = found.flatMap((one) => one.claims.map((claim) => claim.owner));
  if (owners.length > 0) {
    throw new Failure(`Cannot adopt "${name}": it belongs to ${owners.join(", ")}`, `portolan dns who ${name}`);
  }
  if (found.every((one) => one.sets.length === 0)) {
    throw new Failure(`Cannot adopt "${name}": no zone holds a record there`, "portolan dns list");
  }
  if (!isDry) await session.adopt(name);
  deps.out(`${name} ${isDry ? "would be" : "is"} taken over by the next: portolan dns apply\n`);
  return 0;
}

function nameOf(text: string | undefined): string {
  const name = required("the name", text, "portolan dns who shop.example.org").toLowerCase().replace(/\.$/, "");
  const problem = managedNameProblem(name);
  if (problem === null) return name;
  throw new Failure(`Cannot read the name "${name}": ${problem}`, "portolan dns who shop.example.org");
}
