/** As much of Fastly's own modules and events as the edge calls. The compiler that knows them is not a dependency. */

declare module "fastly:backend" {
  export class Backend {
    constructor(configuration: {
      readonly name: string;
      readonly target: string;
      readonly connectTimeout: number;
      readonly firstByteTimeout: number;
      readonly betweenBytesTimeout: number;
      readonly useSSL: boolean;
      readonly hostOverride?: string;
      readonly sniHostname?: string;
      readonly certificateHostname?: string;
      readonly caCertificate?: string;
      readonly tlsMinVersion?: 1.2;
    });
    static exists(name: string): boolean;
    static fromName(name: string): Backend;
  }
}

declare module "fastly:cache" {
  export class SimpleCache {
    private constructor();
    static get(key: string): { text(): Promise<string> } | null;
    static set(key: string, value: string, ttlSeconds: number): void;
  }
}

declare module "fastly:cache-override" {
  export class CacheOverride {
    readonly mode: "pass";
    constructor(mode: "pass");
  }
}

declare module "fastly:config-store" {
  export class ConfigStore {
    constructor(name: string);
    get(key: string): string | null;
  }
}

declare module "fastly:env" {
  export function env(name: string): string | undefined;
}

declare module "fastly:geolocation" {
  export function getGeolocationForIpAddress(address: string): unknown;
}

declare module "fastly:kv-store" {
  export class KVStore {
    constructor(name: string);
    get(key: string): Promise<{ text(): Promise<string> } | null>;
    put(key: string, value: string, options: { readonly ttl: number }): Promise<void>;
  }
}

declare module "fastly:secret-store" {
  export class SecretStore {
    constructor(name: string);
    get(key: string): Promise<{ plaintext(): string } | null>;
  }
}

/** Put in by the bundler: the snapshot that was shipped with the edge, null for none. */
declare module "bundled-snapshot" {
  const bundle: Readonly<Record<string, string>> | null;
  export default bundle;
}
