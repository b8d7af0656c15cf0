import { chownSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError } from "../command.ts";

/** Where Debian has a folder for each version of Postgres. */
const DEBIAN = "/usr/lib/postgresql";

/** How the programs of Debian's package `postgresql` run in a folder. */
export interface PostgresPrograms {
  /** Options of a child process that runs one of the programs. */
  readonly options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly uid?: number;
    readonly gid?: number;
  };
  /** Gives a file to the user of the programs. */
  own(path: string): void;
}

/** Debian's package makes a user, whose folder this is. */
const OTHER_USER = "/var/lib/postgresql";
export const MISSING = "there is no postgres on the PATH; on Debian and Ubuntu: apt-get install postgresql";

/**
 * Finds the programs, and makes the folder theirs. As root they run as the user of Debian's package, because Postgres refuses to run as root.
 *
 * @param folder is made if it does not exist.
 * @throws CommandError of code `start` if this process is root and the package is missing.
 */
export function postgresPrograms(folder: string): PostgresPrograms {
  const user = process.getuid?.() === 0 ? otherUser() : undefined;
  const own = (path: string) => user && chownSync(path, user.uid, user.gid);
  mkdirSync(folder, { recursive: true });
  own(folder);
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : [];
  const programs = versions.map((version) => join(DEBIAN, version, "bin"));
  const env = { PATH: [...programs, process.env.PATH].join(delimiter), LC_ALL: "C.UTF-8" };
  return { options: { cwd: folder, env, ...user }, own };
}

/**
 * The arguments of `postgres` for a server on loopback, without a Unix socket.
 *
 * @param settings in place of its defaults.
 */
export function serverArguments(data: string, port: number, settings: Readonly<Record<string, string>> = {}): string[] {
  const given = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
  return [
    "-D",
    data,
    "-p",
    String(port),
    ...Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

function otherUser(): { uid: number; gid: number } {
  if (!existsSync(OTHER_USER)) throw new CommandError("start", MISSING);
  const { uid, gid } = statSync(OTHER_USER);
  return { uid, gid };
}
