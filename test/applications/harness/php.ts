import { resolve } from "node:path";

/** The drop-in for PHP, as the value of `auto_prepend_file`. */
export const PHP_DROP_IN = resolve("sdk/php/moor-session.php");

/** The arguments of PHP's own server for a folder of pages. `settings` are lines of php.ini. */
export function phpServer(port: number, pages: string, ...settings: string[]): string[] {
  // As in the php.ini of a distribution: pages up to this size are whole before their headers leave.
  const lines = ["output_buffering=4096", ...settings];
  return ["php", ...lines.flatMap((line) => ["-d", line]), "-S", `127.0.0.1:${port}`, "-t", pages];
}
