/** The admin API, under `/.moor/admin/`. It needs the secret `MOOR_ADMIN_TOKEN`, `access`, or `roles`. */
export interface AdminConfig {
  /** The only host that serves the admin API, for example `admin.example.com`. Default: every host. */
  host?: string;
  /**
   * Serves the operators' console below `/.moor/console`, at `host`. Moor then serves nothing else at that host. Without `host`: on loopback
   * (`moor dev`). Default `false`.
   */
  console?: boolean;
  /** Whether operators may see the attributes of sessions. Default `false`. */
  attributes?: boolean;
  /**
   * Tells operators of changes: one POST for each, signed with `MOOR_WEBHOOK_SECRET`. Needs `POOL_OBJECT` and `SESSION_REPLICAS`. Default:
   * nobody is told.
   */
  webhook?: {
    /** `https://`; `http://` only on this machine. */
    url: string;
  };
  /** Accepts operators whom Cloudflare Access has let in. */
  access?: {
    /** `https://TEAM.cloudflareaccess.com`. */
    team: string;
    /** The application's audience tag (`aud`). */
    aud: string;
  };
  /** Lets visitors with these roles of `login.roles` use the console. Default: no visitor. */
  roles?: {
    /** The role of operators who look and act. Default: nobody acts by a role. */
    act?: string | undefined;
    /** The role of operators who only look. Default: nobody looks by a role. */
    view?: string | undefined;
  };
}
