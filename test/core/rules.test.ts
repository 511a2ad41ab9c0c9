/** DESIGN.md's rules that hold for every input, as properties. */
import { packCounts } from "../../src/core/snapshot/backend-counts.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/health/circuit.ts";
import { compile } from "../../src/core/compile/compile.ts";
import { decide } from "../../src/core/decide.ts";
import { explain } from "../../src/core/explain.ts";
import { type HealthView, healthView, originKey } from "../../src/core/health/view.ts";
import type { Candidate } from "../../src/core/decision.ts";
import type { IngressObject } from "../../src/core/objects.ts";
import { canonicalHost } from "../../src/core/request/host.ts";
import { canonicalTarget } from "../../src/core/request/path.ts";
import { type Attempt, type AttemptOutcome, isIdempotent, nextTry } from "../../src/core/retry.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { buildRoutingTable } from "../../src/core/routing-table.ts";
import { canonicalJson } from "../../src/core/snapshot/canonical.ts";
import { cluster, hostClaim, ingress, ingressClass, observation, rule, service, slice } from "../build/objects.ts";
import { circumstancesAt, FRANKFURT, request } from "../build/world.ts";
import { originOf } from "../build/steering.ts";

const NAMES = ["a", "b", "c", "d"] as const;
const HOSTS = ["one.example.org", "*.example.org", "two.example.org", ""] as const;
const PATHS = ["/", "/x", "/x/y", "/x/"] as const;

const anyIngress: fc.Arbitrary<IngressObject> = fc
  .record({
    name: fc.constantFrom("i", "j"),
    namespace: fc.constantFrom("n1", "n2"),
    createdMs: fc.nat(2),
    host: fc.constantFrom(...HOSTS),
    path: fc.constantFrom(...PATHS),
    pathType: fc.constantFrom("Exact" as const, "Prefix" as const),
    backend: fc.constantFrom("s", "t"),
    isDefault: fc.boolean(),
    className: fc.constantFrom(null, "ours", "theirs"),
  })
  .map(({ name, namespace, createdMs, host, path, pathType, backend, isDefault, className }) =>
    ingress(name, {
      meta: { namespace, createdMs },
      className,
      rules: [rule(host, path, backend, pathType)],
      defaultBackend: isDefault ? { service: "d", port: "80" } : null,
    }),
  );

/** No two objects of one source share their name. */
const anyIngresses = fc.uniqueArray(anyIngress, {
  maxLength: 4,
  selector: ({ meta }) => `${meta.namespace}/${meta.name}`,
});

const services = ["s", "t", "d"].flatMap((name) => ["n1", "n2"].map((namespace) => service(name, { namespace })));
const slices = services.map(({ meta }) => ({ ...slice(meta.name, ["192.0.2.1", "192.0.2.2"]), meta }));

describe("rule 11: the order of the input never matters", () => {
  const shuffle = <T>(list: readonly T[]): fc.Arbitrary<T[]> =>
    fc.shuffledSubarray([...list], { minLength: list.length });

  it("compile() gives the same snapshot, byte for byte", () => {
    const world = fc.record({ federated: anyIngresses, held: fc.array(anyIngresses, { minLength: 2, maxLength: 3 }) });
    const claims = [hostClaim("x", ["two.example.org"], ["n2", "n1"])];
    const cases = world.chain(({ federated, held }) => {
      const clusters = held.map((_, index) => cluster(NAMES[index] ?? "a", index === 0 ? { gateway: null } : {}));
      const classes = [ingressClass("ours", "portolan.dev/edge"), ingressClass("theirs", "example.org/other")];
      const inOrder = held.map((ingresses, index) => ({ name: NAMES[index] ?? "a", ingresses }));
      const shuffled = fc.tuple(
        shuffle(federated),
        shuffle(clusters),
        shuffle(inOrder),
        shuffle(services),
        shuffle(slices),
        shuffle(classes),
      );
      return fc.tuple(shuffled, shuffled);
    });
    type Input = typeof cases extends fc.Arbitrary<readonly [infer One, unknown]> ? One : never;
    const bytes = ([ingresses, clusters, members, held, endpointSlices, ingressClasses]: Input): string => {
      const { snapshot, counts } = compile({
        config: observation(null, { ingresses, clusters, hostClaims: claims }),
        clusters: members.map((one) =>
          observation(one.name, { ingresses: one.ingresses, services: held, endpointSlices, ingressClasses }),
        ),
        previous: null,
        allowPrivateOrigins: true,
        nowMs: 0,
      });
      return canonicalJson({ snapshot, counts });
    };
    fc.assert(
      fc.property(cases, ([one, other]) => {
        expect(bytes(other)).toBe(bytes(one));
      }),
    );
  });
});

interface State {
  readonly weight: number;
  readonly ready: number;
  readonly isEjected: boolean;
  readonly isHeld: boolean;
}

const anyWorld: fc.Arbitrary<readonly State[]> = fc.array(
  fc.record({
    weight: fc.constantFrom(0, 0, 1, 100, 1000),
    ready: fc.nat(2),
    isEjected: fc.boolean(),
    isHeld: fc.boolean(),
  }),
  { minLength: 1, maxLength: NAMES.length },
);

function decideIn(states: readonly State[], seed: number) {
  const named = states.map((state, index) => ({ name: NAMES[index] ?? "a", ...state }));
  const { snapshot } = compile({
    config: observation(null, {
      clusters: named.map(({ name, weight }, index) =>
        cluster(name, { weight, location: { latitude: index * 10, longitude: 0 } }),
      ),
      ingresses: [ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] })],
    }),
    clusters: named.map(({ name, isHeld }) => observation(name, { services: isHeld ? [service("shop")] : [] })),
    previous: null,
    allowPrivateOrigins: false,
    nowMs: 0,
  });
  const decision = decide(
    buildRoutingTable(snapshot, allPolicies),
    healthOf(named),
    request("shop.example.org", "/"),
    circumstancesAt(FRANKFURT, { seed }),
  );
  return { named, decision };
}

function healthOf(named: readonly (State & { readonly name: string })[]): HealthView {
  const ejection = { sinceMs: 0, untilMs: 1000, count: 1, cause: "refused" };
  const backends = named.map(({ name, ready }) => ({ cluster: name, service: "default/shop/80", ready, total: 2 }));
  return healthView(
    {
      observedAtMs: 0,
      validForMs: 1000,
      clusters: [],
      backends: packCounts(backends),
      origins: [],
      verdicts: [],
      roundTrips: [],
      offered: [],
      events: [],
    },
    new Map(
      named.flatMap(({ name, isEjected }) => (isEjected ? [[originKey(name, originOf(name)), ejection] as const] : [])),
    ),
  );
}

describe("rules 1, 8 and 9: availability first, weight second, panic last", () => {
  const isHealthy = (state: State): boolean => state.isHeld && state.weight > 0 && state.ready > 0 && !state.isEjected;

  it("a healthy backend is always tried first, a drained one never, and each cluster is accounted for once", () => {
    fc.assert(
      fc.property(anyWorld, fc.integer(), (states, seed) => {
        const { named, decision } = decideIn(states, seed);
        const candidates = decision.action === "forward" ? decision.candidates : [];
        const excluded = decision.action === "forward" || decision.action === "reject" ? decision.excluded : [];
        const first = named.find(({ name }) => name === candidates[0]?.cluster);
        if (named.some(isHealthy)) expect(first !== undefined && isHealthy(first)).toBe(true);
        const usable = named.filter(({ isHeld, weight }) => isHeld && weight > 0);
        if (usable.length > 0) expect(candidates.length).toBeGreaterThan(0);
        // Rule 11: whole microseconds, so that every engine compares the same numbers.
        for (const { costUs } of candidates) expect(Number.isInteger(costUs)).toBe(true);
        for (const { cluster: name } of candidates) expect(usable.map((one) => one.name)).toContain(name);
        const told = [...candidates, ...excluded].map((one) => one.cluster).sort();
        expect(told).toEqual(named.map(({ name }) => name).sort());
      }),
    );
  });
});

describe("rules 6 and 7: what may be tried again", () => {
  const failed = (failure: "refused" | "reset" | "response-timeout" | "other", unsent: boolean): AttemptOutcome => ({
    type: "failed",
    failure,
    unsent,
    detail: "",
  });
  const anyOutcome = fc.oneof(
    fc
      .integer({ min: 200, max: 599 })
      .map((status): AttemptOutcome => ({ type: "answered", status, retryAfterMs: null })),
    fc
      .tuple(fc.constantFrom("refused", "reset", "response-timeout", "other"), fc.boolean())
      .map((args) => failed(...args)),
  );
  const candidates = NAMES.map(
    (name): Candidate => ({
      cluster: name,
      service: "default/shop/80",
      costUs: 0,
      basis: "distance",
      panic: null,
      limits: DEFAULT_LIMITS,
      origins: [1, 2].map((port) => ({
        connectHost: name,
        port,
        protocol: "http",
        serverName: null,
        ca: null,
        host: "public",
        allowedCidrs: [],
        signed: false,
      })),
    }),
  );

  it("ends, tries no place twice, at most three clusters, and sends what is not idempotent once at most", () => {
    const method = fc.oneof(fc.constantFrom("GET", "HEAD", "PUT", "POST", "PATCH", "get", "LOCK"), fc.string());
    fc.assert(
      fc.property(method, fc.array(anyOutcome, { minLength: 12, maxLength: 12 }), (method, outcomes) => {
        const attempts: Attempt[] = [];
        const facts = {
          method,
          bodyKept: true,
          candidates,
          timeoutMs: 1000,
          asks: { maxBodyBytes: null, httpsOnly: false },
          elapsedMs: 0,
          budgetLeft: true,
          random: 0,
        };
        for (const outcome of outcomes) {
          const next = nextTry(facts, attempts);
          if (next.step === "give-up") break;
          attempts.push({ candidate: next.candidate, origin: next.origin, outcome });
        }
        expect(nextTry(facts, attempts).step).toBe("give-up");
        const places = attempts.map(({ candidate, origin }) => `${candidate}/${origin}`);
        expect(new Set(places).size).toBe(places.length);
        expect(new Set(attempts.map(({ candidate }) => candidate)).size).toBeLessThanOrEqual(3);
        const sent = attempts.filter(({ outcome }) => outcome.type === "answered" || !outcome.unsent);
        if (!isIdempotent(method)) expect(sent.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the door: hosts and paths", () => {
  const hostText = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("a", "A", ".", "-", "_", ":", "1", "[", "]", "%", "*", "@") }),
  );
  const pathText = fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("/", ".", "..", "%2e", "%2F", "%41", ";", "?", "a", "%", "%c3%a9", "//") }),
    )
    .map((text) => `/${text}`);

  it("canonicalHost() is total, and its answer is its own canonical form", () => {
    fc.assert(
      fc.property(hostText, (text) => {
        const first = canonicalHost(text);
        if (first.ok) expect(canonicalHost(first.host)).toEqual(first);
      }),
    );
  });

  it("canonicalTarget() is total, its answer is its own canonical form, and holds no way up", () => {
    fc.assert(
      fc.property(pathText, (text) => {
        const first = canonicalTarget(text);
        if (!first.ok) return;
        expect(canonicalTarget(first.path + first.query)).toEqual(first);
        expect(first.path.split("/")).not.toContain("..");
        expect(first.path.split("/")).not.toContain(".");
      }),
    );
  });

  it("explain() answers every request, whatever it is", () => {
    const { snapshot } = compile({
      config: observation(null, {
        clusters: [cluster("a")],
        ingresses: [ingress("i", { rules: [rule("", "/", "s"), rule("*.example.org", "/x", "s", "Exact")] })],
      }),
      clusters: [observation("a", { services: [service("s")] })],
      previous: null,
      allowPrivateOrigins: false,
      nowMs: 0,
    });
    const table = buildRoutingTable(snapshot, allPolicies);
    const headers = fc.array(fc.tuple(fc.string(), fc.string()));
    fc.assert(
      fc.property(fc.string(), hostText, pathText, headers, (method, host, target, fields) => {
        const known = healthView(null, new Map());
        const facts = { method, host, target, headers: fields };
        const { action, status } = explain(table, known, facts, circumstancesAt(FRANKFURT));
        expect(action === "forward" ? status : [400, 404].includes(status ?? 0)).toBe(
          action === "forward" ? null : true,
        );
      }),
    );
  });
});
