/** The command `moor serve` with the Worker of `served-worker.ts`, whose clock tests move: `serve.ts [FLAGS]`. */
import { join } from "node:path";
import { serve } from "../../../bin/commands/serve.ts";

process.exitCode = await serve.run(process.argv.slice(2), join(import.meta.dirname, "..", "served-worker.ts"));
