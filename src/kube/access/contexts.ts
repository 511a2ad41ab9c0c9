/** The contexts of kubeconfig files that may change while we run. */
import { causeOf } from "../../core/cause.ts";
import type { ApiAccess } from "./access.ts";
import { contextAccess, type ContextOptions } from "./context-access.ts";
import { type Kubeconfig, loadKubeconfig } from "./kubeconfig.ts";

export interface Contexts {
  /** The way to a context as the files have it now, or what is wrong. */
  access(context: string): ContextAccess;
  /** Reads the files again; true when what `access` answers may be another. A file that is broken keeps the old state. */
  refresh(): Promise<boolean>;
}

export type ContextAccess =
  | { readonly ok: true; readonly access: ApiAccess; readonly fingerprint: string }
  | { readonly ok: false; readonly message: string; readonly fingerprint: string };

/** Reads the files, null for those that kubectl would find. Never rejects: what is wrong is said for each context. */
export async function openContexts(paths: readonly string[] | null, options: ContextOptions = {}): Promise<Contexts> {
  let config: Kubeconfig | null = null;
  let problem = "";
  let seen = "";

  async function refresh(): Promise<boolean> {
    try {
      config = await load(paths);
      problem = "";
    } catch (error) {
      problem = causeOf(error);
    }
    const now = `${problem}\n${config === null ? "" : fingerprintOf(config, null)}`;
    const isOther = now !== seen;
    seen = now;
    return isOther;
  }

  await refresh();
  return {
    refresh,
    access(context) {
      if (config === null) return { ok: false, message: problem, fingerprint: problem };
      const fingerprint = fingerprintOf(config, context);
      try {
        return { ok: true, access: contextAccess(config, context, options), fingerprint };
      } catch (error) {
        return { ok: false, message: causeOf(error), fingerprint };
      }
    },
  };
}

function load(paths: readonly string[] | null): Promise<Kubeconfig> {
  // KUBECONFIG is how several files are named; a list of our own is the same thing.
  return paths === null ? loadKubeconfig() : loadKubeconfig({ paths });
}

/** Equal for equal entries of a context, or of all of them. Holds secrets: never printed. */
function fingerprintOf(config: Kubeconfig, context: string | null): string {
  const names = context === null ? config.contexts.map(({ name }) => name) : [context];
  return JSON.stringify(
    names.map((name) => {
      const found = config.contexts.find((one) => one.name === name);
      if (found === undefined) return name;
      const [cluster, user] = [config.find("clusters", found.cluster), config.find("users", found.user)];
      return [found, cluster?.value, user?.value];
    }),
  );
}
