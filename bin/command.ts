/** A command of `moor`. */
export interface Command {
  /** One line for `moor --help`. */
  readonly summary: string;
  /** The text that `--help` prints. */
  readonly usage: string;
  /**
   * Runs it with the arguments after its name; resolves to the exit code.
   *
   * @throws CommandError
   */
  run(args: readonly string[]): Promise<number>;
}

/**
 * Why a command could not do its work.
 *
 * - `usage`: an argument is wrong
 * - `config`: the configuration cannot be read or is invalid
 * - `port`: the port cannot be listened on
 * - `keys`: the file of local keys is damaged
 * - `missing`: a package that the command needs is not installed
 * - `start`: the local runtime did not start
 * - `refused`: a running Moor refuses the request, and says why
 * - `unreachable`: the running Moor cannot be reached, or cannot answer just now
 */
export type CommandErrorCode = "usage" | "config" | "port" | "keys" | "missing" | "start" | "refused" | "unreachable";

/** A command's failure, described in lines for people. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: CommandErrorCode;

  /** @param message one or more lines; printed as they are. */
  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
