/** A line of a configuration that is imported. */
export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A remark about a line. */
export interface Remark extends Place {
  readonly text: string;
}

/** One line for a remark: `nginx.conf:12: …`. */
export function formatRemark({ file, line, text }: Remark): string {
  return `${file}:${line}: ${text}`;
}

/** Remarks in the order of the lines of each file. Remarks of the same text become one, which names the further lines at its end. */
export function groupRemarks(remarks: readonly Remark[]): Remark[] {
  const groups = new Map<string, Remark[]>();
  for (const remark of remarks) {
    const key = `${remark.file}\0${remark.text}`;
    groups.set(key, [...(groups.get(key) ?? []), remark]);
  }
  const files = [...new Set(remarks.map(({ file }) => file))];
  return [...groups.values()]
    .map((group) => {
      const lines = [...new Set(group.map(({ line }) => line))].sort((one, other) => one - other);
      const [first] = group as [Remark];
      const [line = first.line, ...more] = lines;
      const also = more.length > 0 ? ` (so too ${more.length > 1 ? "lines" : "line"} ${more.join(", ")})` : "";
      return { file: first.file, line, text: first.text + also };
    })
    .sort((one, other) => files.indexOf(one.file) - files.indexOf(other.file) || one.line - other.line);
}

/** The text is not a configuration of the balancer from which it is said to be. */
export class ImportSyntaxError extends Error {
  override readonly name = "ImportSyntaxError";

  constructor({ file, line }: Place, text: string) {
    super(formatRemark({ file, line, text }));
  }
}
