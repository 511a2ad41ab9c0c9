import { describe, expect, it } from "vitest";
import { mailReader, receiveMail, type MailReaderOptions } from "../../src/kube/agent/mailbox.ts";
import type { AgentMessage } from "../../src/kube/agent/message.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../../src/store/signature.ts";
import { textStore } from "../../src/store/text.ts";

const item = (name: string, version: number) => ({
  metadata: { namespace: "default", name, resourceVersion: String(version), uid: `uid-${name}` },
  spec: { ports: [{ port: 80 }] },
});
const state = (more: Partial<AgentMessage> = {}): AgentMessage => ({
  cluster: "fra",
  epoch: 1,
  counter: 1,
  type: "state",
  reachable: true,
  complete: true,
  error: null,
  changes: [{ op: "replace", kind: "Service", items: [item("a", 1)] }],
  deleted: [],
  ...more,
});
const changes = (counter: number, more: Partial<AgentMessage> = {}): AgentMessage =>
  state({
    counter,
    type: "changes",
    changes: [{ op: "store", kind: "Service", item: item(`s${counter}`, counter) }],
    ...more,
  });

async function box() {
  const keys = await generateSigningKeys();
  const store = memoryStore();
  const sign = manifestSigner("fra", keys.privateKey);
  let nowMs = 1_000_000;
  const options: MailReaderOptions = {
    mail: { ...textStore(store), delete: store.delete },
    verify: manifestVerifier(new Map([["fra", keys.publicKey]])),
    now: () => nowMs,
    claimClassless: false,
    silenceMs: 60_000,
  };
  const send = async (message: AgentMessage) => {
    const payload = JSON.stringify(message);
    return await receiveMail(message.cluster, { payload, ...(await sign(payload)) }, options);
  };
  const read = async () => {
    const reader = await mailReader("fra", options);
    const seen = reader.observe();
    await reader.close();
    return seen;
  };
  const services = async () => (await read()).objects.services.map(({ meta }) => meta.name);
  return { store, options, send, read, services, advance: (ms: number) => void (nowMs += ms) };
}

describe("receiveMail() and mailReader()", () => {
  it("keep what an agent says, in order, for whoever reads it later", async () => {
    const { send, services, read } = await box();
    expect((await read()).complete).toBe(false);
    expect([await send(state()), await send(changes(2)), await send(changes(3))]).toEqual(["Taken", "Taken", "Taken"]);
    expect(await services()).toEqual(["a", "s2", "s3"]);
    const gone: AgentMessage = changes(4, { changes: [{ op: "remove", kind: "Service", item: item("a", 9) }] });
    expect(await send(gone)).toBe("Taken");
    const seen = await read();
    expect(seen.objects.services.map(({ meta }) => meta.name)).toEqual(["s2", "s3"]);
    expect([...seen.deleted]).toEqual(["Service/default/a"]);
  });

  it("refuse a replay, a gap, and a message of nobody", async () => {
    const { send, options } = await box();
    expect(await send(changes(1))).toBe("Resend");
    await send(state());
    expect([await send(state()), await send(changes(3)), await send(changes(2))]).toEqual([
      "Replay",
      "Resend",
      "Taken",
    ]);
    expect(await send(state({ cluster: "nyc" }))).toBe("Unauthorized");
    expect(await receiveMail("fra", { payload: "{}", keyId: "fra", signature: "AA==" }, options)).toBe("Unauthorized");
    expect(await receiveMail("fra", null, options)).toBe("Invalid");
    // A younger agent of the same cluster counts, an older one no more.
    expect([await send(state({ epoch: 2 })), await send(changes(3))]).toEqual(["Taken", "Replay"]);
  });

  it("ask for everything when many changes were kept, and drop what came before", async () => {
    const { send, services, store } = await box();
    await send(state());
    let last = "Taken";
    let counter = 1;
    while (last === "Taken") last = await send(changes((counter += 1)));
    expect([last, counter]).toEqual(["Resend", 51]);
    expect(await send(state({ counter: 51 }))).toBe("Taken");
    expect(await services()).toEqual(["a"]);
    expect(await store.list("agents/")).toEqual(["agents/fra/1-51", "agents/fra/head"]);
  });

  it("hear a heartbeat without keeping it, and take silence for an API that cannot be reached", async () => {
    const { send, read, advance, store } = await box();
    await send(state());
    advance(50_000);
    await send(state({ counter: 2, type: "alive", changes: [] }));
    advance(50_000);
    expect((await read()).reachable).toBe(true);
    expect(await store.list("agents/")).toEqual(["agents/fra/1-1", "agents/fra/head"]);
    await send(state({ counter: 3, type: "alive", changes: [], reachable: false, error: "the API is away" }));
    expect(await read()).toMatchObject({ reachable: false, complete: true, error: "the API is away" });
    advance(60_001);
    const silent = await read();
    expect(silent).toMatchObject({ reachable: false, complete: true });
    expect(silent.error).toMatch(/its agent is silent since /);
    expect(silent.objects.services).toHaveLength(1);
  });

  it("read nothing from a message that is gone or was changed in the store", async () => {
    const { send, read, store } = await box();
    await send(state());
    await send(changes(2));
    const stored = await store.get("agents/fra/1-2");
    const other = new TextDecoder().decode(stored?.value).replace("s2", "evil");
    await store.put("agents/fra/1-2", new TextEncoder().encode(other), "any");
    expect(await read()).toMatchObject({ reachable: false, complete: false });
    await store.delete("agents/fra/1-2");
    expect(await read()).toMatchObject({ reachable: false, complete: false });
  });
});
