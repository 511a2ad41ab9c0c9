import { describe, expect, it } from "vitest";
import { type EdgeHosts, mayMove } from "../../../src/core/hosts/may-move.ts";
import type { HostState } from "../../../src/core/hosts/attached.ts";

const NEED = { name: "_owner.shop.example.org", type: "TXT", value: "owner-0" } as const;
const WAITING: HostState = { status: "waiting", message: "1 record is missing", needs: [NEED] };
const edge = (attached: Readonly<Record<string, HostState>> | null, more: Partial<EdgeHosts> = {}): EdgeHosts => ({
  declared: [],
  attached: attached === null ? null : new Map(Object.entries(attached)),
  served: new Set(),
  isAttached: true,
  ...more,
});
const SERVING: HostState = { status: "serving" };

const CASES: readonly (readonly [string, EdgeHosts, "yes" | "no" | "unknown", string | null])[] = [
  ["declared", edge({}, { declared: ["shop.example.org"] }), "yes", null],
  ["below a declared wildcard", edge({}, { declared: ["*.example.org"] }), "yes", null],
  ["two levels below it", edge({}, { declared: ["*.org"] }), "no", "the edge to take the host"],
  ["declared while the platform is away", edge(null, { declared: ["*.example.org"] }), "yes", null],
  ["never asked about", edge(null), "unknown", "the edge's platform to be read"],
  [
    "nobody's to attach",
    edge(null, { isAttached: false }),
    "no",
    "somebody to declare it at the edge: nothing attaches hosts there",
  ],
  ["not attached", edge({}), "no", "the edge to take the host"],
  ["serving", edge({ "shop.example.org": SERVING }), "yes", null],
  ["below a wildcard that serves", edge({ "*.example.org": SERVING }), "yes", null],
  [
    "waiting",
    edge({ "shop.example.org": WAITING }),
    "no",
    'TXT _owner.shop.example.org "owner-0" (1 record is missing)',
  ],
  [
    "waiting after it served",
    edge({ "shop.example.org": WAITING }, { served: new Set(["shop.example.org"]) }),
    "yes",
    'TXT _owner.shop.example.org "owner-0" (1 record is missing)',
  ],
  [
    "given up",
    edge(
      { "shop.example.org": { status: "stuck", message: "validation timed out" } },
      { served: new Set(["shop.example.org"]) },
    ),
    "no",
    "somebody to see to it: validation timed out",
  ],
];

describe("mayMove()", () => {
  it.each(CASES)("of a host that is %s", (_name, hosts, may, waitsFor) => {
    expect(mayMove("shop.example.org", hosts)).toMatchObject({ may, waitsFor });
  });
});
