import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MODULES, schemas } from "./modules.ts";
import { workspace, type Workspace } from "./terraform.ts";
import { awsPlugins, makeMirror } from "./tools.ts";

/** A copy of all modules, each initialised with the schemas of its providers; nothing is applied in it. */
export async function moduleSpace(): Promise<Workspace> {
  const mirror = makeMirror(mkdtempSync(join(tmpdir(), "portolan-mirror-")), null, schemas(awsPlugins()));
  const space = workspace(mirror);
  for (const module of MODULES) {
    const run = await space.run(`modules/${module}`, ["init", "-input=false"]);
    if (run.code !== 0) throw new Error(run.output);
  }
  return {
    ...space,
    close() {
      space.close();
      rmSync(mirror, { recursive: true });
    },
  };
}
