import type { PutCondition, Store } from "./store.ts";

/** A store seen as text, which is what core reads and writes. */
export interface TextStore {
  get(key: string): Promise<string | null>;
  getVersioned(key: string): Promise<{ readonly text: string; readonly version: string } | null>;
  put(key: string, text: string, condition: PutCondition): Promise<string | null>;
}

/** UTF-8 both ways; malformed bytes reject, since a snapshot that is not text is corrupt. */
export function textStore(store: Store): TextStore {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const getVersioned = async (key: string) => {
    const stored = await store.get(key);
    return stored === null ? null : { text: decoder.decode(stored.value), version: stored.version };
  };
  return {
    getVersioned,
    get: async (key) => (await getVersioned(key))?.text ?? null,
    put: (key, text, condition) => store.put(key, encoder.encode(text), condition),
  };
}
