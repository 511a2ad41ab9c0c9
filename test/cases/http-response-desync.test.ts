import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeEdge } from "../../workers/node-edge.ts";
import { type RawOrigin, rawOrigin, type RawTalk, rawTalk } from "../edge/http1/raw.ts";
import { startWorld } from "../edge/http1/world.ts";
import { bytesOf, type RawCase, sharedCases } from "./shared.ts";

interface Case extends RawCase {
  readonly id: string;
  readonly request_method: string;
  readonly outcome: Outcome;
  readonly close_after: boolean;
  readonly expect?: {
    readonly body?: string;
    /** Null: the very bytes behind the head. */
    readonly body_b64?: string | null;
    readonly no_bytes?: readonly string[];
    readonly no_header?: readonly string[];
  };
}

type Outcome =
  | "relay-canonical"
  | "gateway-error"
  | "relay-or-gateway-error"
  | "client-sees-incomplete"
  | "gateway-error-or-incomplete";

const { cases } = sharedCases<{ readonly cases: readonly Case[] }>("http_response_desync.json");

let origin: RawOrigin;
let edge: NodeEdge;

beforeAll(async () => {
  origin = await rawOrigin();
  edge = await startWorld({ hosts: ["a.example"], gateways: [{ port: origin.port }], timeoutMs: 2000 });
});

afterAll(async () => {
  await edge.close();
  await origin.close();
});

function bodyOf(one: Case): string | undefined {
  const { body, body_b64: encoded } = one.expect ?? {};
  if (encoded === undefined) return body;
  if (encoded !== null) return Buffer.from(encoded, "base64").toString("latin1");
  const raw = bytesOf(one).toString("latin1");
  return raw.slice(raw.indexOf("\r\n\r\n") + 4);
}

function isRelayed(one: Case, { answers, rest }: RawTalk): boolean {
  const [answer] = answers;
  if (answers.length !== 1 || answer === undefined || rest !== "") return false;
  if (answer.status === 502 || answer.status === 504) return false;
  const body = bodyOf(one);
  return body === undefined || answer.body === body;
}

function isGatewayError({ answers }: RawTalk): boolean {
  return answers.length === 1 && (answers[0]?.status === 502 || answers[0]?.status === 504);
}

function isIncomplete({ answers, text }: RawTalk): boolean {
  return answers.length === 0 && text.startsWith("HTTP/1.1 ");
}

function holds(one: Case, talk: RawTalk): boolean {
  switch (one.outcome) {
    case "relay-canonical":
      return isRelayed(one, talk);
    case "gateway-error":
      return isGatewayError(talk);
    case "relay-or-gateway-error":
      return isRelayed(one, talk) || isGatewayError(talk);
    case "client-sees-incomplete":
    case "gateway-error-or-incomplete":
      return isIncomplete(talk) || isGatewayError(talk);
    default:
      return one.outcome satisfies never;
  }
}

describe("http_response_desync.json", () => {
  it.each(cases.map((one) => [one.id, one] as const))("%s", async (id, one) => {
    origin.reset();
    edge.edge.state.outliers.ejections.clear();
    const echo = origin.answer;
    const bytes = bytesOf(one);
    origin.answer = (request) => (request.target === `/r/${id}` ? { bytes, close: one.close_after } : echo(request));
    const request = (method: string, target: string) => [
      { bytes: Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`), delayMs: 0 },
    ];
    const talk = await rawTalk(edge.url, request(one.request_method, `/r/${id}`), 1, [one.request_method]);
    expect({ id, talk, holds: holds(one, talk) }).toEqual({ id, talk, holds: true });
    for (const text of one.expect?.no_bytes ?? []) expect(talk.text).not.toContain(text);
    for (const name of one.expect?.no_header ?? [])
      expect(talk.answers.flatMap(({ fields }) => fields.map(([field]) => field))).not.toContain(name);
    expect(talk.text).not.toContain("X-Poison");
    expect(talk.text).not.toContain("EVIL");
    // Whatever the origin left on its connection must not become the next client's answer.
    for (const target of ["/next", "/after"]) {
      const next = await rawTalk(edge.url, request("GET", target), 1);
      expect(next.answers.map(({ body }) => body)).toEqual([`GET ${target}`]);
    }
  });
});
