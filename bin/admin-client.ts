import { CommandError } from "./command.ts";

/** A client of the admin API of a running Moor. */
export interface AdminClient {
  /**
   * Sends a request to the admin API.
   *
   * @param path below `/.moor/admin`.
   * @throws CommandError of code `usage` (no token), `unreachable` or `refused`.
   */
  ask<T>(path: string, options?: { method?: "GET" | "POST"; body?: object }): Promise<T>;
}

const DEFAULT_URL = "http://localhost:8788";
const DEADLINE_MS = 15_000;

/**
 * A client of the admin API at `url`. Its token is the environment variable `MOOR_ADMIN_TOKEN`, which is never shown.
 *
 * @throws CommandError of code `usage` if the URL or the token is missing or wrong.
 */
export function createAdminClient(url = process.env.MOOR_URL ?? DEFAULT_URL): AdminClient {
  const token = process.env.MOOR_ADMIN_TOKEN;
  if (!token) throw new CommandError("usage", "MOOR_ADMIN_TOKEN is not set: the token that the Worker takes admins by");
  const base = baseOf(url);
  return {
    async ask<T>(path: string, { method = "GET", body }: { method?: "GET" | "POST"; body?: object } = {}): Promise<T> {
      const init = {
        method,
        headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
        redirect: "manual" as const,
        signal: AbortSignal.timeout(DEADLINE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const response = await fetch(`${base}/.moor/admin${path}`, init).catch((cause: unknown) => {
        throw new CommandError("unreachable", `${base} cannot be reached: ${reasonOf(cause)}`, { cause });
      });
      const answer = await jsonOf(response);
      if (response.ok && answer) return answer as T;
      throw refusalOf(base, response.status, answer);
    },
  };
}

interface Problem {
  readonly code?: string;
  readonly title?: string;
}

function refusalOf(base: string, status: number, answer: Problem | undefined): CommandError {
  if (status === 404 && answer?.code === "no_route") {
    const reasons = `"admin" is not in its configuration, admin.host is another, or MOOR_ADMIN_TOKEN is not its token`;
    return new CommandError("refused", `${base} has no admin API for you: ${reasons}`);
  }
  if (!answer?.code) return new CommandError("unreachable", `${base} answers ${status}, and not as Moor does`);
  return new CommandError(status >= 500 ? "unreachable" : "refused", `${answer.code}: ${answer.title}`);
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(parsed?.hostname ?? "");
  if (parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLocal)) return parsed.origin;
  const accepted = "https:// with a host; http:// for localhost alone, as the token travels with it";
  throw new CommandError(
    "usage",
    `--url: found ${JSON.stringify(url.replace(/\/\/.*@/, "//***@"))}, accepted: ${accepted}`,
  );
}

async function jsonOf(response: Response): Promise<Problem | undefined> {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && cause.cause instanceof Error) return cause.cause.message;
  return cause instanceof Error ? cause.message : "unknown fault";
}
