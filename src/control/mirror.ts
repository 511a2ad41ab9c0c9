/**
 * Pushes what is published to a store that control can write and its edge can read, for edges that cannot come to us.
 * The fence stays in control's own store: a mirror only ever repeats what was published there.
 */
import { causeOf } from "../core/cause.ts";
import { envelopeKey, KEY_LIST, readKeyList } from "../core/keys/key-list.ts";
import { parseEnvelope, parseSigned } from "../core/snapshot/manifest.ts";
import { hashesOf, sliceKey, withLists } from "../core/snapshot/slice-lists.ts";
import { type PushStore, type Store, writeAll } from "../store/store.ts";
import { textStore } from "../store/text.ts";
import { newest } from "./newest.ts";

export interface MirrorOptions {
  readonly source: Store;
  readonly target: PushStore;
  readonly onProblem: (message: string) => void;
  /** What is pushed instead of the snapshot as it is (`push-parts.ts`); left out for the snapshot and its reports. */
  readonly steps?: () => readonly MirrorStep[];
  /** Sealed certificates are pushed, too: the edge behind the target ends TLS itself. */
  readonly keys?: boolean;
  /** For a target that limits or charges writes: shortest time between two of the overlay, and two looks for reports. */
  readonly pace?: { readonly overlayMs: number; readonly reportsMs: number; readonly now: () => number };
}

/** Brings one thing in step; done when the target has it. */
export type MirrorStep = () => Promise<void>;

export interface Mirror {
  /** Brings the target up to date soon; calls while it does so are one more time afterwards. */
  push(): void;
  /** What went wrong last, null when the target has everything. */
  problem(): string | null;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** A mirror of one target; nothing is written before the first `push`. */
export function mirror(options: MirrorOptions): Mirror {
  const { target, onProblem } = options;
  let problem: string | null = null;
  const begin = options.steps ?? (() => wholeSteps(options));
  let steps = begin();

  const pushing = newest<void>(async () => {
    try {
      for (const step of steps) await step();
      problem = null;
    } catch (error) {
      // A target that was started anew holds nothing of what we pushed before.
      steps = begin();
      const message = `Cannot push to ${target.name}: ${causeOf(error)}`;
      if (problem === null) onProblem(message);
      problem = message;
    }
  });

  return { push: pushing.offer, problem: () => problem, settled: pushing.settled };
}

/** The step, unless it was done less than so long ago. */
export function paced(step: MirrorStep, intervalMs: number, now: () => number): MirrorStep {
  let nextMs = 0;
  return async () => {
    if (now() < nextMs) return;
    nextMs = now() + intervalMs;
    await step();
  };
}

/** Fetches what edges wrote about themselves. */
export function reportsStep(source: Store, target: PushStore): MirrorStep {
  return async () => {
    for (const key of await target.list("reports/")) {
      const stored = await target.get(key);
      if (stored !== null) await source.put(key, stored.value, "any");
    }
  };
}

function wholeSteps({ source, target, pace, keys = false }: MirrorOptions): readonly MirrorStep[] {
  const manifest = indexStep(source, target, { key: "manifest", prefix: "slices/", named: slicesIn(source) });
  const sealed = indexStep(source, target, { key: KEY_LIST, prefix: "keys/", named: envelopesIn });

  async function overlay(): Promise<void> {
    const stored = await source.get("overlay");
    if (stored !== null) await target.put("overlay", stored.value, "any");
  }

  const reports = reportsStep(source, target);
  if (pace === undefined) return [manifest, overlay, ...(keys ? [sealed] : []), reports];
  const { overlayMs, reportsMs, now } = pace;
  return [manifest, paced(overlay, overlayMs, now), paced(reports, reportsMs, now)];
}

interface Index {
  readonly key: string;
  /** Where everything is that it names. */
  readonly prefix: string;
  /** Keys that it names; rejects when it cannot be read. */
  readonly named: (text: string) => Promise<readonly string[]>;
}

/** Values that are held in memory at once on their way. */
const TOGETHER = 500;

/** A value that names others: those first, so that whoever reads it finds them; what it names no more goes. */
function indexStep(source: Store, target: PushStore, { key: index, prefix, named }: Index): MirrorStep {
  let pushed = "";
  return async () => {
    const stored = await source.get(index);
    if (stored === null || stored.version === pushed) return;
    const wanted = new Set(await named(new TextDecoder().decode(stored.value)));
    const there = new Set(await target.list(prefix));
    const missing = [...wanted].filter((key) => !there.has(key));
    for (let from = 0; from < missing.length; from += TOGETHER) {
      const values = new Map<string, Uint8Array>();
      for (const key of missing.slice(from, from + TOGETHER)) {
        const value = await source.get(key);
        // Removed meanwhile: a newer index is there, and another push is asked for.
        if (value === null) throw new Error(`Cannot push "${key}": it is gone`);
        values.set(key, value.value);
      }
      await writeAll(target, values);
    }
    await target.put(index, stored.value, "any");
    pushed = stored.version;
    for (const key of there) if (!wanted.has(key) && key !== index) await target.delete(key);
  };
}

function slicesIn(source: Store): Index["named"] {
  return async (text) => {
    const read = parseEnvelope(text);
    if (!read.ok) throw new Error(read.problem);
    const whole = await withLists(read.manifest, textStore(source).get);
    if (whole === null) throw new Error("Cannot push the manifest: a list of its slices is gone");
    return hashesOf(whole).map(sliceKey);
  };
}

function envelopesIn(text: string): Promise<readonly string[]> {
  const outer = parseSigned(text);
  const list = outer.ok ? readKeyList(outer.value.payload) : outer;
  if (!list.ok) throw new Error(`Cannot push the list of keys: ${list.problem}`);
  const named = list.value.entries.flatMap(({ envelope }) => (envelope === null ? [] : [envelopeKey(envelope)]));
  return Promise.resolve(named);
}
