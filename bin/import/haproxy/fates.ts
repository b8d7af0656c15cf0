import type { Fate } from "../fates.ts";

const words = (text: string) => text.split(/\s+/);
const options = (text: string) => words(text).map((name) => `option ${name}`);

/** The fate of each line of HAProxy. A name may have two words. */
export const LINE_FATES: readonly Fate[] = [
  {
    names: ["bind"],
    kind: "carried",
    text: "The frontend of port 443, else of port 80, else the first, gives the routes. A note for the others",
  },
  { names: ["mode"], kind: "carried", text: "A note for each section that is not `mode http`: it is left out" },
  {
    names: ["acl"],
    kind: "carried",
    text: "Conditions of routes, if `use_backend` names it: `hdr(host)` (also `_dom`, `_end`), `path`, `path_beg`, `path_reg` with a list of beginnings, `method`, other headers with a value or `-m found`. Hosts compare without case, paths byte for byte",
  },
  {
    names: ["use_backend"],
    kind: "carried",
    text: "A route for each combination, with `or`, `!` and `unless` too. A note if its condition, or a backend that is computed, cannot be a route",
  },
  { names: ["default_backend"], kind: "carried", text: "The last route" },
  {
    names: ["balance"],
    kind: "carried",
    text: "`source`, `url_param`, `hdr`, `hash`: `hashPolicy`. `uri`: `nginx-hash` of `$request_uri`. All others: the default affinity. A note says that visitors may move once",
  },
  {
    names: ["cookie", "appsession"],
    kind: "carried",
    text: "`insert`: `formerBalancer` with that cookie; `server … cookie` is the origin's `route`. Otherwise `learn` with that cookie. A note says what Moor does not do for `insert`, `prefix` and `rewrite`",
  },
  {
    names: ["stick on", "stick match"],
    kind: "carried",
    text: "A cookie: `learn`. `src`, `url_param`, `hdr`: `hashPolicy`, with a note. A note for other values",
  },
  {
    names: ["stick-table", "stick store-request", "stick store-response"],
    kind: "carried",
    text: "With `stick on` or `stick match` of a cookie: nothing more is needed",
  },
  {
    names: ["server", "server-template"],
    kind: "carried",
    text: "An origin: `weight`, `backup`, `disabled`, `cookie`, `ssl`, `slowstart`, `check` with `inter`, `downinter`, `rise`, `fall`. A note for `maxconn`, `verify`, `send-proxy`, `track`, `observe`, `agent-check`, `port`, `addr`. Refused: sockets and variables",
  },
  { names: ["default-server"], kind: "carried", text: "Parameters of every `server`" },
  {
    names: ["option httpchk", "http-check"],
    kind: "carried",
    text: "`healthCheck`: path, statuses (200 to 399 by default), text of the body. A note for other methods than GET, for headers and for other expectations",
  },
  { names: ["timeout server"], kind: "carried", text: "`attemptDeadlineMs` of the pool" },
  { names: ["timeout check"], kind: "carried", text: "`healthCheck.timeoutMs`" },
  {
    names: ["retry-on"],
    kind: "carried",
    text: "`retryOn` of its routes. A note for statuses that Moor does not repeat",
  },
  { names: ["retries"], kind: "carried", text: "`0`: `retryOn: []`. A note for other numbers" },
  {
    names: ["http-request redirect", "redirect"],
    kind: "noted",
    text: "Moor redirects nobody; for https use Always Use HTTPS of Cloudflare",
  },
  {
    names: [
      "http-request *",
      "http-after-response *",
      "http-response *",
      "reqrep",
      "reqirep",
      "reqadd",
      "rspadd",
      "rsprep",
      "rspirep",
      "rspidel",
      "rspdel",
      "tcp-request *",
      "tcp-response *",
      "filter *",
      "block",
    ],
    kind: "noted",
    text: "Moor changes and refuses no request by rule; use rules of Cloudflare, or the application",
  },
  {
    names: ["compression *", "http-reuse", "fullconn", "max-keep-alive-queue", "maxconn", "backlog", "rate-limit *"],
    kind: "platform",
    text: "Nothing: Cloudflare, the runtime or Moor itself does it",
  },
  {
    names: ["errorfile", "errorfiles", "errorloc", "errorloc302", "errorloc303", "http-error *"],
    kind: "noted",
    text: "`errorPage` replaces Moor's own page when no server answers",
  },
  {
    names: [
      "stats *",
      "monitor-uri",
      "monitor *",
      "email-alert *",
      "use-server",
      "force-persist",
      "ignore-persist",
      "hash-type",
      "hash-balance-factor",
      "persist",
      "dispatch",
      "declare *",
    ],
    kind: "noted",
    text: "Moor has no such setting",
  },
  {
    names: options(
      "persist transparent http_proxy ldap-check mysql-check pgsql-check redis-check smtpchk ssl-hello-chk tcp-check external-check allbackups use-small-bufs",
    ),
    kind: "noted",
    text: "Moor has no such setting",
  },
  { names: ["tcp-check *", "external-check *"], kind: "noted", text: "Moor probes by HTTP alone" },
  {
    names: [
      "option *",
      "no option",
      "timeout *",
      "log",
      "log-format",
      "log-tag",
      "unique-id-format",
      "unique-id-header",
      "capture *",
      "description",
      "id",
      "guid",
      "source",
      "server-state-file-name",
      "load-server-state-from-file",
      "bind-process",
      "disabled",
      "enabled",
      "clitimeout",
      "contimeout",
      "srvtimeout",
    ],
    kind: "platform",
    text: "Nothing: Cloudflare, the runtime or Moor itself does it",
  },
];

/** The fate of whole sections other than frontends and backends. */
export const SECTION_FATES: readonly Fate[] = [
  {
    names: ["defaults", "frontend", "backend", "listen"],
    kind: "carried",
    text: "Their lines are read; those of the `defaults` before them, or `from` them, first",
  },
  { names: ["global"], kind: "platform", text: "Nothing: it is about the process of HAProxy" },
  {
    names: ["resolvers", "peers", "mailers", "ring", "log-forward", "log-profile", "crt-store", "acme", "traces"],
    kind: "platform",
    text: "Nothing: Cloudflare, the runtime or Moor itself does it",
  },
  {
    names: ["userlist", "cache", "program", "fcgi-app", "http-errors"],
    kind: "noted",
    text: "Moor has no such setting",
  },
];
