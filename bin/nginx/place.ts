/** A line of a configuration of nginx. */
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

/** The text is not a configuration of nginx. */
export class NginxSyntaxError extends Error {
  override readonly name = "NginxSyntaxError";

  constructor({ file, line }: Place, text: string) {
    super(formatRemark({ file, line, text }));
  }
}
