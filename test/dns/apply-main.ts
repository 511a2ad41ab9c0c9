/**
 * A control's DNS apply as a process of its own, to be killed: applies what standard input says, once, each time a line
 * arrives, and says when it is done. Arguments: URL of Route 53, zone id, folder of the store, name of the writer.
 */
import { createInterface } from "node:readline";
import { applyDnsPlan } from "../../src/control/dns-apply.ts";
import type { DnsChange, Zone } from "../../src/core/dns/records.ts";
import { route53 } from "../../src/dns/route53.ts";
import { byKey, standing } from "../../src/dns/standing.ts";
import { fileStore } from "../../src/store/file.ts";

const [endpoint = "", zoneId = "", folder = "", writer = ""] = process.argv.slice(2);
const zone: Zone = { name: "example.org", visibility: "public", id: zoneId };
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };
const provider = route53({
  client: { endpoint, credentials },
  requestsPerSecond: 1e6,
  requestBurst: 1e6,
  changesPerSecond: 1e6,
  changeBurst: 1e6,
});
const store = fileStore(folder);

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const wanted = JSON.parse(line) as readonly DnsChange[];
  const current = byKey(await provider.list(zone));
  const changes = wanted.filter((change) => standing(change, current, "change").state !== "done");
  const plan = { zone, changes, conflicts: [], held: [], removal: "" };
  const report = await applyDnsPlan(plan, { provider, store, writer, now: Date.now, changesAtOnce: 20 });
  const failed = report.outcomes.filter(({ outcome }) => outcome.status !== "applied");
  process.stdout.write(`${JSON.stringify({ status: report.status, failed, resumed: report.resumed.length })}\n`);
}
