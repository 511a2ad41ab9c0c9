/**
 * Keeps the snapshot in parts (`core/snapshot/part.ts`) in step in one store, for edges that live for one request. As a
 * mirror it only ever repeats what was published in control's own store.
 */
import {
  PART_CHARACTERS,
  LARGEST_PART_CHARACTERS,
  PART_OVERLAY_KEY,
  partKey,
  REST,
  REST_KEY,
} from "../core/snapshot/part.ts";
import type { Version } from "../core/model.ts";
import { briefOverlay } from "../core/snapshot/brief-overlay.ts";
import { type LoadedSnapshot, loadSnapshot } from "../core/snapshot/load.ts";
import { envelopeText } from "../core/snapshot/manifest.ts";
import { parseOverlay } from "../core/snapshot/overlay.ts";
import { partText, snapshotParts, type UnsignedPart } from "../core/snapshot/parts.ts";
import { type PushStore, type Store, writeAll } from "../store/store.ts";
import { textStore } from "../store/text.ts";
import type { MirrorStep } from "./mirror.ts";

export interface PartsOptions {
  readonly source: Store;
  readonly target: PushStore;
  readonly audience: string;
  readonly digest: (text: string) => Promise<string>;
  readonly sign: (text: string) => Promise<{ readonly keyId: string; readonly signature: string }>;
  /** What people should know about parts that are large or were left out; said once while it stays the same. */
  readonly onProblem: (message: string) => void;
}

/** Which contents are in the target, by key: only who writes parts reads it. */
const INDEX_KEY = "parts/index";

/** The steps of a mirror that pushes parts. */
export function partsSteps(options: PartsOptions): { readonly manifest: MirrorStep; readonly overlay: MirrorStep } {
  const { target, digest, sign } = options;
  const from = textStore(options.source);
  const put = (key: string, text: string) => target.put(key, new TextEncoder().encode(text), "any");
  let loaded: LoadedSnapshot | null = null;
  let pushed = "";
  let said = "";

  const say = (problems: readonly string[]) => {
    const text = problems.join("; ");
    if (text !== "" && text !== said) options.onProblem(text);
    said = text;
  };

  let inStep: Version | null = null;
  return {
    async manifest() {
      const source = { get: from.get, digest, verify: null, audience: options.audience };
      const result = await loadSnapshot(source, loaded);
      if (result.result === "refused") throw new Error(result.problems.join("; "));
      if (result.result === "loaded") loaded = result.loaded;
      if (loaded === null || loaded.hash === pushed) return;
      const { manifest, snapshot, hash } = loaded;
      const { keyId } = await sign("");
      const before = readIndex((await target.get(INDEX_KEY))?.value ?? null);
      const after = new Map<string, string>();
      const changed = new Map<string, Uint8Array>();
      const problems: string[] = [];
      for (const part of snapshotParts(snapshot)) {
        const key = part.name === REST ? REST_KEY : partKey(await digest(part.name));
        const content = (await digest(`${keyId} ${manifest.audience} ${part.content}`)).slice(0, 16);
        const problem = sizeProblem(part);
        if (problem !== null) problems.push(problem);
        // What cannot be read is not taken away either: the edges keep what they had.
        const left = part.content.length > LARGEST_PART_CHARACTERS;
        after.set(key, left ? (before.get(key) ?? "") : content);
        if (left || before.get(key) === content) continue;
        const payload = partText(part, manifest);
        changed.set(key, new TextEncoder().encode(envelopeText({ payload, ...(await sign(payload)) })));
      }
      say(problems);
      await writeAll(target, changed);
      for (const key of before.keys()) if (!after.has(key)) await target.delete(key);
      // Last: what was not noted is written again.
      if (changed.size > 0 || before.size !== after.size)
        await put(INDEX_KEY, JSON.stringify(Object.fromEntries(after)));
      pushed = hash;
      inStep = { epoch: manifest.epoch, generation: manifest.generation };
    },
    async overlay() {
      const text = await from.get("overlay");
      const parsed = text === null ? null : parseOverlay(text);
      if (!parsed?.ok) return;
      const overlay = { ...parsed.overlay, published: inStep ?? undefined };
      await put(PART_OVERLAY_KEY, briefOverlay(overlay, PART_CHARACTERS));
    },
  };
}

function sizeProblem({ name, content }: UnsignedPart): string | null {
  if (content.length <= PART_CHARACTERS) return null;
  const about = name === REST ? "the list of wildcards" : `"${name}"`;
  const what = content.length > LARGEST_PART_CHARACTERS ? "is not published" : "is read at each request";
  return `${about} takes ${content.length} characters of ${PART_CHARACTERS} and ${what} on edges that live for one request`;
}

function readIndex(stored: Uint8Array | null): ReadonlyMap<string, string> {
  if (stored === null) return new Map();
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(stored));
    if (typeof value !== "object" || value === null) return new Map();
    return new Map(Object.entries(value).map(([key, content]) => [key, String(content)]));
  } catch {
    // Everything is written anew then.
    return new Map();
  }
}
