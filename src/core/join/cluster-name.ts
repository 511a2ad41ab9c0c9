/** Names of contexts as clouds' own tools write them. */

/** What a context's name says; nulls where it says nothing. */
export interface ContextName {
  /** A DNS label for the Cluster object. */
  readonly cluster: string;
  readonly provider: string | null;
  readonly region: string | null;
  readonly zone: string | null;
}

const MAX_LABEL = 63;

/**
 * | context | provider | region, zone | cluster |
 * |---|---|---|---|
 * | `gke_PROJECT_us-east1-b_NAME` | gcp | us-east1, us-east1-b | NAME |
 * | `arn:aws:eks:eu-west-1:ACCOUNT:cluster/NAME`, `USER@NAME.eu-west-1.eksctl.io` | aws | eu-west-1 | NAME |
 * | `do-fra1-NAME` | digitalocean | fra1 | NAME |
 * | anything else | | | the name, made a DNS label |
 */
export function readContextName(context: string): ContextName {
  const gke = context.split("_");
  if (gke[0] === "gke" && gke.length >= 4) {
    const place = gke[2] ?? "";
    return { cluster: label(gke.slice(3).join("-")), provider: "gcp", ...gcpPlace(place) };
  }
  const arn = context.split(":");
  if (arn[0] === "arn" && arn[2] === "eks" && arn.length === 6) {
    const name = (arn[5] ?? "").slice("cluster/".length);
    return { cluster: label(name), provider: "aws", region: arn[3] ?? null, zone: null };
  }
  const eksctl = /^(?:[^@]*@)?([^@.]+)\.([a-z0-9-]+)\.eksctl\.io$/.exec(context);
  if (eksctl !== null) {
    return { cluster: label(eksctl[1] ?? ""), provider: "aws", region: eksctl[2] ?? null, zone: null };
  }
  const ocean = /^do-([a-z]{3}\d)-(.+)$/.exec(context);
  if (ocean !== null) {
    return { cluster: label(ocean[2] ?? ""), provider: "digitalocean", region: ocean[1] ?? null, zone: null };
  }
  return { cluster: label(context), provider: null, region: null, zone: null };
}

/** A zone of GCP is its region and a letter. */
export function gcpPlace(place: string): { readonly region: string; readonly zone: string | null } {
  const parts = place.split("-");
  const isZone = parts.length === 3 && /^[a-z]$/.test(parts[2] ?? "");
  return isZone ? { region: parts.slice(0, 2).join("-"), zone: place } : { region: place, zone: null };
}

/** Each name once: of equal ones the later get `-2`, `-3`. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = `${name.slice(0, MAX_LABEL - 4)}-${count}`;
    taken.add(free);
    return free;
  });
}

function label(text: string): string {
  const parts = text
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((part) => part !== "");
  const cut = parts.join("-").slice(0, MAX_LABEL);
  return (cut.endsWith("-") ? cut.slice(0, -1) : cut) || "cluster";
}
