/** Files of the keys that certificates are sealed to: the private one of an edge, the public ones that control has. */
import { join } from "node:path";
import { Failure } from "../src/cli/failure.ts";
import { causeOf } from "../src/core/cause.ts";
import { isRecord } from "../src/kube/plain.ts";
import { type EdgeKey, edgeKeyOf, newEdgeKey, type Recipient, recipientOf } from "../src/store/keys/edge-key.ts";
import { readJson, writeKeys } from "./key-files.ts";

const EDGE_KEY = "edge.jwk";
const EDGE_PUBLIC = "edge-public.json";
const NEXT = "portolan keys FOLDER --edge, which makes edge.jwk and edge-public.json";

/** Makes a pair: `edge.jwk`, for the edge alone, and `edge-public.json`, for control. Overwrites nothing. */
export async function makeEdgeKey(
  folder: string,
  keyId: string,
): Promise<{ readonly paths: readonly string[]; readonly publicKey: string }> {
  const { privateJwk, publicJwk } = newEdgeKey(keyId);
  const publicKey = JSON.stringify({ [keyId]: publicJwk });
  const paths = await writeKeys(folder, [
    { path: join(folder, EDGE_KEY), text: JSON.stringify(privateJwk), mode: 0o600 },
    { path: join(folder, EDGE_PUBLIC), text: publicKey, mode: 0o644 },
  ]);
  return { paths, publicKey };
}

/** What an edge opens with; two are valid at once while one is replaced. */
export async function readEdgeKeys(paths: readonly string[]): Promise<readonly EdgeKey[]> {
  return await Promise.all(
    paths.map(async (path) => {
      const jwk = await readJson(path, NEXT);
      try {
        return edgeKeyOf(jwk);
      } catch (cause) {
        throw new Failure(`Cannot use the edge key ${path}: ${causeOf(cause)}`, NEXT, { cause });
      }
    }),
  );
}

/** Whom control seals to: every key of every file, each once. */
export async function readRecipients(paths: readonly string[]): Promise<readonly Recipient[]> {
  const recipients = new Map<string, Recipient>();
  for (const path of paths) {
    const entries = Object.entries(await readJson(path, NEXT));
    if (entries.length === 0) throw new Failure(`Cannot seal to anybody of ${path}: it holds no key`, NEXT);
    for (const [name, jwk] of entries) {
      const recipient = recipientIn(path, name, jwk);
      recipients.set(recipient.id, recipient);
    }
  }
  return [...recipients.values()];
}

function recipientIn(path: string, name: string, jwk: unknown): Recipient {
  // A private key where a public one belongs has left its edge: nothing must be sealed to it.
  if (isRecord(jwk) && typeof jwk["d"] === "string") {
    throw new Failure(`Cannot seal to the key "${name}" of ${path}: it is a private key`, NEXT);
  }
  try {
    return recipientOf(name, isRecord(jwk) ? jwk : {});
  } catch (cause) {
    throw new Failure(`Cannot seal to the key "${name}" of ${path}: ${causeOf(cause)}`, NEXT, { cause });
  }
}
