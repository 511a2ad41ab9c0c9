/** The token servers of three clouds on one port, each with its own protocol: what is wrong is refused and remembered. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { importSPKI, jwtVerify } from "jose";
import { signatureProblem, type Signer } from "./aws-signature.ts";

export interface Clouds {
  readonly url: string;
  /** Of the person or function that runs control on AWS. */
  readonly caller: Signer;
  /** Of the role that it may assume; new with each assumption. */
  role: Signer;
  readonly roleName: string;
  /** JSON file of a service account. */
  readonly account: string;
  /** JSON file of a workload on AWS that Google lets in. */
  readonly federated: string;
  readonly azure: { readonly tenant: string; readonly clientId: string; readonly secret: string };
  /** Access tokens that were issued and hold, with what they are for. */
  readonly issued: Map<string, string>;
  /** Seconds that new tokens last. */
  lifetimeSeconds: number;
  /** Requests of each cloud that were answered well. */
  readonly asked: { aws: number; google: number; azure: number };
  close(): Promise<void>;
}

const AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";

export async function startClouds(now: () => number): Promise<Clouds> {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const email = "control@project.iam.gserviceaccount.com";
  const azure = { tenant: randomUUID(), clientId: randomUUID(), secret: "an application's secret" };
  const roleName = "arn:aws:iam::123456789012:role/portolan";
  let count = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    const form = new URLSearchParams(body);
    const send = (status: number, text: string) => response.writeHead(status).end(text);
    const issue = (cloud: "google" | "azure", what: string) => {
      count += 1;
      state.asked[cloud] += 1;
      const token = `${cloud}.${count}`;
      state.issued.set(token, what);
      send(200, JSON.stringify({ access_token: token, expires_in: state.lifetimeSeconds, token_type: "Bearer" }));
    };
    if (url.pathname === "/google") {
      const assertion = form.get("assertion") ?? "";
      const key = await importSPKI(keys.publicKey, "RS256");
      const verified = await jwtVerify(assertion, key, {
        issuer: email,
        audience: `${state.url}/google`,
        currentDate: new Date(now()),
      }).catch(() => null);
      if (verified === null) return void send(400, '{"error":"invalid_grant"}');
      return issue("google", String(verified.payload["scope"]));
    }
    if (url.pathname === `/${azure.tenant}/oauth2/v2.0/token`) {
      const isGood = form.get("client_id") === azure.clientId && form.get("client_secret") === azure.secret;
      return isGood ? issue("azure", form.get("scope") ?? "") : void send(401, '{"error":"invalid_client"}');
    }
    if (url.pathname === "/federation") {
      const shown = JSON.parse(decodeURIComponent(form.get("subject_token") ?? "")) as {
        url: string;
        method: string;
        headers: { key: string; value: string }[];
      };
      const fields = Object.fromEntries(shown.headers.map(({ key, value }) => [key.toLowerCase(), value]));
      const arrived = { method: shown.method, url: new URL(shown.url), headers: fields, body: "" };
      const isGood =
        form.get("audience") === AUDIENCE &&
        fields["x-goog-cloud-target-resource"] === AUDIENCE &&
        fields["authorization"]?.includes("x-goog-cloud-target-resource") === true &&
        /^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(arrived.url.host) &&
        signatureProblem(arrived, state.caller, "sts", now()) === null;
      return isGood ? issue("google", "the exchange alone") : void send(403, '{"error":"invalid_grant"}');
    }
    if (url.pathname === "/impersonation") {
      const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
      if (state.issued.get(token) !== "the exchange alone") return void send(403, "{}");
      const { scope } = JSON.parse(body) as { scope: string[] };
      state.issued.set(`impersonated ${token}`.replace(" ", "."), scope.join(" "));
      const expireTime = new Date(now() + state.lifetimeSeconds * 1000).toISOString();
      return void send(200, JSON.stringify({ accessToken: `impersonated.${token}`, expireTime }));
    }
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const problem = signatureProblem({ method: "POST", url, headers, body }, state.caller, "sts", now());
    if (problem !== null || form.get("RoleArn") !== roleName) {
      const why = problem ?? "AccessDenied";
      return void send(403, `<ErrorResponse><Error><Code>${why}</Code><Message>no</Message></Error></ErrorResponse>`);
    }
    count += 1;
    state.asked.aws += 1;
    state.role = { id: `ASIA${count}`, secret: `secret/${count}`, session: `session+${count}=` };
    const expires = new Date(now() + state.lifetimeSeconds * 1000).toISOString();
    return void send(
      200,
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${state.role.id}</AccessKeyId><SecretAccessKey>${state.role.secret}</SecretAccessKey><SessionToken>${state.role.session}</SessionToken><Expiration>${expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: Clouds = {
    url,
    caller: { id: "AKIACALLER", secret: "caller/secret", session: null },
    role: { id: "", secret: "", session: "" },
    roleName,
    account: JSON.stringify({ client_email: email, private_key: keys.privateKey, token_uri: `${url}/google` }),
    federated: JSON.stringify({
      type: "external_account",
      audience: AUDIENCE,
      subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
      token_url: `${url}/federation`,
      service_account_impersonation_url: `${url}/impersonation`,
      credential_source: {
        environment_id: "aws1",
        regional_cred_verification_url:
          "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
      },
    }),
    azure,
    issued: new Map(),
    lifetimeSeconds: 3600,
    asked: { aws: 0, google: 0, azure: 0 },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}
