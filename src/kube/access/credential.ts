/** What a client shows to an API: a header, a certificate, both or neither. Never printed. */
export interface Credential {
  /** Value of the `Authorization` header. */
  readonly authorization: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/**
 * Gives the credential for one request. `rejected` is the one that the API has just answered 401 to, null otherwise: a
 * source that remembers what it gave must not give that one again without having asked for a new one. Rejects with
 * what is wrong, never with a secret.
 */
export type CredentialSource = (rejected: Credential | null) => Credential | Promise<Credential>;

/** Nothing to show. */
export const ANONYMOUS: Credential = { authorization: null, certificate: null };

/** A bearer token as a credential; RangeError when it could not be a header, named by `where` instead of its value. */
export function bearer(token: string, where: string): Credential {
  const trimmed = token.trim();
  if (trimmed === "") throw new RangeError(`Cannot use ${where}: it is empty`);
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw new RangeError(`Cannot use ${where}: it is not one word of ASCII`);
  return { authorization: `Bearer ${trimmed}`, certificate: null };
}

/** A token from a function that is asked for each request, as for a file that somebody else renews. */
export function tokenSource(token: () => string | Promise<string>, where: string): CredentialSource {
  return async () => bearer(await token(), where);
}
