import { X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  envelopeKey,
  KEY_FORMAT,
  KEY_LIST,
  type KeyEntry,
  keyListText,
  type KeyList,
} from "../../../src/core/keys/key-list.ts";
import { certificateTable, type ShownCertificates } from "../../../src/edge/http1/certificates.ts";
import { type SealedSource, sealedCertificates } from "../../../src/edge/node/sealed-certificates.ts";
import { type EdgeKey, edgeKeyOf, newEdgeKey } from "../../../src/store/keys/edge-key.ts";
import { readSignedKeys } from "../../../src/store/keys/key-store.ts";
import { openKey, sealKey } from "../../../src/store/keys/seal.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier, sha256Hex } from "../../../src/store/signature.ts";
import { envelopeText } from "../../../src/core/snapshot/manifest.ts";
import { selfSigned } from "../../build/certificate.ts";

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const AUDIENCE = "test";
type Pair = ReturnType<typeof selfSigned>;

async function world() {
  const pair = await generateSigningKeys();
  const [sign, verify] = [manifestSigner("k1", pair.privateKey), manifestVerifier(new Map([["k1", pair.publicKey]]))];
  const own = edgeKeyOf({ ...newEdgeKey("edge").privateJwk });
  const values = new Map<string, string>();
  const log: string[] = [];
  const gets: string[] = [];
  let keys: readonly EdgeKey[] = [own];
  const checks: string[] = [];
  const sealed = sealedCertificates({
    check: (json) => (checks.push(json), readSignedKeys(json, AUDIENCE, verify)),
    open: (text, what) => openKey(text, what, keys),
    digest: sha256Hex,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    onTaken: () => Promise.resolve(),
    log: (line) => void log.push(line),
  });
  const source: SealedSource = {
    list: async () => values.get(KEY_LIST) ?? null,
    get: async (key) => {
      gets.push(key);
      return values.get(key) ?? null;
    },
  };
  const sealFor = async (secret: string, { cert, key }: Pair, to = own): Promise<string> => {
    const what = { audience: AUDIENCE, cluster: "us", namespace: "a", secret };
    const text = sealKey({ cert, key }, what, [to]);
    const hash = await sha256Hex(text);
    values.set(envelopeKey(hash), text);
    return hash;
  };
  const publish = async (serial: number, entries: readonly KeyEntry[], more: Partial<KeyList> = {}): Promise<void> => {
    const payload = keyListText({ format: KEY_FORMAT, audience: AUDIENCE, serial, entries, retired: [], ...more });
    values.set(KEY_LIST, envelopeText({ payload, ...(await sign(`portolan keys\n${payload}`)) }));
  };
  return {
    sealed,
    source,
    values,
    log,
    gets,
    checks,
    own,
    use: (next: readonly EdgeKey[]) => void (keys = next),
    sealFor,
    publish,
    refresh: () => sealed.refresh(source),
  };
}

const entry = (
  secret: string,
  envelope: string | null,
  hosts: readonly string[],
  more: Partial<KeyEntry> = {},
): KeyEntry => ({
  cluster: "us",
  namespace: "a",
  secret,
  hosts,
  except: [],
  ingresses: ["i"],
  envelope,
  fingerprint: null,
  names: [],
  expiresMs: 0,
  recipients: [],
  ...more,
});

/** The serial number of the certificate that a real handshake shows; null when there is none. */
async function shown(table: ShownCertificates, servername: string): Promise<string | null> {
  const server = createServer({ SNICallback: (name, done) => done(null, table.contextFor(name) ?? undefined) });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false });
  closing.push(() => socket.destroy());
  return await new Promise((resolve) => {
    socket.once("secureConnect", () => resolve(socket.getPeerX509Certificate()?.serialNumber ?? null));
    socket.once("error", () => resolve(null));
  });
}

const serialOf = ({ cert }: Pair): string => new X509Certificate(cert).serialNumber;
const NO_FILES = certificateTable([]);

describe("sealedCertificates()", () => {
  it("looks at a list once, whatever of it is of no use, and again for what could not be read", async () => {
    const { sealed, sealFor, publish, refresh, checks, values } = await world();
    const shop = selfSigned("shop.example.org");
    const foreign = edgeKeyOf({ ...newEdgeKey("foreign").privateJwk });
    const lost = await sealFor("lost", shop);
    const text = values.get(envelopeKey(lost)) ?? "";
    await publish(2, [
      entry("foreign", await sealFor("foreign", shop, foreign), ["shop.example.org"]),
      entry("lost", lost, ["shop.example.org", "not-in-it.example.org"]),
    ]);
    values.delete(envelopeKey(lost));
    for (let round = 1; round <= 3; round += 1) {
      await refresh();
      expect(checks).toHaveLength(round);
    }
    values.set(envelopeKey(lost), text);
    for (let round = 0; round < 3; round += 1) await refresh();
    expect(checks).toHaveLength(4);
    expect(await shown(sealed.over(NO_FILES), "shop.example.org")).toBe(serialOf(shop));
    await publish(1, []);
    for (let round = 0; round < 3; round += 1) await refresh();
    values.set(KEY_LIST, "unsigned");
    for (let round = 0; round < 3; round += 1) await refresh();
    expect(checks).toHaveLength(6);
    sealed.retry();
    await refresh();
    expect(checks).toHaveLength(7);
  });

  it("shows each for its own names, others' names excepted, and nothing for anybody else", async () => {
    const { sealed, sealFor, publish, refresh } = await world();
    const [shop, wide] = [selfSigned("shop.example.org"), selfSigned("*.example.org")];
    await publish(1, [
      entry("shop", await sealFor("shop", shop), ["shop.example.org"]),
      entry("wide", await sealFor("wide", wide), ["*.example.org"], { except: ["bank.example.org"] }),
    ]);
    await refresh();
    const table = sealed.over(NO_FILES);
    expect(await shown(table, "Shop.Example.org")).toBe(serialOf(shop));
    expect(await shown(table, "any.example.org")).toBe(serialOf(wide));
    for (const name of ["bank.example.org", "a.b.example.org", "example.org", "else.example.net"]) {
      expect(await shown(table, name), name).toBeNull();
    }
  });

  it("lets files go before where they are as close, and only them stand for unknown names", async () => {
    const { sealed, sealFor, publish, refresh } = await world();
    const [own, ownWide] = [selfSigned("own.example.org"), selfSigned("*.example.org")];
    const [a, b, wide, net] = ["own.example.org", "b.example.org", "*.example.org", "*.example.net"].map((name) =>
      selfSigned(name),
    );
    if (a === undefined || b === undefined || wide === undefined || net === undefined) throw new Error("no pairs");
    await publish(1, [
      entry("a", await sealFor("a", a), ["own.example.org"]),
      entry("b", await sealFor("b", b), ["b.example.org"]),
      entry("wide", await sealFor("wide", wide), ["*.example.org"]),
      entry("net", await sealFor("net", net), ["*.example.net"]),
    ]);
    await refresh();
    const files = certificateTable([own, ownWide]);
    const table = sealed.over(files);
    expect(await shown(table, "own.example.org")).toBe(serialOf(own));
    expect(await shown(table, "b.example.org")).toBe(serialOf(b));
    expect(await shown(table, "any.example.org")).toBe(serialOf(ownWide));
    expect(await shown(table, "any.example.net")).toBe(serialOf(net));
    expect(await shown(table, "unknown.example.com")).toBe(serialOf(own));
    files.replace([ownWide]);
    expect(await shown(table, "own.example.org")).toBe(serialOf(a));
  });

  it("takes no older list, no changed envelope, no foreign one and no bad pair; each leaves the last good one", async () => {
    const { sealed, sealFor, publish, refresh, values, log } = await world();
    const [first, second] = [selfSigned("shop.example.org"), selfSigned("shop.example.org")];
    const good = await sealFor("shop", first);
    const hosts = ["shop.example.org"];
    await publish(5, [entry("shop", good, hosts)]);
    await refresh();
    const table = sealed.over(NO_FILES);
    const stranger = edgeKeyOf({ ...newEdgeKey("other").privateJwk });
    const changed = await sealFor("shop", second);
    values.set(envelopeKey(changed), `${values.get(envelopeKey(changed))} `);
    const troubles: readonly (readonly [string, string | null, number])[] = [
      ["another one than the list names", changed, 6],
      ["not in the store", "00".repeat(32), 7],
      ["not sealed to a key of this edge", await sealFor("shop", second, stranger), 8],
      ["does not belong", await sealFor("shop", { ...second, key: first.key }), 9],
      ["holds no certificate", await sealFor("shop", { ...second, cert: "junk" }), 10],
      ["sealed for another Secret", await sealFor("other", second), 11],
    ];
    for (const [text, envelope, serial] of troubles) {
      await publish(serial, [entry("shop", envelope, hosts)]);
      await refresh();
      expect(log.at(-2) ?? "", text).toContain(text);
      expect(await shown(table, "shop.example.org"), text).toBe(serialOf(first));
    }
    await publish(4, [entry("shop", await sealFor("shop", second), hosts)]);
    await refresh();
    expect(log.at(-1)).toContain("list 4 is older than 11");
    await publish(12, [entry("shop", await sealFor("shop", second), hosts)], { audience: "other" });
    await refresh();
    expect(log.at(-1)).toContain('for the fleet "other"');
    values.delete(KEY_LIST);
    await refresh();
    expect(await shown(table, "shop.example.org")).toBe(serialOf(first));
    // Said once, not at each look.
    const lines = log.length;
    await refresh();
    expect(log).toHaveLength(lines);
    expect(log.join("\n")).not.toContain("PRIVATE");
  });

  it("shows nothing for a name that the certificate is not for", async () => {
    const { sealed, sealFor, publish, refresh, log } = await world();
    const hosts = ["bank.example.org", "shop.example.org"];
    await publish(1, [entry("shop", await sealFor("shop", selfSigned("shop.example.org")), hosts)]);
    await refresh();
    expect(log.join()).toContain("for bank.example.org: it is not for that name");
    expect(await shown(sealed.over(NO_FILES), "bank.example.org")).toBeNull();
    expect(await shown(sealed.over(NO_FILES), "shop.example.org")).not.toBeNull();
  });

  it("lets a name go when a newer list leaves it out, and keeps one that nobody could read", async () => {
    const { sealed, sealFor, publish, refresh } = await world();
    const [a, b] = [selfSigned("a.example.org"), selfSigned("b.example.org")];
    await publish(1, [
      entry("a", await sealFor("a", a), ["a.example.org"]),
      entry("b", await sealFor("b", b), ["b.example.org"]),
    ]);
    await refresh();
    await publish(2, [entry("b", null, ["b.example.org"]), entry("c", null, ["c.example.org"])]);
    await refresh();
    const table = sealed.over(NO_FILES);
    expect(await shown(table, "a.example.org")).toBeNull();
    expect(await shown(table, "b.example.org")).toBe(serialOf(b));
    expect(await shown(table, "c.example.org")).toBeNull();
  });

  it("opens with a second key what the first does not, once it has it", async () => {
    const { sealed, sealFor, publish, refresh, use, own, gets } = await world();
    const shop = selfSigned("shop.example.org");
    const fresh = edgeKeyOf({ ...newEdgeKey("edge").privateJwk });
    await publish(1, [entry("shop", await sealFor("shop", shop, fresh), ["shop.example.org"])]);
    await refresh();
    const table = sealed.over(NO_FILES);
    expect(await shown(table, "shop.example.org")).toBeNull();
    // With the same keys it never will open, so it is not read at each look.
    const { length } = gets;
    await refresh();
    expect(gets).toHaveLength(length);
    use([own, fresh]);
    sealed.retry();
    await refresh();
    expect(await shown(table, "shop.example.org")).toBe(serialOf(shop));
  });

  it("shows of two certificates for one name the one that lives longer", async () => {
    const { sealed, sealFor, publish, refresh } = await world();
    const [a, b] = [selfSigned("shop.example.org"), selfSigned("shop.example.org")];
    const hosts = ["shop.example.org"];
    await publish(1, [
      entry("a", await sealFor("a", a), hosts, { expiresMs: 1 }),
      entry("b", await sealFor("b", b), hosts, { expiresMs: 2 }),
    ]);
    await refresh();
    expect(await shown(sealed.over(NO_FILES), "shop.example.org")).toBe(serialOf(b));
  });

  it("keeps all of it while the store cannot be reached", async () => {
    const { sealed, sealFor, publish, refresh, log } = await world();
    const shop = selfSigned("shop.example.org");
    await publish(1, [entry("shop", await sealFor("shop", shop), ["shop.example.org"])]);
    await refresh();
    await sealed.refresh({ list: () => Promise.reject(new Error("no way")), get: () => Promise.resolve(null) });
    expect(log.at(-1)).toContain("the ones before stay: no way");
    expect(await shown(sealed.over(NO_FILES), "shop.example.org")).toBe(serialOf(shop));
  });
});
