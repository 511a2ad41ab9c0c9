/** `portolan bundle`: reads a store as an edge does, and gives what it would serve from as one text. Wiring only. */
import type { BundleOptions } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { causeOf } from "../src/core/cause.ts";
import { bundleReader, collectBundle } from "../src/core/snapshot/bundle.ts";
import { loadSnapshot } from "../src/core/snapshot/load.ts";
import { httpReader } from "../src/store/http-reader.ts";
import { sha256Hex } from "../src/store/signature.ts";
import { readPublicKeys } from "./key-files.ts";

/** Fails with what is wrong when the store cannot be read, or holds what an edge would refuse. */
export async function bundleText({ store, publicKeys, audience }: BundleOptions): Promise<string> {
  const verify = await readPublicKeys(publicKeys);
  const bundle = await collectBundle(httpReader(store), sha256Hex).catch((cause: unknown) => {
    throw new Failure(`Cannot bundle the snapshot of ${store}: ${causeOf(cause)}`, "is the address that of a store?");
  });
  if (bundle === null) throw new Failure(`Cannot bundle the snapshot of ${store}: it has none`, "portolan control");
  const read = await loadSnapshot({ get: bundleReader(bundle), digest: sha256Hex, verify, audience }, null);
  if (read.result === "refused") {
    throw new Failure(
      `Cannot bundle the snapshot of ${store}: ${read.problems.join("; ")}`,
      "--public-keys, --audience",
    );
  }
  return JSON.stringify(bundle);
}
