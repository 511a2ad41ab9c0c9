/**
 * Pushes what is published to a store that control can write and its edge can read, for edges that cannot come to us.
 * The fence stays in control's own store: a mirror only ever repeats what was published there.
 */
import { causeOf } from "../core/cause.ts";
import { parseEnvelope } from "../core/snapshot/manifest.ts";
import type { Store } from "../store/store.ts";

export interface MirrorOptions {
  readonly source: Store;
  readonly target: Store;
  readonly onProblem: (message: string) => void;
}

export interface Mirror {
  /** Brings the target up to date soon; calls while it does so are one more time afterwards. */
  push(): void;
  /** What went wrong last, null when the target has everything. */
  problem(): string | null;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const PARALLEL_WRITES = 16;

/** A mirror of one target; nothing is written before the first `push`. */
export function mirror({ source, target, onProblem }: MirrorOptions): Mirror {
  let running: Promise<void> | null = null;
  let again = false;
  let problem: string | null = null;
  let pushed = "";

  async function manifest(): Promise<void> {
    const stored = await source.get("manifest");
    if (stored === null || stored.version === pushed) return;
    const read = parseEnvelope(new TextDecoder().decode(stored.value));
    if (!read.ok) throw new Error(read.problem);
    const wanted = new Set(read.manifest.slices.map(({ hash }) => `slices/${hash}`));
    const there = await target.list("slices/");
    const missing = [...wanted].filter((key) => !there.includes(key));
    // Slices first: whoever reads the manifest finds them.
    for (let from = 0; from < missing.length; from += PARALLEL_WRITES) {
      await Promise.all(
        missing.slice(from, from + PARALLEL_WRITES).map(async (key) => {
          const slice = await source.get(key);
          // Pruned meanwhile: a newer manifest is there, and `again` is set.
          if (slice === null) throw new Error(`Cannot push "${key}": it is gone`);
          await target.put(key, slice.value, "any");
        }),
      );
    }
    await target.put("manifest", stored.value, "any");
    pushed = stored.version;
    for (const key of there) if (!wanted.has(key)) await target.delete(key);
  }

  async function overlay(): Promise<void> {
    const stored = await source.get("overlay");
    if (stored !== null) await target.put("overlay", stored.value, "any");
  }

  async function reports(): Promise<void> {
    for (const key of await target.list("reports/")) {
      const stored = await target.get(key);
      if (stored !== null) await source.put(key, stored.value, "any");
    }
  }

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        await manifest();
        await overlay();
        await reports();
        problem = null;
      } catch (error) {
        // A target that was started anew holds nothing of what we pushed before.
        pushed = "";
        const message = `Cannot push to ${target.name}: ${causeOf(error)}`;
        if (problem === null) onProblem(message);
        problem = message;
      }
    } while (again);
    running = null;
  }

  return {
    push() {
      if (running === null) running = run();
      else again = true;
    },
    problem: () => problem,
    settled: async () => {
      await running;
    },
  };
}
