/** Kubeconfig files as the clouds' own tools write them, on a machine where none of their plug-ins can be run. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSimCluster } from "../../src/cli/sim/cluster.ts";
import { openContexts } from "../../src/kube/access/contexts.ts";
import { type ApiClient, apiClient } from "../../src/kube/api-client.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { cloudTokens } from "../../workers/cloud-tokens.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { syncOnce } from "../../workers/sync.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { startTokenApi, type TokenApi } from "../cloud/api-server.ts";
import { eksTokenProblem, type Signer } from "../cloud/aws-signature.ts";
import { type Clouds, startClouds } from "../cloud/clouds.ts";
import { type Authority, authority, type Pair } from "../kube/access/authority.ts";

const closing: Closing = [];
let ca: Authority;
let serving: Pair;
beforeAll(() => {
  ca = authority();
  serving = ca.issue("/CN=api", ["IP:127.0.0.1"]);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: shop, namespace: default }
spec: { selector: { app: shop }, ports: [{ port: 80, targetPort: 8080 }] }
`;
/** AKS' API servers are all the same application. */
const SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630";

/** `user.exec` as each tool writes it. */
const execs = (clouds: Clouds) => ({
  eks: {
    command: "aws",
    args: ["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "shop", "--output", "json"],
  },
  far: {
    command: "aws",
    args: ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "far", "--role-arn", clouds.roleName],
  },
  gke: { command: "gke-gcloud-auth-plugin", provideClusterInfo: true },
  aks: {
    command: "kubelogin",
    args: ["get-token", "--login", "spn", "--server-id", SERVER_ID, "--tenant-id", clouds.azure.tenant],
  },
});
type Name = keyof ReturnType<typeof execs>;
const NAMES: readonly Name[] = ["eks", "far", "gke", "aks"];

/** Each cluster behind an API server that finds out by its own cloud whose token it is shown. */
async function world(now: () => number) {
  const clouds = await startClouds(now);
  closing.push(clouds.close);
  const dir = await temporaryFolder(closing);
  const signedBy = (cluster: string, signer: () => Signer) => (token: string) =>
    eksTokenProblem(token, cluster, signer(), now());
  const issuedFor = (what: string) => (token: string) =>
    clouds.issued.get(token) === what ? null : "the token is none of ours";
  const checks: Readonly<Record<Name, (token: string) => string | null>> = {
    eks: signedBy("shop", () => clouds.caller),
    far: signedBy("far", () => clouds.role),
    gke: issuedFor("https://www.googleapis.com/auth/cloud-platform"),
    aks: issuedFor(`${SERVER_ID}/.default`),
  };
  const apis = new Map<Name, TokenApi>();
  for (const name of NAMES) {
    const manifests = parseManifests(SERVICE, name).documents.map(({ value }) => value);
    const sim = await startSimCluster({ name, zone: `${name}-a`, backends: 1, manifests });
    closing.push(sim.close);
    const api = await startTokenApi(sim.addresses.apiUrl, serving, checks[name]);
    closing.push(api.close);
    apis.set(name, api);
  }
  const exec = execs(clouds);
  const version = "client.authentication.k8s.io/v1beta1";
  await writeFile(
    join(dir, "kubeconfig"),
    JSON.stringify({
      clusters: NAMES.map((name) => ({
        name,
        cluster: { server: apis.get(name)?.url, "certificate-authority-data": Buffer.from(ca.cert).toString("base64") },
      })),
      users: NAMES.map((name) => ({ name, user: { exec: { apiVersion: version, ...exec[name] } } })),
      contexts: NAMES.map((name) => ({ name, context: { cluster: name, user: name } })),
    }),
  );
  await writeFile(join(dir, "google.json"), clouds.account);
  const login = {
    kind: "secret",
    authority: clouds.url,
    tenant: clouds.azure.tenant,
    clientId: clouds.azure.clientId,
    secret: { env: "AZURE_SECRET" },
  } as const;
  const env = {
    AWS_ACCESS_KEY_ID: clouds.caller.id,
    AWS_SECRET_ACCESS_KEY: clouds.caller.secret,
    AWS_ENDPOINT_URL_STS: clouds.url,
  };
  const settings = { google: { credentials: join(dir, "google.json") }, azure: login };
  return { clouds, dir, apis, settings, env };
}

describe("cloudTokens()", () => {
  it("reaches clusters of four kinds, renews what ends, and asks for another when an API refuses one", async () => {
    let nowMs = Date.now();
    const now = () => nowMs;
    const { clouds, dir, apis, settings, env } = await world(now);
    process.env["AZURE_SECRET"] = clouds.azure.secret;
    closing.push(() => void delete process.env["AZURE_SECRET"]);
    const contexts = await openContexts([join(dir, "kubeconfig")], {
      tokens: cloudTokens(settings, { env, now }),
      now,
    });
    const clients = new Map<Name, ApiClient>();
    for (const name of NAMES) {
      const found = contexts.access(name);
      if (!found.ok) throw new Error(found.message);
      const client = apiClient(found.access, { timeoutMs: 4000 });
      closing.push(client.close);
      clients.set(name, client);
    }
    const all = async () =>
      await Promise.all(NAMES.map(async (name) => (await clients.get(name)?.get("/api/v1/services"))?.ok));
    const counts = () => NAMES.map((name) => apis.get(name)?.seen.tokens.size);
    expect([await all(), await all()]).toEqual([
      [true, true, true, true],
      [true, true, true, true],
    ]);
    expect([counts(), clouds.asked]).toEqual([[1, 1, 1, 1], { aws: 1, google: 1, azure: 1 }]);

    // EKS' own token ends after a quarter of an hour, the others after an hour.
    nowMs += 20 * 60_000;
    await all();
    expect(counts()).toEqual([2, 2, 1, 1]);
    nowMs += 45 * 60_000;
    expect(await all()).toEqual([true, true, true, true]);
    expect([counts(), clouds.asked]).toEqual([[3, 3, 2, 2], { aws: 2, google: 2, azure: 2 }]);

    // The clouds forget what they gave: one refusal each, then a new token, within the same request.
    clouds.issued.clear();
    nowMs += 6000;
    expect(await all()).toEqual([true, true, true, true]);
    expect(NAMES.map((name) => apis.get(name)?.seen.refused)).toEqual([0, 0, 1, 1]);
  }, 30_000);

  it("reaches GKE from AWS without a key of Google's, and renews what it was given", async () => {
    let nowMs = Date.now();
    const now = () => nowMs;
    const { clouds, dir, apis, settings, env } = await world(now);
    await writeFile(join(dir, "google.json"), clouds.federated);
    const own = { ...env, AWS_REGION: "eu-central-1" };
    const contexts = await openContexts([join(dir, "kubeconfig")], {
      tokens: cloudTokens(settings, { env: own, now }),
    });
    const found = contexts.access("gke");
    if (!found.ok) throw new Error(found.message);
    const client = apiClient(found.access, { timeoutMs: 4000 });
    closing.push(client.close);
    const asks = async () => (await client.get("/api/v1/services")).ok;
    expect([await asks(), await asks(), apis.get("gke")?.seen.tokens.size]).toEqual([true, true, 1]);
    nowMs += 3_600_000;
    expect([await asks(), apis.get("gke")?.seen.tokens.size]).toEqual([true, 2]);
  }, 30_000);

  it("says which cluster's token could not be had, and never what was shown for it", async () => {
    const { clouds, dir, settings, env } = await world(Date.now);
    process.env["AZURE_SECRET"] = "wrong secret";
    closing.push(() => void delete process.env["AZURE_SECRET"]);
    const bad = { ...env, AWS_SECRET_ACCESS_KEY: "wrong/secret" };
    const made = cloudTokens(settings, { env: bad, now: Date.now });
    const contexts = await openContexts([join(dir, "kubeconfig")], { tokens: made });
    const said = await Promise.all(
      NAMES.filter((name) => name !== "gke").map(async (name) => {
        const found = contexts.access(name);
        if (!found.ok) return found.message;
        const client = apiClient(found.access, { timeoutMs: 4000 });
        closing.push(client.close);
        return JSON.stringify(await client.get("/api/v1/services"));
      }),
    );
    expect(said[0]).toContain("401");
    expect(said[1]).toContain(`Cannot assume the role \\"${clouds.roleName}\\": HTTP 403 SignatureDoesNotMatch`);
    expect(said[2]).toContain("Cannot get an access token of Azure: the server answers HTTP 401");
    expect(said.join("")).not.toMatch(/wrong.secret/);
  }, 30_000);
});

describe("portolan sync with cloudTokens", () => {
  it("publishes from clusters of four kinds", async () => {
    const { clouds, dir, env } = await world(Date.now);
    await makeKeys(join(dir, "keys"), "k1");
    await mkdir(join(dir, "manifests"));
    for (const name of NAMES) {
      await writeFile(
        join(dir, "manifests", `${name}.yaml`),
        `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { location: { latitude: 50, longitude: 8 }, access: { context: ${name} } }\n`,
      );
    }
    const { tenant, clientId, secret } = clouds.azure;
    await writeFile(
      join(dir, "portolan.yaml"),
      `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  config: { directory: manifests }
  kubeconfig: [kubeconfig]
  store: { file: state }
  signingKey: keys/signing.jwk
  allowPrivateOrigins: true
  cloudTokens:
    google: { credentials: google.json }
    azure: { kind: secret, authority: "${clouds.url}", tenant: ${tenant}, clientId: ${clientId}, secret: { env: AZURE_SECRET } }
`,
    );
    await writeFile(
      join(dir, "manifests", "shop.yaml"),
      `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: default }
spec: { rules: [{ host: shop.example.org, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] } }] }
`,
    );
    const set = { ...env, AZURE_SECRET: secret };
    for (const [name, value] of Object.entries(set)) process.env[name] = value;
    closing.push(() => {
      for (const name of Object.keys(set)) delete process.env[name];
    });
    const said: string[] = [];
    const note = (text: string) => void said.push(text);
    expect(await syncOnce({ file: join(dir, "portolan.yaml") }, { out: note, err: note })).toBe("published");
    expect(said.join("")).toMatch(/^published \d+\.1: 1 hosts\n$/);
  }, 30_000);
});
