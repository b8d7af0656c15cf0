/** The work of a method of Moor's objects: `readText` reads as `read` does. Faults and counts are of the work, whatever the form of its question. */
export function workOf(method: string): string {
  return method.replace(/Text$/, "");
}
