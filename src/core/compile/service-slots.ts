/**
 * Which clusters have a Service, and its EndpointSlices there, by the Service's name. Kept from one compile to the next:
 * of half a million objects those are looked at that changed.
 */
import { compareText } from "../match-route.ts";
import type { ServiceKey } from "../model.ts";
import type { EndpointSliceObject, KubeObjects, ServiceObject } from "../objects.ts";
import { difference } from "../difference.ts";
import type { Member } from "./member.ts";

/** What one member has of a Service. */
export interface Held {
  readonly member: Member;
  service: ServiceObject | null;
  /** Sorted by name; null for none, which is "nobody knows", not "nothing is ready". */
  slices: EndpointSliceObject[] | null;
}

/** One Service name in all clusters. */
export interface ServiceSlot {
  /** In the order of the members; also those that have slices and no Service. */
  readonly held: Held[];
  /** Service ports of this name that hosts use, and so what has to be worked out again when it changes. */
  readonly keys: Set<ServiceKey>;
}

/** By namespace, then by name: joining the two for each of half a million objects would cost more than finding them. */
export interface ServiceSlots {
  /** Begins to use a service port; the slot is there from then on, whether or not anybody has the Service. */
  use(key: ServiceKey): ServiceSlot;
  /** Ends the use. */
  leave(key: ServiceKey): void;
  /** Adds the slots of a member's Services of type NodePort: its nodes are others. */
  touchNodePorts(member: Member, changed: Set<ServiceSlot>): void;
  /** Takes over what a member has now, and adds the slots that changed. */
  update(member: Member, before: SlotObjects, after: SlotObjects, changed: Set<ServiceSlot>): void;
}

type SlotObjects = Pick<KubeObjects, "services" | "endpointSlices">;

/** No slots yet. Members must come in their order the first time. */
export function serviceSlots(): ServiceSlots {
  const spaces = new Map<string, Map<string, ServiceSlot>>();

  const slotOf = (namespace: string, name: string): ServiceSlot => {
    let space = spaces.get(namespace);
    if (space === undefined) spaces.set(namespace, (space = new Map()));
    let slot = space.get(name);
    if (slot === undefined) space.set(name, (slot = { held: [], keys: new Set() }));
    return slot;
  };

  /** What nobody has and nobody uses is forgotten, or names that come and go would fill the memory. */
  function sweep(namespace: string, name: string, slot: ServiceSlot): void {
    if (slot.held.length === 0 && slot.keys.size === 0) spaces.get(namespace)?.delete(name);
  }

  function put(member: Member, one: ServiceObject, changed: Set<ServiceSlot>): void {
    const slot = slotOf(one.meta.namespace, one.meta.name);
    heldBy(slot, member).service = one;
    changed.add(slot);
  }

  function drop(member: Member, one: ServiceObject, changed: Set<ServiceSlot>): void {
    const slot = slotOf(one.meta.namespace, one.meta.name);
    const held = heldBy(slot, member);
    if (held.service === one) held.service = null;
    forget(slot, held);
    sweep(one.meta.namespace, one.meta.name, slot);
    changed.add(slot);
  }

  function putSlice(member: Member, slice: EndpointSliceObject, changed: Set<ServiceSlot>): void {
    if (slice.service === null) return;
    const slot = slotOf(slice.meta.namespace, slice.service);
    const held = heldBy(slot, member);
    if (held.slices === null) held.slices = [slice];
    else {
      held.slices.push(slice);
      held.slices.sort((a, b) => compareText(a.meta.name, b.meta.name));
    }
    changed.add(slot);
  }

  function dropSlice(member: Member, slice: EndpointSliceObject, changed: Set<ServiceSlot>): void {
    if (slice.service === null) return;
    const slot = slotOf(slice.meta.namespace, slice.service);
    const held = heldBy(slot, member);
    const left = held.slices?.filter((one) => one !== slice) ?? [];
    held.slices = left.length === 0 ? null : left;
    forget(slot, held);
    sweep(slice.meta.namespace, slice.service, slot);
    changed.add(slot);
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
        if (slot.held.some((one) => one.member === member && one.service?.type === "NodePort")) changed.add(slot);
      }
    },
    update(member, before, after, changed) {
      const services = difference(before.services, after.services);
      const slices = difference(before.endpointSlices, after.endpointSlices);
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

function heldBy({ held }: ServiceSlot, member: Member): Held {
  const last = held.at(-1);
  // The first time members come in order.
  if (last?.member === member) return last;
  const known = held.find((one) => one.member === member);
  if (known !== undefined) return known;
  const own: Held = { member, service: null, slices: null };
  held.push(own);
  if (last !== undefined && last.member.order > member.order) held.sort((a, b) => a.member.order - b.member.order);
  return own;
}

function forget({ held }: ServiceSlot, one: Held): void {
  if (one.service === null && one.slices === null) held.splice(held.indexOf(one), 1);
}
