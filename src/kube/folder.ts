import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestFile } from "./manifest-set.ts";

/** What a folder holds: its manifests sorted by name, and the names of its folders. Dot names are left out. */
export type FolderContent =
  | {
      readonly ok: true;
      readonly signature: string;
      readonly files: readonly ManifestFile[];
      readonly folders: readonly string[];
    }
  | { readonly ok: false; readonly error: string };

/**
 * Reads all manifests of a folder as of one moment: what changed while it was read is read again. With the signature
 * of an earlier answer nothing is read when nothing changed, and the answer is null. Never rejects.
 */
export async function readFolder(path: string, lastSignature: string | null): Promise<FolderContent | null> {
  try {
    let before = await list(path);
    if (lastSignature !== null && before.signature === lastSignature) return null;
    for (let attempt = 1; ; attempt++) {
      const files = await Promise.all(
        before.files.map(async (name) => ({ file: join(path, name), text: await readFile(join(path, name), "utf8") })),
      ).catch((cause: unknown) => (isGone(cause) && attempt < attempts ? null : Promise.reject(cause)));
      const after = await list(path);
      // A folder that never rests is taken as it is: its next change is seen anyway.
      if (files !== null && (after.signature === before.signature || attempt >= attempts)) {
        return { ok: true, signature: after.signature, files, folders: before.folders };
      }
      before = after;
    }
  } catch (cause) {
    return { ok: false, error: `Cannot read ${path}: ${fault(cause)}` };
  }
}

const attempts = 5;

interface Listing {
  readonly signature: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

async function list(path: string): Promise<Listing> {
  // Kubernetes mounts a ConfigMap as links into a folder "..data" that it swaps, so links are followed.
  const names = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
  const entries = await Promise.all(
    names.map(async (name) => ({ name, stats: await stat(join(path, name), { bigint: true }).catch(goneOrRethrow) })),
  );
  const files = entries.filter(({ name, stats }) => stats?.isFile() && /\.(?:ya?ml|json)$/.test(name));
  const folders = entries.filter(({ stats }) => stats?.isDirectory());
  const marks = files.map(({ name, stats }) =>
    [name, stats?.ino, stats?.size, stats?.mtimeNs, stats?.ctimeNs].join(":"),
  );
  return {
    signature: [...marks, ...folders.map(({ name }) => `${name}/`)].join("\n"),
    files: files.map(({ name }) => name),
    folders: folders.map(({ name }) => name),
  };
}

function goneOrRethrow(cause: unknown): null {
  if (isGone(cause)) return null;
  throw cause;
}

function isGone(cause: unknown): boolean {
  return codeOf(cause) === "ENOENT";
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

function fault(cause: unknown): string {
  const known = { ENOENT: "it does not exist", ENOTDIR: "it is not a directory", EACCES: "permission denied" };
  const code = codeOf(cause);
  return Object.hasOwn(known, code) ? known[code as keyof typeof known] : code || String(cause);
}
