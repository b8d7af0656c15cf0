/** The text of every page below `/admin`. */
export const SECRET = "SECRET";

/** A real server whose pages below `/admin` are secret. */
export interface PathOrigin {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}
