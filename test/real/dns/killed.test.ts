/**
 * kill -9 of a process in the middle of applying a plan, and the next process that finds the rest. Twenty moments, since
 * each costs the start of a process and often ten seconds until a dead writer's lock of the store is stale; `PORTOLAN_KILLS=200` for more.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { DnsChange } from "../../../src/core/dns/records.ts";
import { create, recordSet, replace } from "../../build/dns.ts";
import { random } from "../../build/random.ts";
import { startRoute53 } from "../../dns/route53-emulator/server.ts";

const MAIN = join(import.meta.dirname, "../../dns/apply-main.ts");
const COUNT = 100;
/** What `apply-main.ts` sends at once. */
const AT_ONCE = 20;
const MOMENTS = Number(process.env["PORTOLAN_KILLS"] ?? "20");
const host = (index: number, last: number) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
const owner = (index: number) => recordSet(`_o.h${index}.example.org`, "TXT", ['"heritage=portolan"']);

interface Writer {
  readonly process: ChildProcess;
  /** Next line that it says; null when it is gone. */
  line(): Promise<string | null>;
}

function startWriter(url: string, zoneId: string, folder: string): Writer {
  const child = spawn(process.execPath, [MAIN, url, zoneId, folder, "control"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async line() {
      const next = await lines.next();
      return next.done === true ? null : next.value;
    },
  };
}

describe("a process that is killed while it applies", () => {
  it("leaves at each moment a zone that the next process makes whole, and never half a change", async () => {
    let onBatch = (): void => undefined;
    const emulator = await startRoute53({ requestLimit: null, processing: async () => onBatch() });
    const zone = emulator.addZone("example.org");
    const folder = mkdtempSync(join(tmpdir(), "portolan-killed-"));
    const next = random(20_261_124);
    const changes = (from: number, to: number): readonly DnsChange[] =>
      Array.from({ length: COUNT }, (_, index) =>
        from === 0
          ? create(host(index, to), owner(index))
          : replace([host(index, from), owner(index)], [host(index, to), owner(index)]),
      );
    let value = 0;
    let writer = startWriter(emulator.url, zone.id, folder);
    expect(await writer.line()).toBe("ready");
    let killedInTheMiddle = 0;
    for (let moment = 0; moment < MOMENTS; moment += 1) {
      const wanted = `${JSON.stringify(changes(value, (value % 250) + 1))}\n`;
      value = (value % 250) + 1;
      const standby = startWriter(emulator.url, zone.id, folder);
      expect(await standby.line()).toBe("ready");
      // A chance moment soon after one of its five batches has come: in the middle of the batch, of the log, of the head.
      let left = 1 + Math.floor(next() * (COUNT / AT_ONCE));
      const due = new Promise<void>((resolve) => {
        onBatch = () => {
          left -= 1;
          if (left === 0) resolve();
        };
      });
      writer.process.stdin?.write(wanted);
      await due;
      await new Promise((resolve) => setTimeout(resolve, next() * 12));
      writer.process.kill("SIGKILL");
      if ((await writer.line()) === null) killedInTheMiddle += 1;
      onBatch = () => undefined;
      // Each change holds two sets; a name that has one without the other would be half of one.
      const sets = [...zone.sets.values()];
      expect(sets.filter((set) => set.type === "A")).toHaveLength(sets.filter((set) => set.type === "TXT").length);
      standby.process.stdin?.write(wanted);
      const report = JSON.parse((await standby.line()) ?? "null") as { status: string; failed: readonly unknown[] };
      expect(report).toMatchObject({ status: "done", failed: [] });
      const after = [...zone.sets.values()].filter((set) => set.type === "A");
      expect(after).toHaveLength(COUNT);
      expect(new Set(after.map((set) => set.values.join()))).toEqual(new Set([`192.0.2.${value}`]));
      writer = standby;
    }
    writer.process.kill("SIGKILL");
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
    // Killed before it could say that it was done; without that this would show nothing.
    expect(killedInTheMiddle).toBeGreaterThan(MOMENTS / 4);
  }, 3_600_000);
});
