import { describe, expect, it } from "vitest";
import { newControlState, reconcile, type ReconcileResult } from "../../src/control/reconcile.ts";
import { tlsMetrics } from "../../src/control/tls-metrics.ts";
import { tlsKeys, type TlsKeysDeps } from "../../src/control/tls-keys.ts";
import { KEY_LIST, secretId } from "../../src/core/keys/key-list.ts";
import type { SecretRead } from "../../src/core/keys/secret-read.ts";
import type { IngressObject, Observation } from "../../src/core/objects.ts";
import { edgeKeyOf, newEdgeKey, type Recipient } from "../../src/store/keys/edge-key.ts";
import { keyStore } from "../../src/store/keys/key-store.ts";
import { openKey } from "../../src/store/keys/seal.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier, sha256Hex } from "../../src/store/signature.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { selfSigned } from "../build/certificate.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";
import { type SetReader, setReader } from "../build/set-reader.ts";

const site = (name: string, host: string, secretName: string | null, namespace = "default"): IngressObject =>
  ingress(name, {
    meta: { namespace },
    rules: [rule(host, "/", "web")],
    tls: secretName === null ? [] : [{ hosts: [host], secretName }],
  });
const SHOP = site("shop", "shop.example.org", "shop");
const [first, second, other] = ["shop", "shop", "other"].map((name) => selfSigned(`${name}.example.org`));
const edgeKey = () => edgeKeyOf({ ...newEdgeKey("edge").privateJwk });
const AUDIENCE = "test";

async function world() {
  const store = memoryStore();
  const pair = await generateSigningKeys();
  const [sign, verify] = [manifestSigner("k1", pair.privateKey), manifestVerifier(new Map([["k1", pair.publicKey]]))];
  const config = setReader(observation(null, { clusters: [cluster("us"), cluster("eu")] }));
  const services = ["default", "evil"].map((namespace) => service("web", { namespace }));
  const us = setReader(observation("us", { ingresses: [SHOP], services }));
  const eu = setReader(observation("eu", { services }));
  const secrets = new Map<string, SecretRead>();
  const reads: string[] = [];
  const edge = edgeKey();
  const to: { now: readonly Recipient[] } = { now: [edge] };
  let nowMs = Date.now();
  const keys = keyStore({ store, audience: AUDIENCE, sign, verify });
  const control = () => {
    const deps: TlsKeysDeps = {
      keys,
      reader: () => async (secret) => {
        reads.push(secretId(secret));
        const why = "there is no such Secret; create it";
        return secrets.get(secretId(secret)) ?? { ok: false, reason: "SecretNotFound", why };
      },
      recipients: async () => to.now,
      digest: sha256Hex,
      now: () => nowMs,
    };
    const state = newControlState(store);
    const made = tlsKeys(deps, { audience: AUDIENCE, intervalMs: 60_000 });
    const observe = (): Promise<ReconcileResult> =>
      reconcile({ store, config, clusters: () => [us, eu], digest: sha256Hex, sign, verify, now: () => nowMs }, state, {
        audience: AUDIENCE,
        allowPrivateOrigins: false,
      });
    return {
      observe,
      made,
      once: async () => await made.bring(await observe()),
      reasons: () => made.problems().map(({ object, reason }) => `${object}: ${reason}`),
    };
  };
  return {
    store,
    us,
    eu,
    secrets,
    reads,
    edge,
    to,
    keys,
    control,
    pass: (ms: number) => void (nowMs += ms),
    list: async () => (await keys.current()).list,
    /** What an edge with this key gets: the certificate by host. */
    async opened(key = edge): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      for (const entry of (await keys.current()).list?.entries ?? []) {
        if (entry.envelope === null) continue;
        const stored = await store.get(`keys/${entry.envelope}`);
        const text = new TextDecoder().decode(stored?.value);
        const result = openKey(text, { ...entry, audience: AUDIENCE }, [key]);
        for (const host of entry.hosts) found[host] = result.ok ? result.cert : result.why;
      }
      return found;
    },
  };
}

const good = (pair: typeof first): SecretRead => ({ ok: true, cert: pair?.cert ?? "", key: pair?.key ?? "" });
const held = (reader: SetReader, ...ingresses: readonly IngressObject[]): Observation => ({
  ...reader.now,
  objects: { ...reader.now.objects, ingresses },
});

describe("tlsKeys()", () => {
  it("seals what spec.tls names, reads it again after a while, and writes nothing that is as it was", async () => {
    const { control, secrets, reads, opened, store, pass } = await world();
    const { once, reasons } = control();
    secrets.set("us/default/shop", good(first));
    expect(await once()).toMatchObject([{ secret: "shop" }]);
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
    const version = (await store.get(KEY_LIST))?.version;
    expect(await once()).toBeNull();
    pass(59_000);
    expect(await once()).toBeNull();
    expect(reads).toEqual(["us/default/shop"]);
    pass(1_000);
    expect(await once()).toEqual([]);
    expect(reads).toHaveLength(2);
    expect((await store.get(KEY_LIST))?.version).toBe(version);
    // Another control function, or this one after a restart, finds everything as it should be.
    expect(await control().once()).toEqual([]);
    expect((await store.get(KEY_LIST))?.version).toBe(version);
    secrets.set("us/default/shop", good(second));
    pass(60_000);
    expect(await once()).toMatchObject([{ secret: "shop" }]);
    expect(await opened()).toEqual({ "shop.example.org": second?.cert });
    expect(reasons()).toEqual([]);
  });

  it("keeps the certificate whatever becomes of the Secret, and reports it at the Ingress", async () => {
    const { control, secrets, opened, pass, store } = await world();
    const { once, reasons, made } = control();
    secrets.set("us/default/shop", good(first));
    await once();
    expect(tlsMetrics(made.entries())).toMatch(/\{state="sealed"\} 1\n[^]*expiry_timestamp_seconds \d{10}\n$/);
    const version = (await store.get(KEY_LIST))?.version;
    const bad: Record<string, SecretRead | null> = {
      SecretNotFound: null,
      SecretForbidden: { ok: false, reason: "SecretForbidden", why: "the API answered 403" },
      SecretUnreadable: { ok: false, reason: "SecretUnreadable", why: "no answer" },
      CertificateInvalid: { ok: true, cert: first?.cert ?? "", key: second?.key ?? "" },
      CertificateNotForHost: good(other),
    };
    for (const [reason, read] of Object.entries(bad)) {
      if (read === null) secrets.delete("us/default/shop");
      else secrets.set("us/default/shop", read);
      pass(60_000);
      expect(await once(), reason).toEqual([]);
      expect(reasons()).toEqual([`Ingress default/shop: ${reason}`]);
      expect(tlsMetrics(made.entries())).toContain('portolan_control_tls_secrets{state="kept"} 1\n');
      expect(await opened(), reason).toEqual({ "shop.example.org": first?.cert });
    }
    // Its time runs out; there is nothing better.
    secrets.set("us/default/shop", good(first));
    pass(3 * 86_400_000);
    expect(await once()).toEqual([]);
    expect(reasons()).toEqual(["Ingress default/shop: CertificateExpired"]);
    expect((await store.get(KEY_LIST))?.version).toBe(version);
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
  });

  it("judges each Secret alone", async () => {
    const { control, us, secrets, opened } = await world();
    us.now = held(us, SHOP, site("other", "other.example.org", "other"), site("none", "none.example.org", "none"));
    secrets.set("us/default/shop", { ok: true, cert: "junk", key: "junk" });
    secrets.set("us/default/other", good(other));
    const { once, reasons } = control();
    await once();
    expect(await opened()).toEqual({ "other.example.org": other?.cert });
    expect(reasons()).toEqual(["Ingress default/shop: CertificateInvalid", "Ingress default/none: SecretNotFound"]);
  });

  it("leaves out a certificate that is too large to be sealed, however that comes about", async () => {
    const { control, us, secrets, opened } = await world();
    us.now = held(us, SHOP, site("other", "other.example.org", "other"));
    // Each of them is two characters in the text that is sealed, or three bytes.
    for (const filler of ["\n".repeat(100_000), "é€".repeat(30_000)]) {
      secrets.set("us/default/shop", { ok: true, cert: `${first?.cert}${filler}`, key: first?.key ?? "" });
      secrets.set("us/default/other", good(other));
      const { once, reasons } = control();
      await once();
      expect(await opened()).toEqual({ "other.example.org": other?.cert });
      expect(reasons()).toEqual(["Ingress default/shop: SecretInvalid"]);
    }
  });

  it("lists of a certificate with a thousand names those that it is shown for, and few others", async () => {
    const { control, secrets, list } = await world();
    const others = Array.from({ length: 900 }, (_, index) => `DNS:${"x".repeat(60)}.${index}.example.org`);
    secrets.set("us/default/shop", good(selfSigned("shop.example.org", [...others, "DNS:*.example.org"])));
    await control().once();
    const [entry] = (await list())?.entries ?? [];
    expect(entry?.names).toHaveLength(100);
    expect(entry?.names.slice(0, 2)).toEqual(["shop.example.org", "*.example.org"]);
  });

  it("asks a cluster that does not answer for a few Secrets, not for all of them", async () => {
    const { control, us, eu, secrets, reads, opened } = await world();
    const why = "no answer in time";
    const silent: SecretRead = { ok: false, reason: "SecretUnreadable", why, isSilent: true };
    const sites = Array.from({ length: 40 }, (_, index) => site(`s${index}`, `s${index}.example.org`, `s${index}`));
    us.now = held(us, ...sites);
    eu.now = held(eu, site("other", "other.example.org", "other"));
    for (const { meta } of sites) secrets.set(`us/default/${meta.name}`, silent);
    secrets.set("eu/default/other", good(other));
    const { once, reasons } = control();
    await once();
    expect(reads.filter((id) => id.startsWith("us/"))).toHaveLength(8);
    expect(reasons().filter((text) => text.endsWith("SecretUnreadable"))).toHaveLength(40);
    expect(await opened()).toEqual({ "other.example.org": other?.cert });
  });

  it("goes on behind a Secret that the API cannot give, as one that it cannot decrypt", async () => {
    const { control, us, secrets, opened } = await world();
    const broken = Array.from({ length: 10 }, (_, index) => site(`s${index}`, `s${index}.example.org`, `s${index}`));
    us.now = held(us, ...broken, SHOP);
    for (const { meta } of broken) {
      secrets.set(`us/default/${meta.name}`, { ok: false, reason: "SecretUnreadable", why: "the API answered 500" });
    }
    secrets.set("us/default/shop", good(first));
    await control().once();
    expect((await opened())["shop.example.org"]).toBe(first?.cert);
  });

  it("lets a certificate go when it was seen to be unwanted, and only then", async () => {
    const { control, us, secrets, opened, pass } = await world();
    secrets.set("us/default/shop", good(first));
    const { once } = control();
    await once();
    const kept = { "shop.example.org": first?.cert };
    // The API is away: its objects are the last ones that it told.
    us.now = { ...us.now, reachable: false };
    secrets.delete("us/default/shop");
    pass(60_000);
    await once();
    expect(await opened()).toEqual(kept);
    // A new listing lacks the Ingress, and nobody saw it go: the host is withheld, and so is its certificate.
    us.now = { ...held(us), reachable: true };
    await once();
    expect(await opened()).toEqual(kept);
    // It comes back without TLS: that was seen.
    us.now = held(us, site("shop", "shop.example.org", null));
    await once();
    expect(await opened()).toEqual({});
  });

  it("lets it go with the Ingress whose deletion was observed", async () => {
    const { control, us, secrets, opened } = await world();
    us.now = held(us, SHOP, site("more", "shop.example.org", null));
    secrets.set("us/default/shop", good(first));
    const { once } = control();
    await once();
    us.now = { ...held(us, site("more", "shop.example.org", null)), deleted: new Set(["Ingress/default/shop"]) };
    await once();
    expect(await opened()).toEqual({});
  });

  it("gives a host's name to nobody but its owner, at once when the owner changes", async () => {
    const { control, us, eu, secrets, opened } = await world();
    eu.now = held(eu, site("thief", "shop.example.org", "mine", "evil"));
    secrets.set("us/default/shop", good(first));
    secrets.set("eu/evil/mine", good(second));
    const { once, reasons } = control();
    await once();
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
    expect(reasons()).toEqual(["Ingress evil/thief: TlsHostNotServed"]);
    expect(us.now.objects.ingresses).toHaveLength(1);
  });

  it("seals anew for other recipients, and keeps what cannot be read for the old ones", async () => {
    const { control, us, secrets, opened, edge, to, list, pass } = await world();
    us.now = held(us, SHOP, site("other", "other.example.org", "other"));
    secrets.set("us/default/shop", good(first));
    secrets.set("us/default/other", good(other));
    const { once } = control();
    await once();
    const fresh = edgeKey();
    secrets.set("us/default/other", { ok: false, reason: "SecretForbidden", why: "403" });
    pass(60_000);
    to.now = [edge, fresh];
    expect(await once()).toMatchObject([{ secret: "shop" }]);
    expect(await opened(fresh)).toEqual({
      "shop.example.org": first?.cert,
      "other.example.org": "it is not sealed to a key of this edge",
    });
    expect(await opened(edge)).toEqual({ "shop.example.org": first?.cert, "other.example.org": other?.cert });
    to.now = [fresh];
    await once();
    expect((await opened(edge))["shop.example.org"]).toBe("it is not sealed to a key of this edge");
    expect((await opened(fresh))["shop.example.org"]).toBe(first?.cert);
    expect((await list())?.entries.map(({ recipients }) => recipients.length)).toEqual([1, 1]);
  });

  it("publishes again into a store that was lost, and says of what it cannot read that it is still wanted", async () => {
    const { control, us, store, secrets, opened, list, pass } = await world();
    us.now = held(us, SHOP, site("other", "other.example.org", "other"));
    secrets.set("us/default/shop", good(first));
    secrets.set("us/default/other", good(other));
    const { once } = control();
    await once();
    const before = await list();
    for (const key of await store.list("keys/")) await store.delete(key);
    secrets.delete("us/default/other");
    pass(60_000);
    expect(await once()).toMatchObject([{ secret: "shop" }]);
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
    const after = await list();
    expect(after?.serial).toBeGreaterThan(before?.serial ?? 0);
    expect(after?.entries).toMatchObject([
      { secret: "other", envelope: null, hosts: ["other.example.org"] },
      { secret: "shop", hosts: ["shop.example.org"] },
    ]);
  });

  it("loses to another writer without harm, and removes envelopes two lists later", async () => {
    const { control, store, secrets, opened, pass } = await world();
    const [a, b] = [control(), control()];
    secrets.set("us/default/shop", good(first));
    await Promise.all([a.once(), b.once()]);
    await b.once();
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
    for (const pair of [second, first, second, first]) {
      secrets.set("us/default/shop", good(pair));
      pass(60_000);
      await a.once();
      await b.once();
      expect(await opened()).toEqual({ "shop.example.org": pair?.cert });
    }
    // The list, its envelope, the one before, and what lost the race at the start.
    expect((await store.list("keys/")).length).toBeLessThanOrEqual(4);
  });

  it("does not forget what it read while the store was away", async () => {
    const { control, store, secrets, opened, pass } = await world();
    secrets.set("us/default/shop", good(first));
    const { made, observe, once } = control();
    await once();
    secrets.set("us/default/shop", good(second));
    pass(60_000);
    const result = await observe();
    const { put } = store;
    Object.assign(store, { put: () => Promise.reject(new Error("the store is away")) });
    await expect(made.bring(result)).rejects.toThrow("the store is away");
    Object.assign(store, { put });
    // At the next reconcile, not only when the Secret is due again.
    expect(await made.bring(result)).toMatchObject([{ secret: "shop" }]);
    expect(await opened()).toEqual({ "shop.example.org": second?.cert });
  });

  it("excepts others' names from a wildcard, also from one that is only held", async () => {
    const { control, us, eu, secrets, list, pass } = await world();
    us.now = held(us, site("wide", "*.example.org", "wide"));
    secrets.set("us/default/wide", good(selfSigned("*.example.org")));
    const { once } = control();
    await once();
    expect((await list())?.entries[0]?.except).toEqual([]);
    us.now = held(us);
    eu.now = held(eu, site("bank", "bank.example.org", null, "evil"));
    pass(60_000);
    await once();
    expect((await list())?.entries).toMatchObject([{ hosts: ["*.example.org"], except: ["bank.example.org"] }]);
  });

  it("takes a list that somebody else signed for none, and replaces it", async () => {
    const { control, store, secrets, opened, list, pass } = await world();
    secrets.set("us/default/shop", good(first));
    const { once } = control();
    await once();
    await store.put(KEY_LIST, new TextEncoder().encode('{"payload":"{}","keyId":"k1","signature":"AAAA"}'), "any");
    expect(await list()).toBeNull();
    pass(60_000);
    expect(await once()).toMatchObject([{ secret: "shop" }]);
    expect(await opened()).toEqual({ "shop.example.org": first?.cert });
  });

  it("changes nothing while it cannot be told whom to seal to", async () => {
    const { control, store, secrets, to, pass } = await world();
    secrets.set("us/default/shop", good(first));
    const { made, observe, once } = control();
    await once();
    const version = (await store.get(KEY_LIST))?.version;
    Object.defineProperty(to, "now", {
      get: () => {
        throw new Error("Cannot read the file");
      },
    });
    pass(60_000);
    await expect(made.bring(await observe())).rejects.toThrow("Cannot read the file");
    expect((await store.get(KEY_LIST))?.version).toBe(version);
  });

  it("puts nothing of a key anywhere but into envelopes", async () => {
    const { control, store, secrets } = await world();
    secrets.set("us/default/shop", good(first));
    const { once, made } = control();
    await once();
    const line = first?.key.split("\n")[1] ?? "";
    expect(line.length).toBeGreaterThan(20);
    for (const prefix of ["control", "keys", "manifest", "manifests", "overlay", "slices"]) {
      for (const key of await store.list(prefix)) {
        const text = new TextDecoder().decode((await store.get(key))?.value);
        expect(text, key).not.toContain(line);
      }
    }
    expect(JSON.stringify(made.problems())).not.toContain(line);
  });
});
