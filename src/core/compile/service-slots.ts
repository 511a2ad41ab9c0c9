/**
 * Which clusters have a Service, and its EndpointSlices there, by the Service's name. Kept from one compile to the next:
 * of half a million objects those are looked at that changed.
 */
import { compareText } from "../match-route.ts";
import type { ServiceKey } from "../model.ts";
import type { EndpointSliceObject, ServiceObject } from "../objects.ts";
import type { Difference } from "../difference.ts";
import type { Member } from "./member.ts";

/** One Service name in all clusters. */
export interface ServiceSlot {
  /** Those that have the Service or slices of it, in their order. What each of them has is at its place in the other lists. */
  readonly members: Member[];
  readonly services: (ServiceObject | null)[];
  readonly slices: Slices[];
  /** Service ports of this name that hosts use, and so what has to be worked out again when it changes. */
  readonly keys: Set<ServiceKey>;
  /** Whether it is in a list of changed ones. */
  isChanged: boolean;
}

/** Nearly always one: lists for half a million of them would be a tenth of the memory. Several are sorted by name. */
type Slices = EndpointSliceObject | EndpointSliceObject[] | null;

/** Slices of the member at a place; null for none, which is "nobody knows", not "nothing is ready". */
export function slicesAt(slot: ServiceSlot, at: number): readonly EndpointSliceObject[] | null {
  const slices = slot.slices[at] ?? null;
  return slices === null || Array.isArray(slices) ? slices : [slices];
}

interface Slot extends ServiceSlot {
  readonly namespace: string;
  /** Null once it is forgotten. */
  name: string | null;
  /** The one that was asked for after this one. */
  next: Slot | null;
}

/** By namespace, then by name: joining the two for each of half a million objects would cost more than finding them. */
export interface ServiceSlots {
  /** Begins to use a service port; the slot is there from then on, whether or not anybody has the Service. */
  use(key: ServiceKey): ServiceSlot;
  /** Ends the use. */
  leave(key: ServiceKey): void;
  /** Adds the slots of a member's Services of type NodePort: its nodes are others. */
  touchNodePorts(member: Member, changed: ServiceSlot[]): void;
  /** Takes over what changed in a member, and adds the slots that somebody uses. */
  update(
    member: Member,
    services: Difference<ServiceObject>,
    slices: Difference<EndpointSliceObject>,
    changed: ServiceSlot[],
  ): void;
}

/** No slots yet. Members must come in their order the first time. */
export function serviceSlots(): ServiceSlots {
  const spaces = new Map<string, Map<string, Slot>>();

  let last: Slot | null = null;

  /** Clusters list their objects in the same order, so that the slot that came next the last time is a good guess. */
  const slotOf = (namespace: string, name: string): Slot => {
    const guess = last?.next ?? null;
    if (guess !== null && guess.name === name && guess.namespace === namespace) return (last = guess);
    let space = spaces.get(namespace);
    if (space === undefined) spaces.set(namespace, (space = new Map()));
    let slot = space.get(name);
    if (slot === undefined) space.set(name, (slot = newSlot(namespace, name)));
    if (last !== null) last.next = slot;
    return (last = slot);
  };

  /** What nobody has and nobody uses is forgotten, or names that come and go would fill the memory. */
  function sweep(namespace: string, name: string, slot: Slot): void {
    if (slot.members.length > 0 || slot.keys.size > 0) return;
    spaces.get(namespace)?.delete(name);
    // Nobody may guess it any more.
    slot.name = null;
  }

  function put(member: Member, one: ServiceObject, changed: ServiceSlot[]): void {
    const slot = slotOf(one.meta.namespace, one.meta.name);
    slot.services[placeOf(slot, member)] = one;
    touch(slot, changed);
  }

  function drop(member: Member, one: ServiceObject, changed: ServiceSlot[]): void {
    const slot = slotOf(one.meta.namespace, one.meta.name);
    const at = placeOf(slot, member);
    if (slot.services[at] === one) slot.services[at] = null;
    forget(slot, at);
    sweep(one.meta.namespace, one.meta.name, slot);
    touch(slot, changed);
  }

  function putSlice(member: Member, slice: EndpointSliceObject, changed: ServiceSlot[]): void {
    if (slice.service === null) return;
    const slot = slotOf(slice.meta.namespace, slice.service);
    const at = placeOf(slot, member);
    const others = slicesAt(slot, at);
    slot.slices[at] =
      others === null ? slice : [...others, slice].sort((a, b) => compareText(a.meta.name, b.meta.name));
    touch(slot, changed);
  }

  function dropSlice(member: Member, slice: EndpointSliceObject, changed: ServiceSlot[]): void {
    if (slice.service === null) return;
    const slot = slotOf(slice.meta.namespace, slice.service);
    const at = placeOf(slot, member);
    const left = slicesAt(slot, at)?.filter((one) => one !== slice) ?? [];
    slot.slices[at] = left.length === 0 ? null : left;
    forget(slot, at);
    sweep(slice.meta.namespace, slice.service, slot);
    touch(slot, changed);
  }

  return {
    use(key) {
      const [namespace, name] = servicePort(key);
      const slot = slotOf(namespace, name);
      slot.keys.add(key);
      return slot;
    },
    leave(key) {
      const [namespace, name] = servicePort(key);
      const slot = spaces.get(namespace)?.get(name);
      slot?.keys.delete(key);
      if (slot !== undefined) sweep(namespace, name, slot);
    },
    touchNodePorts(member, changed) {
      for (const slot of [...spaces.values()].flatMap((space) => [...space.values()])) {
        if (slot.services[slot.members.indexOf(member)]?.type === "NodePort") touch(slot, changed);
      }
    },
    update(member, services, slices, changed) {
      for (const one of services.removed) drop(member, one, changed);
      for (const one of slices.removed) dropSlice(member, one, changed);
      for (const one of services.added) put(member, one, changed);
      for (const one of slices.added) putSlice(member, one, changed);
    },
  };
}

/** Namespace, name and port of a service key. */
export function servicePort(key: ServiceKey): readonly [namespace: string, name: string, port: string] {
  const first = key.indexOf("/");
  const last = key.lastIndexOf("/");
  return [key.slice(0, first), key.slice(first + 1, last), key.slice(last + 1)];
}

function newSlot(namespace: string, name: string): Slot {
  return { namespace, name, members: [], services: [], slices: [], keys: new Set(), isChanged: false, next: null };
}

/** Who uses nothing of it need not be told. */
function touch(slot: ServiceSlot, changed: ServiceSlot[]): void {
  if (slot.isChanged || slot.keys.size === 0) return;
  slot.isChanged = true;
  changed.push(slot);
}

/** Place of a member in a slot, which it has from then on. */
function placeOf({ members, services, slices }: ServiceSlot, member: Member): number {
  const last = members.at(-1);
  // The first time members come in order.
  if (last === member) return members.length - 1;
  const known = members.indexOf(member);
  if (known !== -1) return known;
  const after = members.findIndex((one) => one.order > member.order);
  const at = after === -1 ? members.length : after;
  members.splice(at, 0, member);
  services.splice(at, 0, null);
  slices.splice(at, 0, null);
  return at;
}

function forget({ members, services, slices }: ServiceSlot, at: number): void {
  if (services[at] !== null || slices[at] !== null) return;
  for (const list of [members, services, slices]) list.splice(at, 1);
}
