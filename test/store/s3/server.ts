/** S3 as `s3Store` uses it: conditional writes, pages of three keys, a clock, and the troubles of a network. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface S3Server {
  readonly url: string;
  /** Requests of a list. */
  readonly lists: number;
  /** How far its clock is ahead; requests that are 15 minutes off are refused, as by Amazon. */
  skewMs: number;
  /** The next writes are carried out and not answered. */
  loseAnswers(count: number): void;
  refuse(status: number, count: number): void;
  close(): Promise<void>;
}

const PAGE = 3;

/** One bucket, `state`. */
export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  let lost = 0;
  let refusals = { status: 0, count: 0 };
  const made = { url: "", lists: 0, skewMs: 0 };
  const etag = (body: Buffer) => `"${createHash("md5").update(body).digest("hex")}"`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const answer = (status: number, headers: Record<string, string> = {}, text: string | Buffer = "") => {
      const date = new Date(Date.now() + made.skewMs).toUTCString();
      response.writeHead(status, { date, ...headers }).end(status === 304 ? undefined : text);
    };
    if (refusals.count > 0) {
      refusals.count -= 1;
      return answer(refusals.status);
    }
    const problem = signatureProblem(request, body, Date.now() + made.skewMs);
    if (problem !== null) return answer(403, {}, `<Error><Code>${problem}</Code></Error>`);
    const url = new URL(request.url ?? "", "http://s3");
    if (url.pathname === "/state/") {
      made.lists += 1;
      return answer(200, {}, page(objects, url));
    }
    const key = decodeURIComponent(url.pathname.slice("/state/".length));
    const current = objects.get(key);
    if (request.method === "GET") {
      return current === undefined ? answer(404) : answer(200, { etag: etag(current) }, current);
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return answer(204);
    }
    const match = request.headers["if-match"];
    if (match !== undefined && current === undefined) return answer(404);
    if (match !== undefined && current !== undefined && match !== etag(current)) return answer(412);
    if (request.headers["if-none-match"] === "*" && current !== undefined) return answer(412);
    objects.set(key, body);
    if (lost > 0) {
      lost -= 1;
      return void request.socket.destroy();
    }
    return answer(200, { etag: etag(body) });
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(made, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswers: (count: number) => void (lost = count),
    refuse: (status: number, count: number) => void (refusals = { status, count }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function signatureProblem({ headers }: IncomingMessage, body: Buffer, nowMs: number): string | null {
  const hash = createHash("sha256").update(body).digest("hex");
  if (headers["x-amz-content-sha256"] !== hash) return "XAmzContentSHA256Mismatch";
  const form =
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$/;
  if (!form.test(headers.authorization ?? "")) return "SignatureDoesNotMatch";
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers["x-amz-date"])) ?? [];
  const sentMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Math.abs(sentMs - nowMs) > 15 * 60_000 ? "RequestTimeTooSkewed" : null;
}

function page(objects: ReadonlyMap<string, Buffer>, url: URL): string {
  const prefix = url.searchParams.get("prefix") ?? "";
  const after = url.searchParams.get("continuation-token") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const shown = keys.slice(0, PAGE);
  const items = shown.map((key) => `<Contents><Key>${encodeURIComponent(key)}</Key></Contents>`).join("");
  const next = keys.length > PAGE ? `<NextContinuationToken>${shown.at(-1) ?? ""}</NextContinuationToken>` : "";
  return `<ListBucketResult>${items}${next}</ListBucketResult>`;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
