/**
 * Tokens of EKS: the address of a request that asks AWS who its sender is, signed by the sender. The cluster sends it and
 * knows; it takes one for 15 minutes from its date, whatever the address says of itself.
 */
import type { CredentialsSource } from "../store/s3/credentials.ts";
import { type AwsCredentials, presigned } from "../store/s3/sign.ts";

export interface EksTokenOptions {
  readonly cluster: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly nowMs: number;
}

export interface CloudToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** A minute less than the cluster takes it for: the clocks differ. */
const VALID_MS = 14 * 60_000;
/** Of the request to AWS; AWS' own command line says the same. */
const EXPIRES_SECONDS = 60;

/** Pure. */
export function eksToken({ cluster, region, credentials, nowMs }: EksTokenOptions): CloudToken {
  const url = new URL(`https://${stsHost(region)}/?Action=GetCallerIdentity&Version=2011-06-15`);
  // The name is signed along, so that no other cluster can use the token.
  const headers = { "x-k8s-aws-id": cluster };
  const signedUrl = presigned({ url, headers }, EXPIRES_SECONDS, { credentials, region, nowMs, service: "sts" });
  const token = `k8s-aws-v1.${Buffer.from(signedUrl.href).toString("base64url")}`;
  return { token, expiresAtMs: nowMs + VALID_MS };
}

/** The regional host; China has a domain of its own. */
export function stsHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

export interface EksTokenSourceOptions extends Pick<EksTokenOptions, "cluster" | "region"> {
  readonly credentials: CredentialsSource;
  readonly now: () => number;
}

/** A token is replaced so long before it ends, since a request that carries it takes its time too. */
const EARLY_MS = 60_000;

/** Tokens as they are needed; asks nobody, since signing is all there is to it. */
export function eksTokens({ credentials, now, ...rest }: EksTokenSourceOptions): () => Promise<string> {
  let held: CloudToken | null = null;
  return async () => {
    if (held === null || held.expiresAtMs - EARLY_MS <= now()) {
      held = eksToken({ ...rest, credentials: await credentials(), nowMs: now() });
    }
    return held.token;
  };
}
