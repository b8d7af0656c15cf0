import type { Answer, Asking } from "./client.ts";
import type { Site } from "./site.ts";

/** The token that the tests' admins send. */
export const ADMIN_TOKEN = "an-admin-token-of-the-tests-that-is-long-enough";

/** A session as the APIs list it. */
export interface Listed {
  readonly id: string;
  readonly at: number;
  readonly bornAt: number;
  readonly lastSeenAt: number;
  readonly country: string;
  readonly colo: string;
  readonly device: string;
  readonly current?: boolean;
}

/** The admin API of a site, as a tool of an admin uses it. */
export function adminOf(site: Site) {
  const client = site.client();
  const send = (path: string, { headers, ...asking }: Asking = {}): Promise<Answer> =>
    client.send(path, {
      port: site.moor.adminPort,
      ...asking,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
    });
  const ask = (path: string, asking: Asking = {}) => send(`/.moor/admin${path}`, asking);
  const of = (principal: string) => `principal=${encodeURIComponent(principal)}`;

  return {
    ask,
    /** @param of the value of the query's `of`. Default: the query has none. */
    metrics: (of?: string) => send(`/.moor/metrics${of === undefined ? "" : `?of=${of}`}`),
    async list(principal: string): Promise<Listed[]> {
      return (JSON.parse((await ask(`/sessions?${of(principal)}`)).text) as { sessions: Listed[] }).sessions;
    },
    async count(principal: string): Promise<number> {
      return (JSON.parse((await ask(`/sessions/count?${of(principal)}`)).text) as { count: number }).count;
    },
    endAll: (principal: string, more = "") => ask(`/sessions?${of(principal)}${more}`, { method: "DELETE" }),
    end: (id: string) => ask(`/sessions/${id}`, { method: "DELETE" }),
  };
}
