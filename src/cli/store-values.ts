import { required } from "./arguments.ts";
import type { NamesFromStore } from "./deps.ts";

/** The options of the commands that read what a control function has published. */
export interface StoreValues {
  readonly from?: string | undefined;
  readonly name: string;
  readonly audience: string;
  readonly "public-keys"?: string | undefined;
  readonly "store-token-file"?: string | undefined;
  readonly cache?: string | undefined;
}

/** What all of them take from these options; `example` is shown when the keys are missing. */
export function storeAccess(values: StoreValues, example: string): Omit<NamesFromStore, "store"> {
  return {
    name: values.name,
    audience: values.audience,
    publicKeys: required("--public-keys", values["public-keys"], example),
    tokenFile: values["store-token-file"] ?? null,
    cache: values.cache ?? null,
  };
}
