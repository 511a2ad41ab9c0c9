/**
 * CloudFront's distributions as its documents tell: what was given comes back as it was, and what CloudFront refuses is
 * refused. Everything else goes on to moto, whose own distributions lose associations, origin access and certificates.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";

interface Distribution {
  readonly id: string;
  config: string;
  tags: string;
  version: number;
}

export interface CloudFront {
  readonly url: string;
  close(): Promise<void>;
}

const XMLNS = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"';
const DISTRIBUTION = /^\/2020-05-31\/distribution(?:\/([A-Z0-9]+)(\/config)?)?$/;
const NO_TAGS = "<Tags><Items></Items></Tags>";

const EMPTY: Readonly<Record<string, string>> = {
  Aliases: "<Quantity>0</Quantity>",
  OriginGroups: "<Quantity>0</Quantity>",
  CacheBehaviors: "<Quantity>0</Quantity>",
  CustomErrorResponses: "<Quantity>0</Quantity>",
  Logging: "<Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket><Prefix></Prefix>",
};

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A server in front of moto's; `url` takes every service. */
export async function cloudFrontBefore(moto: string): Promise<CloudFront> {
  const held = new Map<string, Distribution>();
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "/", "http://cloudfront");
    const tagged =
      url.pathname === "/2020-05-31/tagging" ? held.get(idOf(url.searchParams.get("Resource") ?? "")) : undefined;
    const [, id] = DISTRIBUTION.exec(url.pathname) ?? [];
    if (tagged !== undefined) return answerTags(response, tagged, request.method === "GET" ? null : body.toString());
    if (!DISTRIBUTION.test(url.pathname)) return pass(moto, request, body, response);
    try {
      const found = id === undefined ? null : (held.get(id) ?? null);
      if (id !== undefined && found === null) throw new Refusal(404, "NoSuchDistribution", "It does not exist");
      answerDistribution(request, response, { held, found, text: body.toString() });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message } = error;
      send(
        response,
        status,
        `<ErrorResponse ${XMLNS}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    }
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Asked {
  readonly held: Map<string, Distribution>;
  readonly found: Distribution | null;
  readonly text: string;
}

function answerDistribution(request: IncomingMessage, response: ServerResponse, { held, found, text }: Asked): void {
  if (found === null && request.method === "GET") {
    const items = [...held.values()].map(
      (one) => `<DistributionSummary><Id>${one.id}</Id><DomainName>${nameOf(one)}</DomainName></DistributionSummary>`,
    );
    return send(response, 200, `<DistributionList ${XMLNS}><Items>${items.join("")}</Items></DistributionList>`);
  }
  if (found === null) {
    const config = checked(element("DistributionConfig", text));
    const made = {
      id: `E${randomBytes(6).toString("hex").toUpperCase()}`,
      config,
      tags: element("Tags", text) || NO_TAGS,
      version: 1,
    };
    held.set(made.id, made);
    return send(response, 201, shown(made), made);
  }
  if (request.method === "GET") return send(response, 200, shown(found), found);
  if (request.headers["if-match"] !== etag(found))
    throw new Refusal(412, "PreconditionFailed", "The ETag is another one");
  if (request.method === "DELETE") {
    if (
      inside(
        "Enabled",
        found.config.replaceAll(/<(Logging|Origin\w*|TrustedSigners|TrustedKeyGroups)>.*?<\/\1>/gs, ""),
      ) === "true"
    ) {
      throw new Refusal(409, "DistributionNotDisabled", "It is enabled");
    }
    held.delete(found.id);
    return send(response, 204, "");
  }
  found.config = checked(element("DistributionConfig", text));
  found.version += 1;
  return send(response, 200, shown(found), found);
}

/** The configuration itself, when CloudFront would take it. */
function checked(config: string): string {
  const groups = inside("OriginGroups", config);
  const targets = [...config.matchAll(/<(DefaultCacheBehavior|CacheBehavior)>(.*?)<\/\1>/gs)].map(
    ([, , behaviour]) => behaviour ?? "",
  );
  for (const behaviour of targets) {
    const target = inside("TargetOriginId", behaviour);
    if (!config.includes(`<Id>${target}</Id>`)) throw new Refusal(404, "NoSuchOrigin", `No origin ${target}`);
    const methods = element("AllowedMethods", behaviour);
    if (groups.includes(`<Id>${target}</Id>`) && /<Method>(POST|PUT|PATCH|DELETE)</.test(methods)) {
      throw new Refusal(
        400,
        "InvalidArgument",
        "AllowedMethods cannot include POST, PUT, PATCH or DELETE with an origin group",
      );
    }
    for (const [, arn] of behaviour.matchAll(/<LambdaFunctionARN>(.*?)</g)) {
      if (!/^arn:aws:lambda:us-east-1:\d{12}:function:[\w-]+:\d+$/.test(arn ?? "")) {
        throw new Refusal(400, "InvalidLambdaFunctionAssociation", `Not a numbered version in us-east-1: ${arn}`);
      }
    }
  }
  const aliases = /<Aliases>.*?<CNAME>/s.test(config);
  const certificate = inside("ViewerCertificate", config);
  if (aliases && !/<ACMCertificateArn>arn:aws:acm:us-east-1:/.test(certificate)) {
    throw new Refusal(400, "InvalidViewerCertificate", "Aliases need a certificate of us-east-1");
  }
  // CloudFront shows what was left out as empty.
  const missing = Object.entries(EMPTY).filter(
    ([name]) => !new RegExp(`^<DistributionConfig[^>]*>.*<${name}>`, "s").test(config),
  );
  return config.replace(
    "</DistributionConfig>",
    `${missing.map(([name, xml]) => `<${name}>${xml}</${name}>`).join("")}</DistributionConfig>`,
  );
}

function shown(one: Distribution): string {
  const none = "<Enabled>false</Enabled><Quantity>0</Quantity>";
  return `<Distribution ${XMLNS}><Id>${one.id}</Id><ARN>${arnOf(one)}</ARN><Status>Deployed</Status>
<LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches>
<DomainName>${nameOf(one)}</DomainName><ActiveTrustedSigners>${none}</ActiveTrustedSigners>
<ActiveTrustedKeyGroups>${none}</ActiveTrustedKeyGroups>${one.config}</Distribution>`;
}

function answerTags(response: ServerResponse, one: Distribution, text: string | null): void {
  if (text !== null) one.tags = element("Tags", text) || NO_TAGS;
  send(response, text === null ? 200 : 204, text === null ? one.tags.replace("<Tags>", `<Tags ${XMLNS}>`) : "");
}

function send(response: ServerResponse, status: number, xml: string, one?: Distribution): void {
  const headers =
    one === undefined ? {} : { etag: etag(one), location: `https://cloudfront/2020-05-31/distribution/${one.id}` };
  response.writeHead(status, { "content-type": "text/xml", ...headers }).end(xml);
}

async function pass(moto: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!["host", "connection", "content-length", "expect"].includes(name)) headers.set(name, String(value));
  }
  const method = request.method ?? "GET";
  const answer = await fetch(`${moto}${request.url}`, {
    method,
    headers,
    body: body.length === 0 ? null : body,
    redirect: "manual",
  });
  const kept = Object.fromEntries(
    [...answer.headers].filter(([name]) => !["content-encoding", "transfer-encoding"].includes(name)),
  );
  response.writeHead(answer.status, kept).end(Buffer.from(await answer.arrayBuffer()));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function element(name: string, xml: string): string {
  const content = new RegExp(`<${name}(?: [^>]*)?>(.*)</${name}>`, "s").exec(xml)?.[1];
  return content === undefined ? "" : `<${name}>${content}</${name}>`;
}

function inside(name: string, xml: string): string {
  return new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1] ?? "";
}

function etag(one: Distribution): string {
  return `V${one.version}`;
}

function idOf(arn: string): string {
  return arn.split("/").at(-1) ?? "";
}

function arnOf(one: Distribution): string {
  return `arn:aws:cloudfront::123456789012:distribution/${one.id}`;
}

function nameOf(one: Distribution): string {
  return `${one.id.toLowerCase()}.cloudfront.net`;
}
