/** The bindings of the control function on Workers, checked at each start: a missing one is named. */
import type { webcrypto } from "node:crypto";
import { httpStore } from "../src/store/http.ts";
import { s3Store } from "../src/store/s3.ts";
import { manifestSigner, manifestVerifier, privateKeyOf, publicKeyOf } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";

export interface ControlCronEnv {
  /** A bucket of S3, or of R2 by its S3 API; or else `STORE_URL`, a store over HTTP. */
  readonly S3_BUCKET?: string;
  readonly S3_ENDPOINT?: string;
  readonly S3_REGION?: string;
  readonly S3_PREFIX?: string;
  /** Secrets. */
  readonly AWS_ACCESS_KEY_ID?: string;
  readonly AWS_SECRET_ACCESS_KEY?: string;
  readonly STORE_URL?: string;
  readonly STORE_TOKEN?: string;
  /** Secret; the private key of manifests as JWK with a `kid`, as `portolan keys` writes it. */
  readonly SIGNING_KEY?: string;
  /** JSON: cluster → public key of its agent as JWK. */
  readonly AGENT_KEYS?: Readonly<Record<string, webcrypto.JsonWebKey>>;
  readonly AUDIENCE?: string;
  /** Seconds that a run may take; it ends cleanly before that. */
  readonly BUDGET_SECONDS?: string;
  /** Without a message for so long a cluster's API counts as unreachable. */
  readonly SILENCE_SECONDS?: string;
  readonly CLAIM_CLASSLESS?: string;
  /** `true` for tests. */
  readonly ALLOW_PRIVATE_ORIGINS?: string;
}

export interface ControlCronSettings {
  readonly store: Store;
  readonly sign: ReturnType<typeof manifestSigner>;
  readonly verify: ReturnType<typeof manifestVerifier>;
  readonly verifyAgents: ReturnType<typeof manifestVerifier>;
  readonly agents: readonly string[];
  readonly audience: string;
  readonly budgetMs: number;
  readonly silenceMs: number;
  readonly claimClassless: boolean;
  readonly allowPrivateOrigins: boolean;
}

/** RangeError that names the binding and what to do; never with a secret. */
export async function cronSettings(env: ControlCronEnv): Promise<ControlCronSettings> {
  const { kid, d, ...open } = signingKey(env.SIGNING_KEY);
  if (typeof kid !== "string" || typeof d !== "string") {
    throw new RangeError('Cannot start: SIGNING_KEY is no private JWK with a "kid"; give what portolan keys wrote');
  }
  const [secret, known] = await Promise.all([privateKeyOf({ ...open, d }), publicKeyOf(publicPart(open))]);
  const agents = Object.entries(env.AGENT_KEYS ?? {});
  if (agents.length === 0) throw new RangeError("Cannot start: AGENT_KEYS holds no key; bind JSON of cluster → JWK");
  const keys = await Promise.all(
    agents.map(async ([name, jwk]) => [name, await publicKeyOf(publicPart(jwk))] as const),
  );
  return {
    store: openStore(env),
    sign: manifestSigner(kid, secret),
    verify: manifestVerifier(new Map([[kid, known]])),
    verifyAgents: manifestVerifier(new Map(keys)),
    agents: agents.map(([name]) => name).sort(),
    audience: env.AUDIENCE ?? "portolan",
    budgetMs: seconds("BUDGET_SECONDS", env.BUDGET_SECONDS ?? "25", 840),
    silenceMs: seconds("SILENCE_SECONDS", env.SILENCE_SECONDS ?? "180", 86_400),
    claimClassless: env.CLAIM_CLASSLESS === "true",
    allowPrivateOrigins: env.ALLOW_PRIVATE_ORIGINS === "true",
  };
}

function signingKey(text: string | undefined): webcrypto.JsonWebKey & { readonly kid?: unknown } {
  try {
    return JSON.parse(text ?? "null") ?? {};
  } catch {
    // What JSON.parse says would quote the key.
    return {};
  }
}

function publicPart({ kty, crv, x, y }: webcrypto.JsonWebKey): webcrypto.JsonWebKey {
  return { ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }), ...(y && { y }) };
}

function openStore(env: ControlCronEnv): Store {
  const { S3_BUCKET: bucket, STORE_URL: url, STORE_TOKEN: token } = env;
  if (bucket === undefined && url === undefined) {
    throw new RangeError("Cannot start: neither S3_BUCKET nor STORE_URL says where the store is");
  }
  if (bucket === undefined) return httpStore(url ?? "", token === undefined ? {} : { token: () => token });
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env;
  if (id === undefined || secret === undefined) {
    throw new RangeError("Cannot start: S3_BUCKET needs the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  const prefix = env.S3_PREFIX ?? "";
  return s3Store({
    bucket,
    region: env.S3_REGION ?? "auto",
    endpoint: env.S3_ENDPOINT ?? null,
    prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
    credentials: async () => ({ accessKeyId: id, secretAccessKey: secret, sessionToken: null }),
    now: Date.now,
    random: Math.random,
  });
}

function seconds(name: string, text: string, most: number): number {
  const value = Number(text);
  if (value > 0 && value <= most) return value * 1000;
  throw new RangeError(`Cannot start: ${name} is "${text}"; give a number of seconds up to ${most}`);
}
