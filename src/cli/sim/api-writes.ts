import { type ApiObject, type ApiResource, isMapping } from "./api-resources.ts";
import { type ApiReply, failure, success } from "./api-status.ts";
import type { ObjectStore, WriteResult } from "./object-store.ts";

/** Which object a write is for. `name` is null for a POST to the collection. */
export interface WriteTarget {
  readonly resource: ApiResource;
  readonly namespace: string | null;
  readonly name: string | null;
}

/** POST, PUT, PATCH (merge) and DELETE of an object; `body` is the request's JSON, null without one. */
export function answerWrite(store: ObjectStore, method: string, target: WriteTarget, body: unknown): ApiReply {
  const { resource, name } = target;
  const namespace = resource.namespaced ? (target.namespace ?? "default") : "";
  if (method === "POST" && name === null) {
    const object = objectFrom(body, target, null);
    return "code" in object ? object : reply(store.create(resource, object.object), resource, object.name, 201);
  }
  if (name === null)
    return failure("MethodNotAllowed", "the server does not allow this method on the requested resource");
  if (method === "DELETE") {
    const result = store.delete(resource, namespace, name);
    const details = { name, group: resource.group, kind: resource.plural };
    return result.ok ? success({ ...details, uid: result.object.metadata.uid }) : reply(result, resource, name, 200);
  }
  const old = store.get(resource, namespace, name);
  if (old === null) return reply({ ok: false, reason: "NotFound" }, resource, name, 200);
  if (method !== "PUT" && method !== "PATCH") return failure("MethodNotAllowed", `the server does not allow ${method}`);
  const object = objectFrom(method === "PATCH" ? mergePatch(old, body) : body, target, name);
  return "code" in object ? object : reply(store.update(resource, object.object), resource, name, 200);
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch;
  const result: Record<string, unknown> = isMapping(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

function objectFrom(
  body: unknown,
  target: WriteTarget,
  urlName: string | null,
): ApiReply | { readonly object: ApiObject; readonly name: string } {
  const { resource } = target;
  if (!isMapping(body) || !isMapping(body["metadata"])) return failure("BadRequest", "the body is not an object");
  const { kind = resource.kind, apiVersion = resource.apiVersion } = body;
  if (typeof apiVersion !== "string") return failure("BadRequest", "apiVersion is not text");
  const { name, namespace } = body["metadata"];
  if (kind !== resource.kind) return failure("BadRequest", `${String(kind)} in the body, ${resource.kind} in the URL`);
  if (typeof name !== "string" || !/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
    return failure("Invalid", `${resource.kind} is invalid: metadata.name: Required value: a DNS name`);
  }
  if (urlName !== null && name !== urlName) {
    return failure("BadRequest", `the name of the object (${name}) does not match the name on the URL (${urlName})`);
  }
  if (target.namespace !== null && namespace !== undefined && namespace !== target.namespace) {
    return failure("BadRequest", "the namespace of the object does not match the namespace on the URL");
  }
  const metadata = { ...body["metadata"], name, ...(target.namespace === null ? {} : { namespace: target.namespace }) };
  return { name, object: { ...body, apiVersion, kind, metadata } };
}

function reply(result: WriteResult, resource: ApiResource, name: string, code: number): ApiReply {
  if (result.ok) return { code, body: result.object };
  const whose = `${resource.plural}${resource.group === "" ? "" : `.${resource.group}`} "${name}"`;
  const messages = {
    NotFound: `${whose} not found`,
    AlreadyExists: `${whose} already exists`,
    Conflict:
      `Operation cannot be fulfilled on ${whose}: the object has been modified; ` +
      "please apply your changes to the latest version and try again",
  };
  const details = { name, group: resource.group, kind: resource.plural };
  return failure(result.reason, messages[result.reason], details);
}
