/** What this edge would decide about a request now, in words: with its own measurements, ejections and held choices. */
import type { RequestFacts } from "../core/decision.ts";
import { explain, type Explanation, whatWouldChange, type WhatIf } from "../core/explain.ts";
import type { Places } from "../core/geo/client-location.ts";
import { type NamedClient, namedClient } from "../core/geo/named-client.ts";
import { vantageOf } from "../core/geo/vantage.ts";
import { list, nullable, number, parse, record, text } from "../core/snapshot/guard.ts";
import type { Locator } from "../locate/locator.ts";
import { type EdgeState, snapshotName } from "./state.ts";

export interface ExplainedHere extends Explanation {
  readonly edge: string;
  /** `epoch.generation hash` of what it serves. */
  readonly snapshot: string;
  readonly whatWouldChange: readonly WhatIf[];
}

export interface ExplainHereDeps {
  readonly locator: Locator | null;
  readonly places: Places;
  readonly now: () => number;
}

const readField = (value: unknown, at: string): readonly [string, string] => {
  const [name = "", content = ""] = list(text(65_536), 2)(value, at);
  return [name, content];
};
const readAsked = record<RequestFacts & NamedClient>({
  method: text(),
  host: text(),
  target: text(65_536),
  headers: list(readField, 1000),
  client: nullable(text()),
  at: nullable(record({ latitude: number(-90, 90), longitude: number(-180, 180) })),
});

/** Changes nothing: neither a choice that is held, nor the chance of the next request. RangeError for what it cannot read. */
export function explainHere(state: EdgeState, asked: string, { locator, places, now }: ExplainHereDeps): ExplainedHere {
  const parsed = parse(readAsked, asked);
  if (!parsed.ok) throw new RangeError(`Cannot explain the request: ${parsed.problem}`);
  const { serving, health, location: own } = state;
  if (serving === null) throw new RangeError("Cannot explain the request: this edge has no snapshot yet");
  const { client: name, at, ...request } = parsed.value;
  const client = namedClient({ client: name, at }, { overrides: serving.overrides, locator, ...places });
  if (client.class === "invalid") {
    throw new RangeError(`Cannot locate the client "${name}": it is neither an address nor a country`);
  }
  const circumstances = {
    client,
    vantage: vantageOf({ own, place: state.name, location: client.location, places }),
    nowMs: now(),
    pins: [],
    offered: now() < health.expiresAtMs ? health.offered : null,
    seed: state.seed,
  };
  const { table } = serving;
  const explanation = explain(table, health, request, circumstances);
  const changes = whatWouldChange(table, health, request, circumstances);
  return { edge: state.name, snapshot: snapshotName(state), ...explanation, whatWouldChange: changes };
}
