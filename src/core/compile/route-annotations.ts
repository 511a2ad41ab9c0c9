/** What an Ingress asks of every request for its paths, in annotations: ours, and the ones of ingress-nginx that mean the same. */
import { byteSize } from "../byte-size.ts";
import type { RouteAsks } from "../model.ts";
import { ASKS_NOTHING } from "../route-asks.ts";

const SIZE = "portolan.dev/max-body-size";
const REDIRECT = "portolan.dev/https-redirect";
const NGINX = "nginx.ingress.kubernetes.io/";
const NGINX_SIZE = `${NGINX}proxy-body-size`;
const NGINX_REDIRECT = `${NGINX}ssl-redirect`;
const NGINX_FORCED = `${NGINX}force-ssl-redirect`;

/** Every annotation that this file reads. */
export const ROUTE_ANNOTATIONS: readonly string[] = [SIZE, REDIRECT, NGINX_SIZE, NGINX_REDIRECT, NGINX_FORCED];

export interface ReadRouteAnnotations {
  readonly asks: RouteAsks;
  /** Annotations that cannot be read, and have no effect. */
  readonly problems: readonly { readonly annotation: string; readonly message: string }[];
}

/** From the annotations of an Ingress; `hasTls` when it has `spec.tls`, which ssl-redirect needs. Never throws. */
export function readRouteAnnotations(
  annotations: Readonly<Record<string, string>>,
  hasTls: boolean,
): ReadRouteAnnotations {
  if (!ROUTE_ANNOTATIONS.some((name) => annotations[name] !== undefined)) return { asks: ASKS_NOTHING, problems: [] };
  const problems: { annotation: string; message: string }[] = [];
  const wrong = (annotation: string, write: string): null => {
    const shown = JSON.stringify(annotations[annotation]);
    problems.push({ annotation, message: `${annotation} is ${shown} and has no effect; ${write}` });
    return null;
  };
  const size = (name: string): number | null => {
    const text = annotations[name];
    return text === undefined
      ? null
      : (byteSize(text) ?? wrong(name, 'write a size, "512k", "8m", or "0" for no limit'));
  };
  const flag = (name: string): boolean | null => {
    const text = annotations[name];
    if (text === undefined || text === "true" || text === "false") return text === undefined ? null : text === "true";
    return wrong(name, 'write "true" or "false"');
  };
  // Each is read, so that each is told about; our own wins.
  const [own, nginx] = [size(SIZE), size(NGINX_SIZE)];
  const [redirect, byNginx, forced] = [flag(REDIRECT), flag(NGINX_REDIRECT), flag(NGINX_FORCED)];
  const maxBodyBytes = own ?? nginx ?? 0;
  const httpsOnly = redirect ?? (forced === true || (byNginx === true && hasTls));
  return { asks: { maxBodyBytes: maxBodyBytes === 0 ? null : maxBodyBytes, httpsOnly }, problems };
}
