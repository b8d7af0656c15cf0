/**
 * The work, or a rejection when it has not settled within `deadlineMs`. What was started goes on, and may yet take effect.
 */
export async function withinDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([deadline, work]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
