import { freePort as checkPort } from "../../../bin/port.ts";

/** A port of loopback that nothing listens on: it takes root, and is nobody's. */
export const DEAD_PORT = 1;

/** A port on loopback that nothing listened on a moment ago. */
export function freePort(): Promise<number> {
  return checkPort(0);
}
