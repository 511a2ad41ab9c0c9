import { beforeEach, describe, expect, it } from "vitest";
import { mirror, reportsStep } from "../../src/control/mirror.ts";
import { partsSteps } from "../../src/control/push-parts.ts";
import type { HostRoutes, Snapshot } from "../../src/core/model.ts";
import { loadPart } from "../../src/core/snapshot/load-part.ts";
import { overlayText, parseOverlay } from "../../src/core/snapshot/overlay.ts";
import { publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier, sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { textStore } from "../../src/store/text.ts";
import { randomWorld } from "../edge/decisions/random-world.ts";

const { snapshot: WORLD, overlay: OVERLAY } = randomWorld({ seed: 3, hosts: 6, clusters: 4, requests: 0 });
const INDEX = "parts/index";

interface World {
  readonly source: Store;
  readonly target: Store;
  /** Keys that were written since it was looked at last, sorted. */
  written(): readonly string[];
  publish(snapshot: Snapshot): Promise<void>;
  /** Pushes as the holder of this key; what was said. */
  push(keyId?: string): Promise<readonly string[]>;
  hostOf(host: string): Promise<HostRoutes | string | undefined>;
}

async function makeWorld(): Promise<World> {
  const source = memoryStore();
  const text = textStore(source);
  const memory = memoryStore();
  const puts: string[] = [];
  const target: Store = {
    ...memory,
    put(key, value, condition) {
      puts.push(key);
      return memory.put(key, value, condition);
    },
  };
  const { privateKey, publicKey } = await generateSigningKeys();
  const verify = manifestVerifier(new Map(["k1", "k2"].map((id) => [id, publicKey])));
  const said: string[] = [];
  const pushers = new Map<string, ReturnType<typeof mirror>>();
  let generation = 0;
  return {
    source,
    target,
    written: () => puts.splice(0).sort(),
    async publish(snapshot) {
      generation += 1;
      const replaces = (await text.getVersioned("manifest"))?.version ?? null;
      const options = {
        epoch: 1,
        generation,
        audience: "test",
        publishedAtMs: 0,
        replaces,
        knownSlices: new Set<string>(),
      };
      await publishSnapshot({ put: text.put, digest: sha256Hex, sign: null }, snapshot, options);
    },
    async push(keyId = "k1") {
      const options = {
        source,
        target,
        audience: "test",
        digest: sha256Hex,
        onProblem: (line: string) => void said.push(line),
      };
      const steps = () => {
        const { manifest, overlay } = partsSteps({ ...options, sign: manifestSigner(keyId, privateKey) });
        return [manifest, overlay];
      };
      const one = pushers.get(keyId) ?? mirror({ ...options, steps });
      pushers.set(keyId, one);
      one.push();
      await one.settled();
      return said.splice(0);
    },
    async hostOf(host) {
      const read = await loadPart({ get: textStore(target).get, digest: sha256Hex, verify, audience: "test" }, host);
      return read.result === "loaded" ? read.loaded.snapshot.hosts[0] : read.result;
    },
  };
}

const keyOf = async (host: string) => `parts/${await sha256Hex(host)}`;

describe("partsSteps()", () => {
  let world: World;
  const [first, ...others] = WORLD.hosts;
  if (first === undefined) throw new Error("the world has no host");
  beforeEach(async () => {
    world = await makeWorld();
    await world.publish(WORLD);
  });

  it("writes a part for each host, signed, and what is read is what was published", async () => {
    expect(await world.push()).toEqual([]);
    const keys = await Promise.all(WORLD.hosts.map(({ host }) => keyOf(host)));
    expect(world.written()).toEqual([...keys, "parts/rest", INDEX].sort());
    for (const host of WORLD.hosts) {
      expect(await world.hostOf(host.host.replace("*", "x"))).toEqual({ ...host, sources: [] });
    }
    expect(await world.hostOf("nobody.example.org")).toBeUndefined();
  });

  it("writes only what changed, also after a restart, and takes away what is gone", async () => {
    await world.push();
    world.written();
    await world.push();
    expect(world.written()).toEqual([]);
    await world.publish({ ...WORLD, hosts: [{ ...first, routes: first.routes.slice(1) }, ...others] });
    await world.push();
    expect(world.written()).toEqual([await keyOf(first.host), INDEX].sort());
    await world.publish({ ...WORLD, hosts: others });
    await world.push();
    expect(world.written()).toEqual([INDEX]);
    expect(await world.hostOf(first.host.replace("*", "x"))).toBeUndefined();
    // A second control function, with another key, knows nothing of the first.
    await world.push("k2");
    expect(world.written()).toHaveLength(others.length + 2);
    await world.push("k2");
    expect(world.written()).toEqual([]);
  });

  it("writes again what was lost before it was noted", async () => {
    await world.push();
    world.written();
    await world.target.delete(INDEX);
    await world.publish({ ...WORLD, hosts: [{ ...first, owner: "other" }, ...others] });
    await world.push();
    expect(world.written()).toHaveLength(WORLD.hosts.length + 2);
  });

  it("names a host that is too large for one request, and leaves one out that nobody could read", async () => {
    const routes = (count: number, from = "/p") =>
      Array.from({ length: count }, (_, index) => ({
        ...first.routes[0],
        path: { type: "Prefix", value: `${from}${index}` },
      })) as HostRoutes["routes"];
    await world.push();
    world.written();
    await world.publish({ ...WORLD, hosts: [{ ...first, routes: routes(200) }, ...others] });
    expect(await world.push()).toEqual([
      expect.stringMatching(
        /^"\*\.wild0\.example\.org" takes \d{5} characters of 32768 and is read at each request on edges/,
      ),
    ]);
    expect(world.written()).toHaveLength(2);
    await world.publish({ ...WORLD, hosts: [{ ...first, routes: routes(6000, "/q") }, ...others] });
    expect(await world.push()).toEqual([expect.stringContaining("and is not published on edges")]);
    // What edges had stays.
    expect(world.written()).toEqual([]);
    expect(await world.hostOf("x.wild0.example.org")).toMatchObject({ routes: routes(200) });
  });

  it("keeps a brief overlay beside them, written at each push", async () => {
    await world.source.put("overlay", new TextEncoder().encode(overlayText(OVERLAY)), "any");
    await world.push();
    expect(await overlayOf(world.target)).toEqual({ ...OVERLAY, events: [], published: { epoch: 1, generation: 1 } });
    await world.publish({ ...WORLD, hosts: others });
    await world.push();
    expect(await overlayOf(world.target)).toMatchObject({ published: { epoch: 1, generation: 2 } });
    world.written();
    await world.push();
    expect(world.written()).toEqual(["parts/overlay"]);
  });
});

describe("reportsStep()", () => {
  it("fetches what edges wrote, and nothing else", async () => {
    const [source, target] = [memoryStore(), memoryStore()];
    for (const key of ["reports/fastly-fra", "reports/fastly-nrt", "parts/rest"])
      await textStore(target).put(key, key, "any");
    await reportsStep(source, target)();
    expect(await source.list("")).toEqual(["reports/fastly-fra", "reports/fastly-nrt"]);
    expect(await textStore(source).get("reports/fastly-nrt")).toBe("reports/fastly-nrt");
  });
});

async function overlayOf(store: Store): Promise<unknown> {
  const parsed = parseOverlay((await textStore(store).get("parts/overlay")) ?? "");
  return parsed.ok ? parsed.overlay : parsed.problem;
}
