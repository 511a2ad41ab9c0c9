/** What `portolan.yaml` names, opened: the store, the key, addresses. Fails with what a person has to change. */
import { hostPort } from "../src/cli/arguments.ts";
import type { HostPort } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import type { ControlDeps } from "../src/control/reconcile.ts";
import { readControlFile } from "../src/kube/control-file.ts";
import { type ControlSettings, readEdgeAddresses } from "../src/kube/schema/control.ts";
import { fileStore } from "../src/store/file.ts";
import { s3Store } from "../src/store/s3.ts";
import { environmentCredentials } from "../src/store/s3/credentials.ts";
import { sha256HexOnNode } from "../src/store/sha256-node.ts";
import type { Store } from "../src/store/store.ts";
import type { Sources } from "./control-sources.ts";
import { readSigningKey, type SigningKey, tokenFile } from "./key-files.ts";

export interface ControlSetup {
  readonly settings: ControlSettings;
  readonly store: Store;
  readonly key: SigningKey;
  readonly admin: HostPort | null;
  /** Where edges read the store; without a token they cannot report. */
  readonly serve: { readonly listen: HostPort; readonly token: (() => Promise<string>) | null } | null;
}

/** Reads the file and opens what it names. */
export async function openSetup(file: string): Promise<ControlSetup> {
  const read = await readControlFile(file);
  if (!read.ok) {
    const text = [read.message, ...read.problems.map(problemText)].join("\n");
    throw new Failure(text, "docs/control.md, which has an example");
  }
  const settings = { ...read.settings, edgeAddresses: [...read.settings.edgeAddresses, ...fromEnvironment()] };
  const { serve, admin } = settings;
  const token = serve === null || serve.tokenFile === null ? null : tokenFile(serve.tokenFile);
  // A token that cannot be read is told at the start, not to the first edge.
  await token?.();
  return {
    settings,
    store: openStore(settings),
    key: await readSigningKey(settings.signingKey),
    admin: admin === null ? null : hostPort("spec.admin", admin),
    serve: serve === null ? null : { listen: hostPort("spec.serve.listen", serve.listen), token },
  };
}

/** What Terraform knows only after the file was written: addresses of the edges it made. */
function fromEnvironment(): ControlSettings["edgeAddresses"] {
  const said = process.env["PORTOLAN_EDGE_ADDRESSES"] ?? "";
  const { value, findings } = readEdgeAddresses(said);
  if (value !== null) return value;
  const why = findings[0]?.message ?? "it is no list of addresses";
  throw new Failure(`Cannot use PORTOLAN_EDGE_ADDRESSES "${said}": ${why}`, "192.0.2.1,edge.example.org");
}

function openStore({ store }: ControlSettings): Store {
  if ("file" in store) return fileStore(store.file);
  const credentials = environmentCredentials(process.env, Date.now);
  return s3Store({ ...store.s3, credentials, now: Date.now, random: Math.random });
}

/** What a reconcile needs, on this store. */
export function controlDeps(setup: ControlSetup, store: Store, sources: Sources): ControlDeps {
  return {
    store,
    config: sources.config,
    clusters: sources.readers,
    digest: sha256HexOnNode,
    sign: setup.key.sign,
    verify: setup.key.verify,
    now: Date.now,
  };
}
