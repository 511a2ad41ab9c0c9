/**
 * Global Accelerator's API (JSON 1.1, operations of 2018-08-08) on a port of this machine. Signatures are asked for by
 * their scope, us-west-2, but not checked.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Accelerator,
  changed,
  type Fields,
  type Group,
  groupFields,
  type Listener,
  listenerFields,
  newAccelerator,
  only,
  Refusal,
  tagsOf,
  words,
} from "./accelerator-rules.ts";

export interface AcceleratorServer {
  readonly url: string;
  readonly accelerators: ReadonlyMap<string, Accelerator>;
  /** Operations in the order in which they came, looks left out. */
  readonly changes: readonly string[];
  close(): Promise<void>;
}

const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/us-west-2\/globalaccelerator\/aws4_request, /;
const TARGET = "GlobalAccelerator_V20180706.";

export async function startAccelerator(): Promise<AcceleratorServer> {
  const held = new Map<string, Accelerator>();
  const changes: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
      const operation = String(request.headers["x-amz-target"]).slice(TARGET.length);
      let status = 200;
      let answer: Fields;
      try {
        if (!SCOPE.test(request.headers.authorization ?? "")) throw new Refusal("AccessDeniedException", "unsigned");
        const fields: Fields = Object.fromEntries(
          Object.entries(JSON.parse(Buffer.concat(chunks).toString() || "{}") as object),
        );
        const act = OPERATIONS[operation];
        if (act === undefined) throw new Refusal("UnknownOperationException", operation);
        answer = act(held, fields);
        if (!/^(Describe|List)/.test(operation)) changes.push(operation);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        status = 400;
        answer = { __type: error.type, Message: error.message };
      }
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
    })().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    accelerators: held,
    changes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Held = Map<string, Accelerator>;

const OPERATIONS: Readonly<Record<string, (held: Held, fields: Fields) => Fields>> = {
  CreateAccelerator(held, fields) {
    only(fields, ["Name", "IpAddressType", "IpAddresses", "Enabled", "IdempotencyToken", "Tags"]);
    const made = newAccelerator(fields);
    const before = [...held.values()].find(({ token }) => token === made.token);
    const accelerator = before ?? made;
    held.set(accelerator.arn, accelerator);
    return { Accelerator: shown(accelerator) };
  },
  DescribeAccelerator: (held, fields) => ({ Accelerator: shown(accelerator(held, fields)) }),
  DescribeAcceleratorAttributes: (held, fields) => {
    accelerator(held, fields);
    return { AcceleratorAttributes: { FlowLogsEnabled: false } };
  },
  ListAccelerators: (held) => ({ Accelerators: [...held.values()].map(shown) }),
  UpdateAccelerator(held, fields) {
    only(fields, ["AcceleratorArn", "Name", "IpAddressType", "IpAddresses", "Enabled"]);
    const found = accelerator(held, fields);
    const { AcceleratorArn: _, ...given } = fields;
    found.shown = { ...found.shown, ...given };
    changed(found);
    return { Accelerator: shown(found) };
  },
  DeleteAccelerator(held, fields) {
    const found = accelerator(held, fields);
    if (found.shown["Enabled"] === true) throw new Refusal("AcceleratorNotDisabledException", "It is enabled");
    if (found.listeners.size > 0) throw new Refusal("AssociatedListenerFoundException", "It has listeners");
    held.delete(found.arn);
    return {};
  },
  CreateListener(held, fields) {
    const found = accelerator(held, fields);
    words(fields, "IdempotencyToken", /^.{1,255}$/);
    const arn = `${found.arn}/listener/${randomBytes(4).toString("hex")}`;
    const listener = { arn, shown: listenerFields(fields, arn, [...found.listeners.values()]), groups: new Map() };
    found.listeners.set(arn, listener);
    changed(found);
    return { Listener: listener.shown };
  },
  DescribeListener: (held, fields) => ({ Listener: listener(held, fields)[1].shown }),
  ListListeners: (held, fields) => ({
    Listeners: [...accelerator(held, fields).listeners.values()].map((one) => one.shown),
  }),
  UpdateListener(held, fields) {
    const [owner, found] = listener(held, fields);
    const others = [...owner.listeners.values()].filter((one) => one !== found);
    found.shown = listenerFields({ ...withoutArn(found.shown), ...fields }, found.arn, others);
    changed(owner);
    return { Listener: found.shown };
  },
  DeleteListener(held, fields) {
    const [owner, found] = listener(held, fields);
    if (found.groups.size > 0) throw new Refusal("AssociatedEndpointGroupFoundException", "It has endpoint groups");
    owner.listeners.delete(found.arn);
    changed(owner);
    return {};
  },
  CreateEndpointGroup(held, fields) {
    const [owner, found] = listener(held, fields);
    words(fields, "IdempotencyToken", /^.{1,255}$/);
    const region = words(fields, "EndpointGroupRegion", /^[a-z]{2}(-[a-z]+)+-\d$/);
    if ([...found.groups.values()].some((one) => one.region === region))
      throw new Refusal("EndpointGroupAlreadyExistsException", `There is one in ${region}`);
    const arn = `${found.arn}/endpoint-group/${randomBytes(6).toString("hex")}`;
    const group = { arn, region, shown: groupFields(fields, arn, region) };
    found.groups.set(arn, group);
    changed(owner);
    return { EndpointGroup: group.shown };
  },
  DescribeEndpointGroup: (held, fields) => ({ EndpointGroup: group(held, fields)[2].shown }),
  UpdateEndpointGroup(held, fields) {
    const [owner, , found] = group(held, fields);
    // What is not given stays; endpoints are given as a whole.
    const { EndpointDescriptions: before, EndpointGroupRegion: _, ...rest } = withoutArn(found.shown);
    const given = "EndpointConfigurations" in fields ? {} : { EndpointConfigurations: configurations(before) };
    found.shown = groupFields({ ...rest, ...given, ...fields }, found.arn, found.region);
    changed(owner);
    return { EndpointGroup: found.shown };
  },
  DeleteEndpointGroup(held, fields) {
    const [owner, listening, found] = group(held, fields);
    listening.groups.delete(found.arn);
    changed(owner);
    return {};
  },
  // Whose owners shared them; here everything is of one account.
  ListCrossAccountResources(_held, fields) {
    only(fields, ["AcceleratorArn", "ResourceOwnerAwsAccountId", "MaxResults", "NextToken"]);
    words(fields, "ResourceOwnerAwsAccountId", /^\d{12}$/);
    return { CrossAccountResources: [] };
  },
  ListTagsForResource: (held, fields) => ({
    Tags: [...tagged(held, fields).tags].map(([Key, Value]) => ({ Key, Value })),
  }),
  TagResource(held, fields) {
    const found = tagged(held, fields);
    found.tags = new Map([...found.tags, ...tagsOf(fields["Tags"])]);
    return {};
  },
  UntagResource(held, fields) {
    const keys = fields["TagKeys"];
    if (Array.isArray(keys)) for (const key of keys) tagged(held, fields).tags.delete(String(key));
    return {};
  },
};

/** As it is seen now: a look brings a change nearer to its end. */
function shown(one: Accelerator): Fields {
  const Status = one.pending > 0 ? "IN_PROGRESS" : "DEPLOYED";
  one.pending = Math.max(0, one.pending - 1);
  return { ...one.shown, Status };
}

function accelerator(held: Held, fields: Fields): Accelerator {
  const found = held.get(words(fields, "AcceleratorArn", /^.{1,255}$/));
  if (found === undefined) throw new Refusal("AcceleratorNotFoundException", "There is no such accelerator");
  return found;
}

function tagged(held: Held, fields: Fields): Accelerator {
  return accelerator(held, { AcceleratorArn: fields["ResourceArn"] });
}

function listener(held: Held, fields: Fields): readonly [Accelerator, Listener] {
  const arn = words(fields, "ListenerArn", /^.{1,255}$/);
  const owner = held.get(arn.slice(0, arn.indexOf("/listener/")));
  const found = owner?.listeners.get(arn);
  if (owner === undefined || found === undefined) throw new Refusal("ListenerNotFoundException", "There is none");
  return [owner, found];
}

function group(held: Held, fields: Fields): readonly [Accelerator, Listener, Group] {
  const arn = words(fields, "EndpointGroupArn", /^.{1,255}$/);
  const ListenerArn = arn.slice(0, Math.max(0, arn.indexOf("/endpoint-group/")));
  if (ListenerArn === "") throw new Refusal("EndpointGroupNotFoundException", "There is none");
  const listening = [...held.values()].flatMap((one) => {
    const found = one.listeners.get(ListenerArn);
    return found === undefined ? [] : [[one, found] as const];
  })[0];
  const found = listening?.[1].groups.get(arn);
  if (listening === undefined || found === undefined)
    throw new Refusal("EndpointGroupNotFoundException", "There is none");
  return [...listening, found];
}

function withoutArn({ ListenerArn: _listener, EndpointGroupArn: _group, ...rest }: Fields): Fields {
  return rest;
}

function configurations(descriptions: unknown): readonly Fields[] {
  if (!Array.isArray(descriptions)) return [];
  return descriptions.map((one: Fields) => {
    const { HealthState: _, ...rest } = one;
    return rest;
  });
}
