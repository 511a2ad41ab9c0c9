import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { EdgeOptions, Running } from "../../src/cli/deps.ts";
import type { Certificate } from "../../src/edge/http1/certificates.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { selfSigned } from "../build/certificate.ts";
import { type Closing, edgeOptions, namedOrigin, shopYaml, temporaryFolder, urlOf } from "../build/files-edge.ts";
import { listenerOf } from "../build/listener.ts";
import { rawTalk } from "../edge/http1/raw.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ingress = (tls = "") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  ${tls}
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;

async function folder(tls = ""): Promise<string> {
  const dir = await temporaryFolder(closing);
  const origin = await namedOrigin("one", closing);
  await mkdir(join(dir, "one"));
  await writeFile(
    join(dir, "cluster.yaml"),
    "apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: one }\nspec: { provider: gcp, region: us-east1 }\n",
  );
  await writeFile(join(dir, "ingress.yaml"), ingress(tls));
  await writeFile(join(dir, "one", "shop.yaml"), shopYaml(origin.port));
  return dir;
}

async function start(from: string, more: Partial<EdgeOptions>): Promise<{ edge: Running; errors: string[] }> {
  const errors: string[] = [];
  const deps = { out: () => undefined, err: (text: string) => void errors.push(text) };
  const edge = await startFilesEdge(edgeOptions(from, more), deps);
  closing.push(edge.close);
  return { edge, errors };
}

const GET = "GET /x HTTP/1.1\r\nHost: shop.example.org\r\nConnection: close\r\n\r\n";
const talk = (url: string, text: string) => rawTalk(url, [{ bytes: Buffer.from(text, "latin1"), delayMs: 0 }], 1);

/** The answer of a server that must have this certificate. */
async function overTls(url: string, ca: string, servername = "shop.example.org"): Promise<string> {
  const { port } = new URL(url);
  const socket = connectTls({ host: "127.0.0.1", port: Number(port), servername, ca });
  await new Promise<void>((resolve, reject) => socket.once("secureConnect", () => resolve()).once("error", reject));
  socket.write(GET);
  return await text(socket);
}

async function text(socket: Socket): Promise<string> {
  let all = "";
  for await (const chunk of socket) all += String(chunk);
  return all;
}

describe("portolan edge with certificates", () => {
  it("ends TLS with a pair of files, takes new ones into use, and sends plain requests to https", async () => {
    const from = await folder();
    const [before, after] = [selfSigned("shop.example.org"), selfSigned("shop.example.org")];
    const [cert, key] = [join(from, "tls.crt"), join(from, "tls.key")];
    await writeFile(cert, before.cert);
    await writeFile(key, before.key);
    const { edge, errors } = await start(from, {
      listener: listenerOf(["--tls-cert", cert, "--tls-key", key]),
      plainListen: { host: "127.0.0.1", port: 0 },
      httpsPort: 443,
    });
    expect(await overTls(urlOf(edge), before.cert)).toMatch(/^HTTP\/1\.1 200 [\s\S]*one$/);
    const plain = /plain +(\S+)/.exec(edge.banner.join("\n"))?.[1] ?? "";
    expect((await talk(plain, GET)).text).toMatch(
      /^HTTP\/1\.1 308 [\s\S]*location: https:\/\/shop\.example\.org\/x\r\n/,
    );
    await writeFile(join(from, "new.key"), after.key);
    await rename(join(from, "new.key"), key);
    // Half of the change is no change: the old pair stays.
    await eventually(
      () => Promise.resolve(errors.join("")),
      (all) => all.includes("the old ones stay"),
    );
    expect(await overTls(urlOf(edge), before.cert)).toContain(" 200 ");
    await writeFile(cert, after.cert);
    await eventually(
      () => overTls(urlOf(edge), after.cert).catch(() => ""),
      (answer) => answer.includes(" 200 "),
    );
    expect(errors.join("")).not.toContain("PRIVATE KEY");
  }, 30_000);

  it("finds them in a folder by name, also where Kubernetes mounts a Secret", async () => {
    const from = await folder();
    const dir = await temporaryFolder(closing);
    const [shop, other] = [selfSigned("shop.example.org"), selfSigned("other.example.org")];
    await writeFile(join(dir, "other.crt"), other.cert);
    await writeFile(join(dir, "other.key"), other.key);
    await mkdir(join(dir, "shop"));
    await writeFile(join(dir, "shop", "tls.crt"), shop.cert);
    await writeFile(join(dir, "shop", "tls.key"), shop.key);
    const { edge } = await start(from, { listener: listenerOf(["--tls-dir", dir]) });
    expect(await overTls(urlOf(edge), shop.cert)).toContain(" 200 ");
    expect(await overTls(urlOf(edge), other.cert, "other.example.org")).toContain(" 200 ");
    await copyFile(join(dir, "other.crt"), join(dir, "lonely.crt"));
    const failing = start(from, { listener: listenerOf(["--tls-dir", dir]) });
    await expect(failing).rejects.toThrow(/lonely\.crt: there is no lonely\.key beside it/);
  });

  it("takes those of spec.tls Secrets, and a renewed one within seconds", async () => {
    const from = await folder("tls: [{ hosts: [shop.example.org], secretName: shop-tls }]");
    const secret = ({ cert, key }: { cert: string; key: string }) =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "shop-tls" },
        type: "kubernetes.io/tls",
        data: { "tls.crt": Buffer.from(cert).toString("base64"), "tls.key": Buffer.from(key).toString("base64") },
      });
    const [before, after] = [selfSigned("shop.example.org"), selfSigned("shop.example.org")];
    await writeFile(join(from, "secret.json"), secret(before));
    const { edge, errors } = await start(from, { listener: listenerOf([], true) });
    expect(errors).toEqual([]);
    expect(await overTls(urlOf(edge), before.cert)).toContain(" 200 ");
    await writeFile(join(from, "secret.json"), secret(after));
    await eventually(
      () => overTls(urlOf(edge), after.cert).catch(() => ""),
      (answer) => answer.includes(" 200 "),
    );
  }, 30_000);
});

describe("portolan edge with limits", () => {
  it("holds heads, headers, URLs, connections and requests to what it was told", async () => {
    const from = await folder();
    const limits = "--max-head-size 2k --max-headers 4 --max-url-length 1k --max-requests-per-connection 2";
    const { edge } = await start(from, { listener: listenerOf(limits.split(" ")) });
    const url = urlOf(edge);
    const get = (target: string, more = "") => `GET ${target} HTTP/1.1\r\nHost: shop.example.org\r\n${more}\r\n`;
    const statusOf = async (bytes: string) => (await talk(url, bytes)).answers[0]?.status;
    expect(await statusOf(get("/"))).toBe(200);
    expect(await statusOf(get(`/${"x".repeat(1024)}`))).toBe(414);
    expect(await statusOf(get("/", `A: ${"x".repeat(2040)}\r\n`))).toBe(431);
    expect(await statusOf(get("/", "A: 1\r\nB: 2\r\nC: 3\r\n"))).toBe(200);
    expect(await statusOf(get("/", "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"))).toBe(431);
    const three = await rawTalk(url, [{ bytes: Buffer.from(get("/").repeat(3)), delayMs: 0 }], 3);
    expect(three.answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(three.answers[1]?.fields).toContainEqual(["connection", "close"]);
  });

  it("ends a head that is too slow, and takes no more connections than it may", async () => {
    const from = await folder();
    const listener = listenerOf("--head-timeout 100ms --max-connections 1 --idle-timeout 200ms".split(" "));
    const { edge } = await start(from, { listener });
    const { hostname, port } = new URL(urlOf(edge));
    const slow = connect({ host: hostname, port: Number(port) });
    slow.write("GET / HTTP/1.1\r\n");
    await new Promise((resolve) => slow.once("connect", resolve));
    const second = connect({ host: hostname, port: Number(port) });
    expect(await text(second).catch(() => "")).toBe("");
    expect(await text(slow)).toMatch(/^HTTP\/1\.1 408 /);
    await eventually(
      () =>
        talk(urlOf(edge), GET).then(
          (one) => one.answers[0]?.status,
          () => 0,
        ),
      (status) => status === 200,
    );
  });

  it("reads PROXY headers of whom it was told to trust", async () => {
    const from = await folder();
    const { edge } = await start(from, { listener: listenerOf(["--proxy-protocol", "127.0.0.9/32"]) });
    expect((await talk(urlOf(edge), `PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\n${GET}`)).answers[0]?.status).toBe(
      200,
    );
    expect((await talk(urlOf(edge), GET)).text).toBe("");
    expect(() => listenerOf(["--proxy-protocol", "nonsense"])).toThrow(/not a CIDR/);
    expect(() => listenerOf(["--tls-cert", "a"])).toThrow(/1 --tls-cert and 0 --tls-key/);
    expect(() => listenerOf(["--max-head-size", "1"])).toThrow(/not a size from 1k to 1m/);
  });
});

describe("portolan edge with --origin-cert", () => {
  /** An https origin that answers with the name in its client's certificate, and takes no client without one. */
  async function strictOrigin(own: Certificate, clients: Certificate): Promise<number> {
    const options = { cert: own.cert, key: own.key, ca: clients.cert, requestCert: true, rejectUnauthorized: true };
    const server = createHttpsServer(options, (request, response) =>
      response.end(JSON.stringify((request.socket as TLSSocket).getPeerCertificate().subject.CN)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  }

  it("is let in by an origin that asks for a certificate, and only with one", async () => {
    const [own, edge] = [selfSigned("origin.example.org"), selfSigned("edge.example.org")];
    const port = await strictOrigin(own, edge);
    const dir = await folder();
    const gateway = {
      connectHost: "127.0.0.1",
      port,
      protocol: "https",
      serverName: "origin.example.org",
      ca: own.cert,
    };
    const cluster = {
      apiVersion: "portolan.dev/v1alpha1",
      kind: "Cluster",
      metadata: { name: "one" },
      spec: { provider: "gcp", region: "us-east1", gateway },
    };
    await writeFile(join(dir, "cluster.yaml"), JSON.stringify(cluster));
    const [cert, key] = [join(dir, "edge.crt"), join(dir, "edge.key")];
    await writeFile(cert, edge.cert);
    await writeFile(key, edge.key);
    const shown = await start(dir, { originCertificate: { cert, key } });
    expect((await talk(urlOf(shown.edge), GET)).text).toMatch(/^HTTP\/1.1 200 [^]*"edge\.example\.org"$/);
    const without = await start(dir, {});
    expect((await talk(urlOf(without.edge), GET)).text).toMatch(/^HTTP\/1.1 502 /);
    await expect(start(dir, { originCertificate: { cert, key: cert } })).rejects.toThrow(/Cannot show .*edge\.crt/);
    await expect(start(dir, { originCertificate: { cert: join(dir, "no.crt"), key } })).rejects.toThrow(/no\.crt/);
  });
});
