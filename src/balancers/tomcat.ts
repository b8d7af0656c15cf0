import type { ReadServerName } from "./balancer.ts";

/** `jvmRoute` of Tomcat, and `ROUTEID` of Apache: the text behind the first dot. */
export const tomcat: ReadServerName = (value) => value.replace(/^[^.]*\.?/, "");
