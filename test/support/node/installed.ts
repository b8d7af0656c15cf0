import { existsSync } from "node:fs";
import { it } from "vitest";

/**
 * Defines tests that need a file which a command of this repository installs. Without the file one skipped test stands for
 * them, and names the command. In CI that is an error.
 */
export function describeWithInstalled(file: string, command: string, define: () => void): void {
  const reason = `needs: ${command}`;
  if (existsSync(file)) define();
  else if (process.env.CI) throw new Error(reason);
  else it.skip(reason, () => {});
}
