/** Bearer tokens that are made in this process, as credentials; made anew when an API refuses one that should hold. */
import { bearer, type CredentialSource } from "./credential.ts";

/** Gives a token that holds for a while yet; asked for each request, so it remembers what it gave. */
export type TokenSource = () => Promise<string>;

export interface RenewedOptions {
  /** For messages: `user "eks" of /config/kubeconfig`. */
  readonly where: string;
  readonly now: () => number;
}

/** Watches that are refused at once, again and again, must not ask the cloud as often. */
const LEAST_INTERVAL_MS = 5_000;

/** `open` gives a source that remembers nothing yet. */
export function renewedCredential(open: () => TokenSource, { where, now }: RenewedOptions): CredentialSource {
  let source = open();
  let openedAtMs = now();
  const ask = async () => {
    const token = await source().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot get a credential for ${where}: ${why}`, { cause });
    });
    return bearer(token, `the token for ${where}`);
  };
  return async (rejected) => {
    const credential = await ask();
    if (rejected?.authorization !== credential.authorization || now() - openedAtMs < LEAST_INTERVAL_MS) {
      return credential;
    }
    source = open();
    openedAtMs = now();
    return await ask();
  };
}
