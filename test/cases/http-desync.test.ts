import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalTarget } from "../../src/core/request/path.ts";
import type { NodeEdge } from "../../workers/node-edge.ts";
import { type RawOrigin, rawOrigin, type RawRequest, type RawTalk, rawTalk, type Segment } from "../edge/http1/raw.ts";
import { startWorld } from "../edge/http1/world.ts";
import { bytesOf, type RawCase, sharedCases } from "./shared.ts";

interface Case extends RawCase {
  readonly id: string;
  readonly outcome: Outcome;
  readonly acceptable: readonly Outcome[];
  readonly segments?: readonly { readonly b64: string; readonly delay_ms: number }[];
  readonly expect?: {
    readonly status?: readonly number[];
    readonly status_reject?: readonly number[];
    readonly body?: string;
    readonly body_b64?: string;
    readonly no_bytes?: readonly string[];
    readonly must_not_have?: readonly string[];
    readonly must_not_value?: Readonly<Record<string, string>>;
    readonly trailer_not_merged?: string;
    readonly header_count?: Readonly<Record<string, number>>;
    readonly backend_count?: number;
    readonly order?: readonly string[];
    readonly resp_order?: readonly string[];
    readonly target?: readonly string[];
    readonly raw_target?: string;
    readonly forward_host?: string;
    readonly smuggled_allowed_if_separate?: boolean;
  };
}

type Outcome =
  | "reject-400"
  | "reject-or-normalise"
  | "forward-normalised"
  | "must-not-forward-second-request"
  | "local-answer"
  | "incomplete-no-forward";

interface Seen {
  readonly requests: readonly RawRequest[];
  readonly talk: RawTalk;
}

const { cases } = sharedCases<{ readonly cases: readonly Case[] }>("http_desync.json");

let origin: RawOrigin;
let edge: NodeEdge;

beforeAll(async () => {
  origin = await rawOrigin();
  edge = await startWorld({ hosts: ["a.example"], gateways: [{ port: origin.port }] });
});

afterAll(async () => {
  await edge.close();
  await origin.close();
});

async function run(one: Case): Promise<Seen> {
  origin.reset();
  const bytes = bytesOf(one);
  const segments: readonly Segment[] = one.segments?.map(({ b64, delay_ms: delayMs }) => ({
    bytes: Buffer.from(b64, "base64"),
    delayMs,
  })) ?? [{ bytes, delayMs: 0 }];
  const waitFor = one.outcome === "incomplete-no-forward" ? 0 : (one.expect?.backend_count ?? 1);
  const methods = bytes.toString("latin1").startsWith("HEAD ") ? ["HEAD"] : [];
  const talk = await rawTalk(edge.url, segments, waitFor, methods);
  const requests = [...origin.requests];
  // Nothing of one connection may reach another one's answer.
  const clean = "GET /clean HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
  const after = await rawTalk(edge.url, [{ bytes: Buffer.from(clean), delayMs: 0 }], 1);
  expect(after.answers.map(({ body }) => body)).toEqual(["GET /clean"]);
  return { requests, talk };
}

function isRejected(one: Case, { requests, talk }: Seen): boolean {
  const allowed = one.expect?.status_reject ?? one.expect?.status ?? [400];
  const [answer] = talk.answers;
  return requests.length === 0 && talk.answers.length === 1 && allowed.includes(answer?.status ?? 0);
}

function isNormalised({ expect: wanted = {} }: Case, { requests, talk }: Seen): boolean {
  const { backend_count: count = 1, order, resp_order: answered, target, raw_target: raw } = wanted;
  if (requests.length !== count) return false;
  const body = wanted.body_b64 === undefined ? wanted.body : Buffer.from(wanted.body_b64, "base64").toString("latin1");
  const [first] = requests;
  if (first === undefined || (body !== undefined && first.body !== body)) return false;
  if (target !== undefined && !target.includes(first.target)) return false;
  if (order !== undefined && JSON.stringify(requests.map((one) => one.target)) !== JSON.stringify(order)) return false;
  if (raw !== undefined) {
    const canonical = canonicalTarget(raw);
    if (!canonical.ok || canonical.path + canonical.query !== first.target) return false;
  }
  if (wanted.forward_host !== undefined && valuesOf(first, "host")[0] !== wanted.forward_host) return false;
  const targets = talk.answers.map(({ fields }) => fields.find(([name]) => name === "x-target")?.[1] ?? "");
  return answered === undefined || JSON.stringify(targets) === JSON.stringify(answered);
}

function valuesOf(request: RawRequest, name: string): string[] {
  return request.fields.filter(([field]) => field === name).map(([, value]) => value);
}

function holds(outcome: Outcome, one: Case, seen: Seen): boolean {
  const { requests, talk } = seen;
  switch (outcome) {
    case "reject-400":
      return isRejected(one, seen);
    case "reject-or-normalise":
      return isRejected(one, seen) || isNormalised(one, seen);
    case "forward-normalised":
      return isNormalised(one, seen);
    case "must-not-forward-second-request":
      return requests.length <= 1 || one.expect?.smuggled_allowed_if_separate === true;
    case "local-answer":
      return requests.length === 0 && (one.expect?.status ?? [200, 204]).includes(talk.answers[0]?.status ?? 0);
    case "incomplete-no-forward":
      return requests.length === 0 && (talk.answers.length === 0 || talk.answers[0]?.status === 408);
    default:
      return outcome satisfies never;
  }
}

function check(one: Case, seen: Seen): void {
  const { expect: wanted = {} } = one;
  const what = { id: one.id, requests: seen.requests, answers: seen.talk.answers };
  const outcome = holds(one.outcome, one, seen) ? one.outcome : one.acceptable.find((other) => holds(other, one, seen));
  expect({ ...what, outcome }).toEqual({ ...what, outcome: one.outcome });
  const wire = origin.received.join("\n");
  const smuggled = seen.requests.filter(({ target }) => target.includes("/smuggled"));
  if (wanted.smuggled_allowed_if_separate !== true) expect(smuggled).toEqual([]);
  for (const bytes of wanted.no_bytes ?? []) expect(wire).not.toContain(bytes);
  for (const request of seen.requests) {
    expect(valuesOf(request, "host")).toHaveLength(1);
    expect(valuesOf(request, "content-length").length + valuesOf(request, "transfer-encoding").length).toBeLessThan(2);
    for (const name of wanted.must_not_have ?? []) expect(valuesOf(request, name)).toEqual([]);
    for (const [name, value] of Object.entries(wanted.must_not_value ?? {}))
      expect(valuesOf(request, name)).not.toContain(value);
    for (const [name, count] of Object.entries(wanted.header_count ?? {}))
      expect(valuesOf(request, name)).toHaveLength(count);
    if (wanted.trailer_not_merged === "content-length") expect(request.body).toBe(wanted.body);
    else if (wanted.trailer_not_merged === "host") expect(valuesOf(request, "host")).toEqual(["a.example"]);
    else if (wanted.trailer_not_merged === "x-forwarded-for")
      expect(valuesOf(request, "x-forwarded-for").join()).not.toContain("127.0.0.1, ");
    else if (wanted.trailer_not_merged !== undefined) expect(valuesOf(request, wanted.trailer_not_merged)).toEqual([]);
  }
}

describe("http_desync.json", () => {
  it.each(cases.map((one) => [one.id, one] as const))("%s", async (_id, one) => {
    check(one, await run(one));
  });
});
