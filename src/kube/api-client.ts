/** One API asked and changed request by request, as the commands do it. */
import type { ApiAccess } from "./access/access.ts";
import { type ApiAnswer, type ApiConnection, apiConnection, type ApiFailure } from "./http.ts";
import { isRecord } from "./plain.ts";

/** An object as the API sends it. */
export type ApiObject = Readonly<Record<string, unknown>>;
export type ApiResult = { readonly ok: true; readonly object: ApiObject } | ApiFailure;
export type ApiListResult = { readonly ok: true; readonly items: readonly ApiObject[] } | ApiFailure;

export interface WriteOptions {
  /** The server judges everything and stores nothing. */
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  /** Nothing is deleted when the object has been made anew, or has changed, since. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

/**
 * Paths are whole: `/api/v1/namespaces/default/services/web`. Outcomes are values and nothing is tried twice, except
 * after a 401. A conflict is a failure with status 409, and of `apply` one with the managers' names in `message`.
 */
export interface ApiClient {
  get(path: string): Promise<ApiResult>;
  /** The whole list, however many pages it takes. */
  list(path: string): Promise<ApiListResult>;
  /** POST to the path of the collection. */
  create(path: string, object: ApiObject, options?: WriteOptions): Promise<ApiResult>;
  /** Server-side apply to the path of the object, in the name of `portolan`. Never by force. */
  apply(path: string, object: ApiObject, options?: WriteOptions): Promise<ApiResult>;
  /** JSON merge patch of the object at the path; `resourceVersion` inside makes it conditional. */
  merge(path: string, patch: ApiObject, options?: WriteOptions): Promise<ApiResult>;
  replace(path: string, object: ApiObject, options?: WriteOptions): Promise<ApiResult>;
  delete(path: string, options?: DeleteOptions): Promise<ApiResult>;
  close(): Promise<void>;
}

export interface ApiClientOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** In whose name fields are set; `portolan` unless said otherwise. */
  readonly fieldManager?: string;
}

const PAGE = 500;

/** A client of one API. */
export function apiClient(access: ApiAccess, options: ApiClientOptions = {}): ApiClient {
  const { timeoutMs = 10_000, signal = new AbortController().signal, fieldManager = "portolan" } = options;
  const connection: ApiConnection = apiConnection(access);

  const written = ({ dryRun = false }: WriteOptions, more: Readonly<Record<string, string>> = {}): string =>
    `?${new URLSearchParams({ fieldManager, ...(dryRun ? { dryRun: "All" } : {}), ...more }).toString()}`;
  const strict = { fieldValidation: "Strict" };
  const write = async (
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body: ApiObject,
    contentType = "application/json",
  ): Promise<ApiResult> => objectOf(await connection.write({ method, path, body, contentType }, timeoutMs, signal));

  return {
    get: async (path) => objectOf(await connection.get(path, timeoutMs, signal)),
    async list(path) {
      const items: ApiObject[] = [];
      let next: string | null = "";
      while (next !== null) {
        const query = new URLSearchParams({ limit: String(PAGE), ...(next === "" ? {} : { continue: next }) });
        const result = objectOf(await connection.get(`${path}?${query.toString()}`, timeoutMs, signal));
        if (!result.ok) return result;
        const { items: page, metadata } = result.object;
        for (const item of Array.isArray(page) ? page : []) if (isRecord(item)) items.push(item);
        const token = isRecord(metadata) ? metadata["continue"] : undefined;
        next = typeof token === "string" && token !== "" ? token : null;
      }
      return { ok: true, items };
    },
    create: (path, object, how = {}) => write("POST", path + written(how, strict), object),
    apply: (path, object, how = {}) =>
      write("PATCH", path + written(how, strict), object, "application/apply-patch+yaml"),
    merge: (path, patch, how = {}) =>
      write("PATCH", path + written(how, strict), patch, "application/merge-patch+json"),
    replace: (path, object, how = {}) => write("PUT", path + written(how, strict), object),
    delete: (path, { uid, resourceVersion, propagation = "Background", dryRun = false } = {}) =>
      write("DELETE", path, {
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: propagation,
        ...(uid === undefined && resourceVersion === undefined
          ? {}
          : {
              preconditions: {
                ...(uid === undefined ? {} : { uid }),
                ...(resourceVersion === undefined ? {} : { resourceVersion }),
              },
            }),
        // Of a deletion the body counts: a dry run told in the query alone would delete.
        ...(dryRun ? { dryRun: ["All"] } : {}),
      }),
    close: connection.close,
  };
}

function objectOf(answer: ApiAnswer): ApiResult {
  if (!answer.ok) return answer;
  if (isRecord(answer.body)) return { ok: true, object: answer.body };
  const cause = "the API answered no object";
  return { ok: false, status: null, cause, reason: null, message: null, retryAfterMs: null };
}
