import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contextAccess, type ContextOptions } from "../../../src/kube/access/context-access.ts";
import { inClusterAccess } from "../../../src/kube/access/in-cluster.ts";
import { loadKubeconfig } from "../../../src/kube/access/kubeconfig.ts";
import { type ApiClient, apiClient } from "../../../src/kube/api-client.ts";
import { type Authority, authority, type Pair } from "./authority.ts";

let ca: Authority;
let serving: Pair;
let personal: Pair;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  ca = authority();
  serving = ca.issue("/CN=api", ["DNS:api.example"]);
  personal = ca.issue("/O=team/CN=me", []);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portolan-kubeconfig-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly client: string | null;
}

interface Api {
  readonly port: number;
  readonly seen: Seen[];
  /** What `Authorization` must be; null takes everything. */
  accepts: string | null;
}

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  );
  return (server.address() as AddressInfo).port;
}

async function api(): Promise<Api> {
  const tls = { cert: serving.cert, key: serving.key, ca: ca.cert, requestCert: true, rejectUnauthorized: false };
  const made: Api = { port: 0, seen: [], accepts: null };
  const server = createTlsServer(tls, (request, response) => {
    const { socket, headers, url = "" } = request;
    const subject = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject.CN : null;
    made.seen.push({ path: url, headers, client: typeof subject === "string" ? subject : null });
    const isGood = made.accepts === null || headers.authorization === made.accepts;
    response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" }).end('{"kind":"APIVersions"}');
  });
  return Object.assign(made, { port: await listen(server) });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A file with one context `c`, whose cluster and user have these fields more. */
async function config(port: number, cluster: object, user: object, name = "config"): Promise<string> {
  const path = join(folder, name);
  const trusted = { "certificate-authority-data": base64(ca.cert), "tls-server-name": "api.example" };
  const document = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [{ name: "k", cluster: { server: `https://127.0.0.1:${port}`, ...trusted, ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
  };
  await writeFile(path, JSON.stringify(document, null, 1));
  return path;
}

async function client(path: string, options: ContextOptions = {}): Promise<ApiClient> {
  const made = apiClient(contextAccess(await loadKubeconfig({ path }), null, options), { timeoutMs: 4000 });
  closing.push(made.close);
  return made;
}

async function refusal(path: string, options: ContextOptions = {}): Promise<string> {
  try {
    contextAccess(await loadKubeconfig({ path }), null, options);
  } catch (error) {
    return String(error);
  }
  return "nothing was refused";
}

describe("contextAccess() on a real TLS server", () => {
  it("shows a token and checks the server against the authority of the file", async () => {
    const { port, seen } = await api();
    const one = await client(await config(port, {}, { token: "s3cret" }));
    expect(await one.get("/api")).toMatchObject({ ok: true });
    expect(seen[0]?.headers.authorization).toBe("Bearer s3cret");
    const other = authority("other");
    const two = await client(
      await config(port, { "certificate-authority-data": base64(other.cert) }, { token: "s3cret" }),
    );
    expect(await two.get("/api")).toMatchObject({ ok: false, status: null });
    const three = await client(await config(port, { "tls-server-name": "other.example" }, { token: "s3cret" }));
    expect(await three.get("/api")).toMatchObject({ ok: false, status: null });
    expect(seen).toHaveLength(1);
  });

  it("shows a client certificate, from files beside the kubeconfig and from base64", async () => {
    const { port, seen } = await api();
    await writeFile(join(folder, "me.pem"), personal.cert);
    await writeFile(join(folder, "me.key"), personal.key);
    const one = await client(await config(port, {}, { "client-certificate": "me.pem", "client-key": "me.key" }));
    expect(await one.get("/api")).toMatchObject({ ok: true });
    const inline = { "client-certificate-data": base64(personal.cert), "client-key-data": base64(personal.key) };
    const two = await client(await config(port, {}, inline));
    expect(await two.get("/api")).toMatchObject({ ok: true });
    expect(seen.map(({ client }) => client)).toEqual(["me", "me"]);
  });

  it("goes below the path of the server, as Rancher has one", async () => {
    const { port, seen } = await api();
    const one = await client(await config(port, { server: `https://127.0.0.1:${port}/k8s/clusters/c-1/` }, {}));
    await one.get("/api/v1/services");
    expect(seen[0]?.path).toBe("/k8s/clusters/c-1/api/v1/services");
  });

  it("reads a token file again for each request, and it wins over a token", async () => {
    const { port, seen } = await api();
    await writeFile(join(folder, "token"), "first\n");
    const one = await client(await config(port, {}, { tokenFile: "token", token: "never" }));
    await one.get("/api");
    await writeFile(join(folder, "token"), "second\n");
    await one.get("/api");
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer first", "Bearer second"]);
  });

  it("connects by way of a proxy", async () => {
    const { port, seen } = await api();
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url ?? "");
      const far = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      far.pipe(socket).pipe(far);
      far.on("error", () => socket.destroy());
      socket.on("error", () => far.destroy());
    });
    const proxyPort = await listen(proxy);
    const server = "https://api.example:6443";
    const path = await config(port, { server, "proxy-url": `http://127.0.0.1:${proxyPort}` }, { token: "t" });
    const one = await client(path);
    expect(await one.get("/api")).toMatchObject({ ok: true });
    expect(tunnels).toEqual(["api.example:6443"]);
    expect(seen).toHaveLength(1);
  });

  it("shows whom it stands for", async () => {
    const { port, seen } = await api();
    const one = await client(await config(port, {}, { token: "t", as: "ada", "as-groups": ["x", "y"] }));
    await one.get("/api");
    expect(seen[0]?.headers).toMatchObject({ "impersonate-user": "ada", "impersonate-group": "x, y" });
  });
});

describe("contextAccess() with a credential plug-in", () => {
  /** A plug-in that counts its runs in a file and prints the token `run-N`. */
  async function plugin(expiresInMs: number | null, more: object = {}): Promise<object> {
    const script = `
      const { readFileSync, writeFileSync } = require("node:fs");
      const count = Number(readFileSync(process.env.COUNT, "utf8")) + 1;
      writeFileSync(process.env.COUNT, String(count));
      const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      const expires = ${expiresInMs === null ? "undefined" : `new Date(Date.now() + ${expiresInMs}).toISOString()`};
      const status = { token: "run-" + count, expirationTimestamp: expires };
      if (info.spec.cluster?.server.startsWith("https://") !== true) throw new Error("no cluster info");
      console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: info.apiVersion, status }));`;
    const count = join(folder, "count");
    await writeFile(count, "0");
    await writeFile(join(folder, "plugin.cjs"), `#!${process.execPath}\n${script}`, { mode: 0o755 });
    return {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "./plugin.cjs",
        env: [{ name: "COUNT", value: count }],
        provideClusterInfo: true,
        interactiveMode: "IfAvailable",
        ...more,
      },
    };
  }

  it("runs it once for many requests until its credential expires", async () => {
    const { port, seen } = await api();
    let nowMs = Date.now();
    const one = await client(await config(port, {}, await plugin(3_600_000)), { now: () => nowMs });
    await Promise.all([one.get("/api"), one.get("/api"), one.get("/api")]);
    await one.get("/api");
    expect(new Set(seen.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer run-1"]));
    nowMs += 3_595_000;
    await one.get("/api");
    expect(seen.at(-1)?.headers.authorization).toBe("Bearer run-2");
  });

  it("runs it again after a 401, but not for each of many", async () => {
    const made = await api();
    let nowMs = Date.now();
    const one = await client(await config(made.port, {}, await plugin(null)), { now: () => nowMs });
    await one.get("/api");
    nowMs += 60_000;
    made.accepts = "Bearer run-2";
    expect(await one.get("/api")).toMatchObject({ ok: true });
    made.accepts = "Bearer nobody has it";
    for (let index = 0; index < 5; index++) expect(await one.get("/api")).toMatchObject({ ok: false, status: 401 });
    expect(made.seen.at(-1)?.headers.authorization).toBe("Bearer run-2");
  });

  it("says what is wrong with the plug-in, with its hint and without a secret", async () => {
    const { port } = await api();
    const absent = {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "gke-auth-of-nobody",
        installHint: "apt install it",
      },
    };
    const one = await client(await config(port, {}, absent));
    expect(await one.get("/api")).toMatchObject({
      cause: `Cannot get a credential for user "u" of ${join(folder, "config")}: "gke-auth-of-nobody" is not installed; apt install it`,
    });
    const long = "A".repeat(60);
    const failing = { ...absent.exec, command: "/bin/sh", args: ["-c", `echo "refused ${long}" >&2; exit 3`] };
    const two = await client(await config(port, {}, { exec: failing }));
    const result = await two.get("/api");
    expect(result).toMatchObject({ ok: false, status: null });
    expect(JSON.stringify(result)).toContain("ended with 3: refused …");
    const printing = { ...failing, args: ["-c", `echo '{"token":"hidden"}'`] };
    const three = await client(await config(port, {}, { exec: printing }));
    expect(JSON.stringify(await three.get("/api"))).toContain("printed no ExecCredential");
    expect(JSON.stringify(await three.get("/api"))).not.toContain("hidden");
  });
});

describe("contextAccess() refuses", () => {
  it.each([
    [
      "a context that is not there",
      { contexts: [{ name: "d", context: { cluster: "k" } }] },
      'Cannot find the context "c"',
    ],
    [
      "a cluster that is not there",
      { contexts: [{ name: "c", context: { cluster: "z" } }] },
      'contexts[0].context.cluster: there is no cluster "z"',
    ],
    ["no server", { clusters: [{ name: "k", cluster: {} }] }, "clusters[0].cluster.server: it is missing"],
    [
      "a server that is no URL",
      { clusters: [{ name: "k", cluster: { server: "nonsense" } }] },
      "clusters[0].cluster.server: it is not an https URL",
    ],
    [
      "TLS without a check",
      { clusters: [{ name: "k", cluster: { server: "https://192.0.2.1", "insecure-skip-tls-verify": true } }] },
      "clusters[0].cluster.insecure-skip-tls-verify: whoever answers would be sent the credentials",
    ],
    [
      "a token over plain http",
      { clusters: [{ name: "k", cluster: { server: "http://192.0.2.1" } }] },
      "clusters[0].cluster.server: credentials would travel unencrypted",
    ],
    [
      "a token that is no header",
      { users: [{ name: "u", user: { token: "two words" } }] },
      "it is not one word of ASCII",
    ],
    [
      "a token that is a number, without showing it",
      { users: [{ name: "u", user: { token: 4711 } }] },
      "users[0].user.token: it is not text; write it in quotes",
    ],
    [
      "a key without its certificate",
      { users: [{ name: "u", user: { "client-key-data": base64("-----BEGIN KEY") } }] },
      "users[0].user: a client certificate needs its key",
    ],
    [
      "a removed way to sign in",
      { users: [{ name: "u", user: { "auth-provider": { name: "gcp" } } }] },
      "gke-gcloud-auth-plugin",
    ],
    [
      "an old plug-in",
      { users: [{ name: "u", user: { exec: { command: "x", apiVersion: "client.authentication.k8s.io/v1alpha1" } } }] },
      "users[0].user.exec.apiVersion: it must be client.authentication.k8s.io/v1 or",
    ],
  ])("%s", async (_what, change, expected) => {
    const path = join(folder, "config");
    const whole = {
      "current-context": "c",
      clusters: [{ name: "k", cluster: { server: "https://192.0.2.1" } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    };
    await writeFile(path, JSON.stringify({ ...whole, ...change }));
    const said = await refusal(path);
    expect(said).toContain(expected);
    expect(said).not.toMatch(/4711|two words/);
  });

  it("says file, line and column", async () => {
    const path = join(folder, "config");
    await writeFile(path, "current-context: c\ncontexts:\n- name: c\n  context:\n    cluster: nobody\n");
    expect(await refusal(path)).toContain(`${path}:5:14: contexts[0].context.cluster: there is no cluster "nobody"`);
    await writeFile(path, "current-context: c\ncontexts:\n- context: {}\n");
    expect(await refusal(path)).toContain(`"${path}:3:3": contexts[0] has no name`);
    await writeFile(path, "a: [\n");
    expect(await refusal(path)).toContain(`"${path}:2:1": `);
  });

  it("TLS without a check only as long as nobody allows it", async () => {
    const { port } = await api();
    const more = { "insecure-skip-tls-verify": true, "certificate-authority-data": undefined };
    const path = await config(port, more, { token: "t" });
    expect(await refusal(path)).toContain("insecure-skip-tls-verify");
    expect(await (await client(path, { allowInsecure: true })).get("/api")).toMatchObject({ ok: true });
  });
});

describe("loadKubeconfig()", () => {
  it("merges the files of KUBECONFIG: the first that has a name or a current context counts", async () => {
    const one = join(folder, "one");
    const two = join(folder, "two");
    await writeFile(
      one,
      'clusters: [{name: k, cluster: {server: "https://192.0.2.1"}}]\ncontexts: [{name: a, context: {cluster: k}}]\n',
    );
    await writeFile(
      two,
      'current-context: b\nclusters: [{name: k, cluster: {server: "https://192.0.2.2"}}]\ncontexts: [{name: a, context: {cluster: q}}, {name: b, context: {cluster: k, namespace: n}}, {name: c, context: {cluster: k, namespace: team}}]\n',
    );
    const config = await loadKubeconfig({ env: { KUBECONFIG: `${one}::${join(folder, "absent")}:${two}` } });
    expect(config.files).toEqual([one, two]);
    expect(config.currentContext).toBe("b");
    expect(config.contexts).toEqual([
      { name: "a", cluster: "k", user: "", namespace: null, file: one },
      // In YAML 1.1 "n" is a truth value: the context is listed all the same, and refused when it is used.
      { name: "b", cluster: "k", user: "", namespace: null, file: two },
      { name: "c", cluster: "k", user: "", namespace: "team", file: two },
    ]);
    expect(contextAccess(config, "b").server).toBe("https://192.0.2.1/");
  });

  it("finds ~/.kube/config, and says which files it looked for", async () => {
    await expect(loadKubeconfig({ env: { HOME: folder } })).rejects.toThrow(
      `Cannot read a kubeconfig: there is no "${join(folder, ".kube", "config")}"`,
    );
    await expect(loadKubeconfig({ path: join(folder, "nope") })).rejects.toThrow("there is no such file");
  });
});

describe("inClusterAccess()", () => {
  it("is null outside a pod and follows the token that the kubelet renews", async () => {
    expect(await inClusterAccess({ env: {}, folder })).toBeNull();
    const { port, seen } = await api();
    await writeFile(join(folder, "token"), "one");
    await writeFile(join(folder, "ca.crt"), ca.cert);
    const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) };
    const access = await inClusterAccess({ env, folder });
    if (access === null) throw new Error("no access inside a pod");
    const one = apiClient({ ...access, serverName: "api.example" });
    closing.push(one.close);
    await one.get("/api");
    await writeFile(join(folder, "token"), "two");
    await one.get("/api");
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  });
});
