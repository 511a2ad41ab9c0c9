/** What the processes of an edge say to each other. */
import type { EdgeOptions } from "../src/cli/deps.ts";

/** What the first process says. */
export type ToProcess =
  | { readonly type: "start"; readonly options: EdgeOptions; readonly name: string; readonly pinKeys: string }
  | { readonly type: "stored"; readonly id: number; readonly text: string | null }
  | { readonly type: "metrics"; readonly id: number }
  | { readonly type: "reload" }
  | { readonly type: "stop" };

/** What a process says to it. */
export type FromProcess =
  | { readonly type: "ready"; readonly url: string; readonly plainUrl: string | null }
  | { readonly type: "failed"; readonly message: string; readonly code: string }
  | { readonly type: "get"; readonly id: number; readonly key: string }
  | { readonly type: "report"; readonly edge: string; readonly text: string }
  | { readonly type: "metrics"; readonly id: number; readonly text: string };
