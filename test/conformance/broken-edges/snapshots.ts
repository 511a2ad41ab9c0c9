import { HOST } from "../edge-world.ts";
import type { Sabotage } from "../plain-edge.ts";
import { answering, type BrokenEdge } from "./sabotage.ts";

const UNAVAILABLE = { status: 503, headers: [], body: null };

/** Answers 503 to one request between reading a new manifest and using it. */
function stumbling(): Sabotage {
  let manifest: string | null = null;
  let stumble: (() => void) | null = null;
  return {
    get: (real) => async (key) => {
      const text = await real(key);
      if (key !== "manifest" || text === manifest) return text;
      const first = manifest === null;
      manifest = text;
      // The new snapshot waits until somebody has stumbled.
      if (!first) await new Promise<void>((resolve) => (stumble = resolve));
      return text;
    },
    handle: (real) => async (request) => {
      if (stumble === null || request.host !== HOST) return await real(request);
      stumble();
      stumble = null;
      return UNAVAILABLE;
    },
  };
}

/** Serves only while the store answers. */
function dependent(): Sabotage {
  let down = false;
  return {
    get: (real) => async (key) => {
      try {
        const text = await real(key);
        down = false;
        return text;
      } catch (error) {
        down = true;
        throw error;
      }
    },
    handle: (real) => async (request) => (down ? UNAVAILABLE : await real(request)),
  };
}

export const BROKEN_SNAPSHOTS: readonly BrokenEdge[] = [
  {
    test: "takes a new snapshot into use without a lost request",
    does: "loses a request while it changes over",
    sabotage: stumbling,
  },
  {
    test: "takes a new snapshot into use without a lost request",
    does: "reads each key once",
    hangs: true,
    sabotage: () => ({
      get: (real) => {
        const read = new Map<string, Promise<string | null>>();
        return (key) => {
          const known = read.get(key) ?? real(key);
          read.set(key, known);
          return known;
        };
      },
    }),
  },
  {
    test: "refuses a snapshot that is not signed by a key it knows",
    does: "takes every signature for good",
    sabotage: () => ({ verify: () => () => Promise.resolve(true) }),
  },
  {
    test: "refuses a snapshot that is not signed by a key it knows",
    does: "does not ask for signatures",
    sabotage: () => ({ verify: () => null }),
  },
  {
    test: "refuses a snapshot that is not signed by a key it knows",
    does: "believes a store whose snapshots were signed so far",
    sabotage: () => {
      let trusted = 0;
      return {
        verify: (real) => async (text, keyId, signature) => {
          if (trusted === 2) return true;
          const verified = await real(text, keyId, signature);
          if (verified) trusted += 1;
          return verified;
        },
      };
    },
  },
  {
    test: "goes on serving while the store is down",
    does: "serves only while the store answers",
    sabotage: dependent,
  },
  {
    test: "goes on serving while the store is down",
    does: "asks the store before each request",
    hangs: true,
    sabotage: () => {
      let ask: (key: string) => Promise<unknown> = () => Promise.resolve(null);
      return {
        get: (real) => (ask = real),
        handle: (real) => async (request) => {
          await ask("manifest").catch(() => undefined);
          return await real(request);
        },
      };
    },
  },
  {
    test: "starts from the bundled snapshot when the store is down or hangs",
    does: "ignores its bundle",
    sabotage: () => ({ start: (options) => ({ ...options, bundled: null }) }),
  },
  {
    test: "says so when it has no snapshot at all, and serves as soon as the store is back",
    does: "answers 404 as long as it has no routes",
    sabotage: answering((response) => (response.status === 503 ? { ...response, status: 404 } : response)),
  },
  {
    test: "says so when it has no snapshot at all, and serves as soon as the store is back",
    does: "never asks a store again that was down",
    hangs: true,
    sabotage: () => {
      let down: Error | null = null;
      return {
        get: (real) => async (key) => {
          if (down !== null) throw down;
          try {
            return await real(key);
          } catch (error) {
            down = error as Error;
            throw error;
          }
        },
      };
    },
  },
];
