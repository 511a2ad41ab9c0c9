/** Files of keys: the private one that signs manifests, the public ones that edges believe, tokens. */
import { createHash, timingSafeEqual, type webcrypto } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { causeOf } from "../src/core/cause.ts";
import { Failure } from "../src/cli/failure.ts";
import type { StoreApiOptions } from "../src/api/store-api.ts";
import { isRecord } from "../src/kube/plain.ts";
import { manifestSigner, manifestVerifier, privateKeyOf, publicKeyOf } from "../src/store/signature.ts";

export const SIGNING_KEY = "signing.jwk";
export const PUBLIC_KEYS = "public-keys.json";

export interface SigningKey {
  readonly keyId: string;
  readonly sign: ReturnType<typeof manifestSigner>;
  readonly verify: ReturnType<typeof manifestVerifier>;
}

/** Makes a key pair: `signing.jwk`, for control alone, and `public-keys.json`, for edges. Overwrites nothing. */
export async function makeKeys(folder: string, keyId: string): Promise<readonly string[]> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const secret = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const open = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return await writeKeys(folder, [
    { path: join(folder, SIGNING_KEY), text: JSON.stringify({ ...secret, kid: keyId }), mode: 0o600 },
    {
      path: join(folder, PUBLIC_KEYS),
      text: JSON.stringify({ [keyId]: { kty: open.kty, crv: open.crv, x: open.x, y: open.y } }),
      mode: 0o644,
    },
  ]);
}

/** Writes files of keys; the paths. Overwrites nothing. */
export async function writeKeys(
  folder: string,
  files: readonly { readonly path: string; readonly text: string; readonly mode: number }[],
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  for (const { path, text, mode } of files) {
    await writeFile(path, `${text}\n`, { mode, flag: "wx" }).catch((cause: unknown) => {
      throw new Failure(`Cannot write ${path}: ${causeOf(cause)}`, "portolan keys OTHER-FOLDER", { cause });
    });
  }
  return files.map(({ path }) => path);
}

/** The key that signs, and the check that its own manifests pass. */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const next = "portolan keys FOLDER, which makes signing.jwk and public-keys.json";
  const jwk = await readJson(path, next);
  const { kid, d, ...open } = jwk;
  if (typeof kid !== "string" || typeof d !== "string") {
    throw new Failure(`Cannot sign with ${path}: it holds no private key with a "kid"`, next);
  }
  const privateKey = await privateKeyOf(jwk).catch((cause: unknown) =>
    fail(`Cannot sign with ${path}: ${causeOf(cause)}`, next),
  );
  const publicKey = await publicKeyOf(publicPart(open));
  return { keyId: kid, sign: manifestSigner(kid, privateKey), verify: manifestVerifier(new Map([[kid, publicKey]])) };
}

/** The check of manifests against a file of `{ID: JWK}`, as the Worker has it in `PUBLIC_KEYS`. */
export async function readPublicKeys(path: string): Promise<SigningKey["verify"]> {
  const next = '--public-keys FILE, which "portolan keys" made';
  const keys = new Map<string, webcrypto.CryptoKey>();
  for (const [id, jwk] of Object.entries(await readJson(path, next))) {
    if (!isRecord(jwk)) throw new Failure(`Cannot use the key "${id}" of ${path}: it is no JWK`, next);
    keys.set(
      id,
      await publicKeyOf(publicPart(jwk)).catch((cause: unknown) =>
        fail(`Cannot use the key "${id}" of ${path}: ${causeOf(cause)}`, next),
      ),
    );
  }
  if (keys.size === 0) throw new Failure(`Cannot believe anybody: ${path} holds no key`, next);
  return manifestVerifier(keys);
}

/** The token of a file, read again each time it is asked for. */
export function tokenFile(path: string): () => Promise<string> {
  return async () => {
    const token = (
      await readFile(path, "utf8").catch((cause: unknown) =>
        fail(`Cannot read the token file ${path}: ${causeOf(cause)}`, `ls -l ${path}`),
      )
    ).trim();
    if (token.length < 16)
      throw new Failure(
        `Cannot use the token file ${path}: it holds fewer than 16 characters`,
        `openssl rand -hex 32 > ${path}`,
      );
    return token;
  };
}

/** Whether two tokens are equal, in a time that does not tell how much of them is. */
export function isSameToken(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return given !== null && timingSafeEqual(digest(given), digest(expected));
}

function publicPart(jwk: Readonly<Record<string, unknown>>): webcrypto.JsonWebKey {
  const word = (name: string) => (typeof jwk[name] === "string" ? jwk[name] : "");
  return { kty: word("kty"), crv: word("crv"), x: word("x"), y: word("y") };
}

/** The JSON object of a file; fails with the path and `next`, never with what stands in the file. */
export async function readJson(path: string, next: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, "utf8").catch((cause: unknown) =>
    fail(`Cannot read ${path}: ${causeOf(cause)}`, next),
  );
  const value = parsed(text);
  // What stands in the file is never repeated.
  return isRecord(value) ? value : fail(`Cannot read ${path}: it is no JSON object`, next);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function fail(message: string, next: string): never {
  throw new Failure(message, next);
}

/** What edges may do at the store that control serves: read snapshots, and report where they show the token. */
export function edgesMay(token: (() => Promise<string>) | null): StoreApiOptions["may"] {
  return async (given, act, key) => {
    if (act === "read") {
      return ["manifest", "overlay"].includes(key) || /^(?:manifests|slices|parts|keys)\/[^/]+$/.test(key);
    }
    if (token === null || act !== "write" || !/^reports\/[^/]+$/.test(key)) return false;
    return isSameToken(given, await token());
  };
}

/** What control may do at an edge that it pushes to; nobody else may anything. */
export function controlMay(token: () => Promise<string>): StoreApiOptions["may"] {
  return async (given, act, key) => {
    const isPublished = ["manifest", "overlay"].includes(key) || /^(?:manifests|slices|keys)\/[^/]+$/.test(key);
    const isWanted =
      act === "list"
        ? ["slices/", "keys/", "reports/"].includes(key)
        : isPublished || (act === "read" && key.startsWith("reports/"));
    return isWanted && isSameToken(given, await token());
  };
}
