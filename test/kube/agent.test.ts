import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClusterObject } from "../../src/core/objects.ts";
import { startAgent, type Agent } from "../../src/kube/agent/agent.ts";
import { agentReader, type AgentReader } from "../../src/kube/agent/agent-reader.ts";
import { type Agents, agents, type Reception } from "../../src/kube/agent/agents.ts";
import type { AgentMessage } from "../../src/kube/agent/message.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../../src/store/signature.ts";
import { type RunningApi, startAgentApi } from "../../workers/node-admin.ts";
import { cluster } from "../build/objects.ts";
import { kubeReaderTests, type MakeReader, readersOf } from "../conformance/kube-reader.ts";
import { eventually } from "../scenarios/until.ts";
import { authority } from "./access/authority.ts";
import { startSimApi } from "./sim-api.ts";

const ca = authority();
const tls = ca.issue("/CN=control", ["IP:127.0.0.1"]);
const told = (name: string): ClusterObject => cluster(name, { access: "agent" });

/** An agent and the control side of it, joined by real HTTPS, as one reader. */
const agentPair: MakeReader = (access, options): ObjectReader => {
  const name = access.cluster ?? "fra";
  const parts: { control?: Agents; api?: RunningApi; agent?: Agent } = {};
  const listeners: (() => void)[] = [];
  const reader = () => parts.control?.readers()[0];
  return {
    cluster: name,
    async start() {
      const keys = await generateSigningKeys();
      parts.control = await receiver(new Map([[name, keys.publicKey]]), [told(name)]);
      parts.control.onChange(() => {
        for (const listener of listeners) listener();
      });
      parts.api = await startAgentApi({ host: "127.0.0.1", port: 0 }, tls, { receive: parts.control.receive });
      parts.agent = await startAgent({
        cluster: name,
        api: access,
        control: { server: parts.api.url, ca: ca.cert },
        sign: manifestSigner(name, keys.privateKey),
        heartbeatMs: 100,
        reader: options,
        now: Date.now,
        log: () => undefined,
      });
      await eventually(
        () => Promise.resolve(parts.agent?.trouble()),
        (trouble) => trouble === null,
      );
    },
    observe() {
      const found = reader()?.observe();
      if (found === undefined) throw new Error("Cannot observe before the start");
      return found;
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      await parts.agent?.close();
      await parts.api?.close();
      await parts.control?.close();
    },
  };
};

async function receiver(
  keys: Parameters<typeof manifestVerifier>[0],
  clusters: readonly ClusterObject[],
  more: { remembered?: Map<string, { epoch: number; counter: number }>; silenceMs?: number } = {},
): Promise<Agents> {
  const { remembered = new Map<string, { epoch: number; counter: number }>(), silenceMs = 2000 } = more;
  const made = agents({
    verify: manifestVerifier(keys),
    recall: (name) => Promise.resolve(remembered.get(name) ?? null),
    remember: (name, sequence) => Promise.resolve(void remembered.set(name, sequence)),
    claimClassless: false,
    silenceMs,
    now: Date.now,
  });
  await made.keep(clusters);
  return made;
}

describe("a reader through an agent", () => {
  let suite: ReturnType<typeof readersOf>;
  beforeEach(async () => {
    suite = readersOf(await startSimApi(), agentPair);
  });
  afterEach(() => suite.close());
  kubeReaderTests((title, run) => it(title, () => run(suite)));
});

const service = (name: string) => ({ metadata: { name, namespace: "default" }, spec: { ports: [{ port: 80 }] } });
const message = (counter: number, more: Partial<AgentMessage> = {}): AgentMessage => ({
  cluster: "fra",
  epoch: 1000,
  counter,
  type: "alive",
  reachable: true,
  complete: true,
  error: null,
  changes: [],
  deleted: [],
  ...more,
});
const state = (counter: number, more: Partial<AgentMessage> = {}) =>
  message(counter, { type: "state", changes: [{ op: "replace", kind: "Service", items: [service("a")] }], ...more });

describe("agentReader()", () => {
  let nowMs = 0;
  let reader: AgentReader;
  const open = (last: { epoch: number; counter: number } | null = null) =>
    agentReader({ cluster: "fra", claimClassless: false, last, silenceMs: 15_000, now: () => nowMs });
  const names = () => reader.observe().objects.services.map(({ meta }) => meta.name);
  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    reader = open();
  });
  afterEach(() => reader.close());

  it("takes silence for an unreachable API, and never for an empty cluster", () => {
    expect(reader.observe()).toMatchObject({ reachable: false, complete: false });
    expect(reader.receive(state(1))).toBe("taken");
    expect(reader.observe()).toMatchObject({ reachable: true, complete: true, error: null });
    nowMs += 15_001;
    expect(reader.observe()).toMatchObject({
      reachable: false,
      complete: true,
      error: 'Cannot read cluster "fra": its agent is silent since 2027-01-15T08:00:00.000Z',
    });
    expect(names()).toEqual(["a"]);
    expect(reader.receive(message(2))).toBe("taken");
    expect(reader.observe().reachable).toBe(true);
  });

  it("says what the agent says of its own API, and keeps the objects", () => {
    reader.receive(state(1));
    reader.receive(message(2, { reachable: false, error: "/readyz: no answer in time" }));
    expect(reader.observe()).toMatchObject({ reachable: false, error: "/readyz: no answer in time" });
    expect(names()).toEqual(["a"]);
  });

  it("refuses replays, also those of before a restart", () => {
    reader.receive(state(1));
    expect(reader.receive(state(1))).toBe("replay");
    expect(reader.receive(state(5, { epoch: 999 }))).toBe("replay");
    reader = open({ epoch: 1000, counter: 7 });
    expect([state(7), state(1), state(99, { epoch: 999 })].map((one) => reader.receive(one))).toEqual([
      "replay",
      "replay",
      "replay",
    ]);
    expect(reader.observe().complete).toBe(false);
    expect(reader.receive(state(8))).toBe("taken");
  });

  it("asks for everything when something is missing in between", () => {
    expect(reader.receive(message(1))).toBe("resend");
    reader.receive(state(2));
    expect(reader.receive(message(4, { type: "changes" }))).toBe("resend");
    expect(reader.receive(message(1, { epoch: 2000, type: "changes" }))).toBe("resend");
    expect(reader.receive(message(3))).toBe("taken");
  });

  it("follows changes, and explains a deletion that the agent saw", () => {
    reader.receive(state(1));
    const added = { op: "store", kind: "Service", item: service("b") } as const;
    reader.receive(
      message(2, { type: "changes", changes: [added, { op: "remove", kind: "Service", item: service("a") }] }),
    );
    expect(names()).toEqual(["b"]);
    expect([...reader.observe().deleted]).toEqual(["Service/default/a"]);
    reader.receive(state(3, { deleted: ["Service/default/x"], changes: [] }));
    expect([...reader.observe().deleted]).toEqual(["Service/default/x"]);
    expect(names()).toEqual([]);
  });

  it("believes no agent about kinds that are not a member's", () => {
    const evil = { metadata: { name: "evil" }, spec: { weight: 1000 } };
    reader.receive(state(1, { changes: [{ op: "replace", kind: "Cluster", items: [evil] }] }));
    expect(reader.observe().objects.clusters).toEqual([]);
    reader.receive(state(2, { changes: [{ op: "replace", kind: "Service", items: ["hostile", null, service("a")] }] }));
    expect(names()).toEqual(["a"]);
    expect(reader.observe().problems.length).toBeGreaterThan(0);
  });
});

describe("agents()", () => {
  it("believes a cluster's own key and no other, and only for that cluster", async () => {
    const [fra, eu] = [await generateSigningKeys(), await generateSigningKeys()];
    const control = await receiver(
      new Map([
        ["fra", fra.publicKey],
        ["eu", eu.publicKey],
      ]),
      [told("fra")],
    );
    const say = async (
      path: string,
      keyId: string,
      keys: typeof fra,
      payload: string,
      more: object = {},
    ): Promise<Reception> =>
      await control.receive(path, { payload, ...(await manifestSigner(keyId, keys.privateKey)(payload)), ...more });
    const text = JSON.stringify(state(1));
    expect(await say("fra", "eu", eu, text)).toBe("Unauthorized");
    expect(await say("fra", "fra", eu, text)).toBe("Unauthorized");
    expect(await say("fra", "fra", fra, text, { payload: text.replace('"a"', '"b"') })).toBe("Unauthorized");
    expect(await say("eu", "eu", eu, text)).toBe("Invalid");
    expect(await say("eu", "eu", eu, text.replace("fra", "eu"))).toBe("Unknown");
    expect(await say("fra", "fra", fra, "{}")).toBe("Invalid");
    expect(await control.receive("fra", "text")).toBe("Invalid");
    expect(await say("fra", "fra", fra, text)).toBe("Taken");
    expect(await say("fra", "fra", fra, text)).toBe("Replay");
    await control.close();
  });

  it("goes on after control has restarted, without a person", async () => {
    const keys = await generateSigningKeys();
    const remembered = new Map<string, { epoch: number; counter: number }>();
    const open = async () => await receiver(new Map([["fra", keys.publicKey]]), [told("fra")], { remembered });
    let control = await open();
    const api = await startAgentApi({ host: "127.0.0.1", port: 0 }, tls, {
      receive: (name, body) => control.receive(name, body),
    });
    const sim = await startSimApi();
    await sim.create("one", 80);
    const agent = await startAgent({
      cluster: "fra",
      api: sim.access,
      control: { server: api.url, ca: ca.cert },
      sign: manifestSigner("fra", keys.privateKey),
      heartbeatMs: 50,
      now: Date.now,
      log: () => undefined,
    });
    const services = () =>
      Promise.resolve(
        control
          .readers()[0]
          ?.observe()
          .objects.services.map(({ meta }) => meta.name) ?? [],
      );
    await eventually(services, (all) => all.includes("one"));
    await control.close();
    control = await open();
    expect(await services()).toEqual([]);
    await eventually(services, (all) => all.includes("one"));
    expect(remembered.get("fra")?.counter).toBeGreaterThan(1);
    await agent.close();
    await sim.close();
    await api.close();
    await control.close();
  });
});
