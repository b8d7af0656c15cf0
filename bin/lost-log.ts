/**
 * Has a server go on when nothing takes its log any more: a pipe that its reader has closed, or a full disk. It says so once on stderr. Otherwise
 * the next line would end the process, and cut off its visitors.
 */
export function goOnWithoutLog(): void {
  let isTold = false;
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (isTold) return;
    isTold = true;
    console.error(`the log cannot be written (${code}), and the server goes on without it`);
  });
  // Nobody is left who could be told.
  process.stderr.on("error", () => {});
}
