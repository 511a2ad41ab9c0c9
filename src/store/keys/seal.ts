/**
 * Certificates sealed for edges: one content key (AES-256-GCM) encrypts certificate and key, and is itself wrapped for
 * each recipient under a key that an ephemeral X25519 pair agrees on with the recipient's (HKDF-SHA256, AES-256-GCM). Who
 * sealed it is not told by the envelope: the signed list names its hash.
 */
import {
  createCipheriv,
  createDecipheriv,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import {
  contentContext,
  MAX_PLAIN,
  readSealed,
  type SealedFor,
  type SealedKey,
  sealedText,
  wrapContext,
  type Wrapped,
} from "../../core/keys/envelope.ts";
import { KEY_FORMAT } from "../../core/keys/key-list.ts";
import { type EdgeKey, publicKeyOf, type Recipient } from "./edge-key.ts";

/** PEM, the chain behind the certificate. */
export interface PlainKey {
  readonly cert: string;
  readonly key: string;
}

/** Why an envelope stays closed; repeats nothing of it. `foreign`: it is sealed to others. */
export interface NotOpened {
  readonly ok: false;
  readonly kind: "foreign" | "corrupt";
  readonly why: string;
}

export type Opened = ({ readonly ok: true } & PlainKey) | NotOpened;

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What is encrypted; sealed only up to `MAX_PLAIN` of them. */
export function plainBytes({ cert, key }: PlainKey): Buffer {
  return Buffer.from(JSON.stringify({ cert, key }));
}

/** An envelope as it is stored; another one each time. RangeError when there is nobody to open it, or it is too large. */
export function sealKey(plain: PlainKey, what: SealedFor, recipients: readonly Recipient[]): string {
  if (recipients.length === 0) throw new RangeError("Cannot seal a key: there is nobody to seal it to");
  const bytes = plainBytes(plain);
  if (bytes.length > MAX_PLAIN) {
    throw new RangeError(`Cannot seal a key: it has ${bytes.length} bytes of at most ${MAX_PLAIN}`);
  }
  const content = randomBytes(KEY_BYTES);
  const to = recipients.map(({ id }) => id);
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = encrypt({ key: content, nonce, context: contentContext(what, to) }, bytes);
  const wrapped = recipients.map((recipient) => wrap(content, what, recipient));
  content.fill(0);
  const { audience, cluster, namespace, secret } = what;
  const envelope: SealedKey = {
    format: KEY_FORMAT,
    audience,
    cluster,
    namespace,
    secret,
    wrapped,
    nonce: nonce.toString("base64"),
    sealed: sealed.toString("base64"),
  };
  return sealedText(envelope);
}

/** Opens what was sealed to one of the keys, for just this Secret and fleet. Total on any text. */
export function openKey(text: string, what: SealedFor, keys: readonly EdgeKey[]): Opened {
  const read = readSealed(text);
  if (!read.ok) return corrupt("it is no envelope");
  const { value: envelope } = read;
  const isOther = (["audience", "cluster", "namespace", "secret"] as const).some(
    (part) => envelope[part] !== what[part],
  );
  if (isOther) return corrupt("it was sealed for another Secret or fleet");
  const to = envelope.wrapped.map((one) => one.to);
  const own = keys.flatMap((key) => envelope.wrapped.flatMap((one) => (one.to === key.id ? [{ key, one }] : [])));
  const [first] = own;
  if (first === undefined) return { ok: false, kind: "foreign", why: "it is not sealed to a key of this edge" };
  const content = unwrap(first.one, what, first.key);
  if (content === null) return corrupt("its content key does not open");
  const nonce = Buffer.from(envelope.nonce, "base64");
  const sealed = Buffer.from(envelope.sealed, "base64");
  const plain = decrypt({ key: content, nonce, context: contentContext(what, to) }, sealed);
  content.fill(0);
  return plain === null ? corrupt("its content does not open") : plainOf(plain.toString("utf8"));
}

function plainOf(text: string): Opened {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "cert" in value && "key" in value) {
      const { cert, key } = value;
      if (typeof cert === "string" && typeof key === "string") return { ok: true, cert, key };
    }
  } catch {
    // A parser's message quotes what it could not read.
  }
  return corrupt("it holds no certificate with a key");
}

function wrap(content: Uint8Array, what: SealedFor, recipient: Recipient): Wrapped {
  const pair = generateKeyPairSync("x25519");
  const ephemeral = Buffer.from(pair.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: recipient.key });
  const way = wrapKey(shared, ephemeral, recipient.raw, wrapContext(what, recipient.id));
  const key = encrypt(way, content).toString("base64");
  return { to: recipient.id, ephemeral: ephemeral.toString("base64"), key };
}

function unwrap({ ephemeral, key }: Wrapped, what: SealedFor, own: EdgeKey): Buffer | null {
  const raw = Buffer.from(ephemeral, "base64");
  let shared: Buffer;
  try {
    // A point of small order makes every shared secret the same; OpenSSL refuses it.
    shared = diffieHellman({ privateKey: own.privateKey, publicKey: publicKeyOf(raw) });
  } catch {
    return null;
  }
  return decrypt(wrapKey(shared, raw, own.raw, wrapContext(what, own.id)), Buffer.from(key, "base64"));
}

interface Way {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** Associated data. */
  readonly context: string;
}

/** RFC 9180 §4.1 in spirit: both public keys are in the salt, the whole context in the label. Used once, so is its nonce. */
function wrapKey(shared: Buffer, ephemeral: Uint8Array, recipient: Uint8Array, context: string): Way {
  const salt = Buffer.concat([ephemeral, recipient]);
  const bytes = Buffer.from(hkdfSync("sha256", shared, salt, Buffer.from(context), KEY_BYTES + NONCE_BYTES));
  shared.fill(0);
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES), context };
}

function encrypt({ key, nonce, context }: Way, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt({ key, nonce, context }: Way, sealed: Buffer): Buffer | null {
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

function corrupt(why: string): NotOpened {
  return { ok: false, kind: "corrupt", why };
}
