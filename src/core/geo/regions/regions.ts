/** Where cloud regions are. Keyed by provider and region: `eu-west-1` is Dublin on AWS and London on Alibaba. */
import { editDistance } from "../../edit-distance.ts";
import { aws, gcp } from "./aws-gcp.ts";
import { azure } from "./azure.ts";
import { digitalocean, linode, oci } from "./oci-digitalocean-linode.ts";
import { type RegionPoint, readRegions } from "./region-text.ts";
import { alibaba, hetzner, ibm, ovh, scaleway, vultr } from "./others.ts";

const TEXTS: ReadonlyMap<string, string> = new Map(
  Object.entries({ alibaba, aws, azure, digitalocean, gcp, hetzner, ibm, linode, oci, ovh, scaleway, vultr }),
);
const MAX_SUGGESTIONS = 3;

let table: ReadonlyMap<string, RegionPoint> | null = null;

/** City point of a region, or null when the table does not have it. */
export function regionPoint(provider: string, region: string): RegionPoint | null {
  return regions().get(`${provider}/${region}`) ?? null;
}

/** `provider/region` names that differ least from what was written, the nearest first. */
export function nearestRegionNames(provider: string, region: string): readonly string[] {
  const wanted = `${provider}/${region}`;
  return [...regions().keys()]
    .map((name) => ({ name, distance: editDistance(name, wanted) }))
    .filter((entry) => entry.distance <= 3)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map((entry) => entry.name);
}

function regions(): ReadonlyMap<string, RegionPoint> {
  table ??= new Map(
    [...TEXTS].flatMap(([provider, text]) =>
      readRegions(text).map(([region, point]): [string, RegionPoint] => [`${provider}/${region}`, point]),
    ),
  );
  return table;
}
