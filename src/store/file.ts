import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkKey, holds, type Store } from "./store.ts";

const LOCK_STALE_MS = 10_000;
const LOCK_RETRY_MS = 5;

/**
 * A folder. Values are written to a temporary file, synced and renamed, so that a reader sees the old or the new one
 * (FM16); conditions hold across processes of one machine through a lock file. Versions are content hashes.
 */
export function fileStore(folder: string): Store {
  const pathOf = (key: string) => join(folder, "values", checkKey(key));
  const read = async (key: string) => {
    try {
      return await readFile(pathOf(key));
    } catch (error) {
      if (isMissing(error)) return null;
      throw new Error(`Cannot read "${key}" from the store in ${folder}`, { cause: error });
    }
  };
  return {
    name: `file ${folder}`,
    async get(key) {
      const value = await read(key);
      return value === null ? null : { value, version: versionOf(value) };
    },
    async put(key, value, condition) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      return await locked(folder, async () => {
        const current = condition === "any" ? null : await read(key);
        if (!holds(condition, current === null ? null : versionOf(current))) return null;
        await writeWhole(path, value);
        return versionOf(value);
      });
    },
    async delete(key) {
      await rm(pathOf(key), { force: true });
    },
    async list(prefix) {
      const root = join(folder, "values");
      // Only the folder that the prefix names: the ten thousand slices beside it are nobody's question.
      const within = join(root, prefix.slice(0, prefix.lastIndexOf("/") + 1));
      try {
        const entries = await readdir(within, { recursive: true, withFileTypes: true });
        return entries
          .filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"))
          .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
          .filter((key) => key.startsWith(prefix))
          .sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
  };
}

function versionOf(value: Uint8Array): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 32);
}

async function writeWhole(path: string, value: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(value);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`Cannot write ${path}`, { cause: error });
  }
}

async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, "lock");
  for (;;) {
    try {
      await (await open(lock, "wx")).close();
      break;
    } catch (error) {
      if (!isExisting(error)) throw new Error(`Cannot lock the store in ${folder}`, { cause: error });
      await breakStaleLock(lock);
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** A writer that died leaves its lock behind; one write never takes this long. */
async function breakStaleLock(lock: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(lock);
    if (Date.now() - mtimeMs > LOCK_STALE_MS) await rm(lock, { force: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
