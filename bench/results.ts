import type { AffinityResult } from "./affinity/affinity.ts";
import type { Cost } from "./cost/cost.ts";
import type { DistanceResults } from "./distance/distance.ts";
import type { DropInCosts } from "./drop-ins/drop-ins.ts";
import type { GrowthResults } from "./growth/growth.ts";
import type { HandoffResults } from "./handoff/handoff.ts";
import type { CpuRatios } from "./http/cpu.ts";
import type { GarbageResults } from "./http/garbage.ts";
import type { HttpResults } from "./http/http.ts";
import type { MemoryResults } from "./http/memory.ts";
import type { ProfileResults } from "./http/profile.ts";
import type { InstructionsResults } from "./instructions/instructions.ts";
import type { PathResults } from "./path/path.ts";
import type { RivalsResults } from "./rivals/rivals.ts";
import type { SizeResults } from "./size/size.ts";

/** All measurements of a call of the command. */
export interface Results {
  readonly cost?: readonly Cost[] | undefined;
  readonly path?: PathResults | undefined;
  readonly handoff?: HandoffResults | undefined;
  readonly profile?: ProfileResults | undefined;
  readonly memory?: MemoryResults | undefined;
  readonly garbage?: GarbageResults | undefined;
  readonly machine: {
    readonly cpu: string;
    readonly cpus: number;
    readonly node: string;
    readonly workerd: string;
    /** Processes that wanted a CPU during the minute before (getloadavg(3)): above the number of CPUs, trust no absolute number. */
    readonly load: number;
  };
  readonly affinity?: readonly AffinityResult[] | undefined;
  readonly size?: SizeResults | undefined;
  readonly instructions?: InstructionsResults | undefined;
  readonly growth?: GrowthResults | undefined;
  readonly cpu?: CpuRatios | undefined;
  readonly http?: HttpResults | undefined;
  readonly rivals?: RivalsResults | undefined;
  readonly distance?: DistanceResults | undefined;
  readonly "drop-ins"?: readonly DropInCosts[] | undefined;
}
