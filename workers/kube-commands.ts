/** Wiring of the commands about manifests and live clusters. */
import { text } from "node:stream/consumers";
import type { KubeCommands } from "../src/cli/kube-commands.ts";
import { Failure } from "../src/cli/failure.ts";
import { convertManifests } from "../src/kube/convert.ts";
import { customResourceDefinitions } from "../src/kube/schema/crd.ts";
import { dnsName } from "../src/kube/schema/names.ts";
import { yamlText } from "../src/kube/yaml-text.ts";
import { startAgent } from "./agent.ts";
import { examine } from "./kube-doctor.ts";
import { init } from "./kube-init.ts";
import { join } from "./kube-join.ts";
import { findJoined, forgetCluster, owned, removeStore, unjoin } from "./kube-unjoin.ts";
import { readManifestFiles } from "./manifest-files.ts";

/** `stdin` is read for the path `-`. */
export function kubeCommands(stdin: NodeJS.ReadableStream): KubeCommands {
  return {
    joinedName: async (config, word) => (await findJoined(config, word)).name,
    forget: forgetCluster,
    unjoin,
    owned,
    removeStore,
    startAgent,
    examine,
    init,
    join,
    yaml: (value) => yamlText([value]),
    crds: () => yamlText(customResourceDefinitions()),
    async convert(paths, className) {
      const wrong = className === null ? null : dnsName(className);
      if (wrong !== null) throw new Failure(`Cannot use the class "${className}": ${wrong}`, "--class portolan");
      return convertManifests(await readManifestFiles(paths, () => text(stdin)), className);
    },
  };
}
