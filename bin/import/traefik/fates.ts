import type { Fate } from "../fates.ts";

/** The fate of each key of Traefik's dynamic configuration. */
export const KEY_FATES: readonly Fate[] = [
  {
    names: ["http.routers.rule"],
    kind: "carried",
    text: "Routes: `Host` (also `*.name`, which takes one label or more in Moor), `Path`, `PathPrefix`, `PathRegexp` with a list of beginnings, `Method`, `Header`, `&&`, `||`, `!`. A note for other matchers",
  },
  {
    names: ["http.routers.priority"],
    kind: "carried",
    text: "The order of routes. Without it the longer rule comes first, as in Traefik",
  },
  {
    names: ["http.routers.service"],
    kind: "carried",
    text: "`pool`. A note for a service of another provider (`name@provider`)",
  },
  {
    names: ["http.routers.middlewares"],
    kind: "noted",
    text: "Moor changes and refuses no request by rule; use rules of Cloudflare, or the application",
  },
  {
    names: ["http.routers.entryPoints"],
    kind: "noted",
    text: "routes do not tell entry points apart, so the router's rule counts for all requests",
  },
  {
    names: ["http.routers.tls", "http.routers.observability", "http.routers.ruleSyntax"],
    kind: "platform",
    text: "Nothing: Cloudflare, the runtime or Moor itself does it",
  },
  {
    names: ["http.services.loadBalancer.servers"],
    kind: "carried",
    text: "Origins, with `weight`, and with the path of `url` if it has `preservePath`. Refused: URLs that are no address",
  },
  {
    names: ["http.services.loadBalancer.sticky"],
    kind: "carried",
    text: "`formerBalancer` with that cookie; `route` is the value that Traefik writes for the server's URL. A note for a cookie without a name",
  },
  {
    names: ["http.services.loadBalancer.healthCheck"],
    kind: "carried",
    text: "`healthCheck`: path, interval, unhealthyInterval, timeout, status. A note for everything else",
  },
  {
    names: ["http.services.loadBalancer.passHostHeader"],
    kind: "carried",
    text: '`true`, and the default: `host: "client"`, if all names are in one domain, else a note',
  },
  {
    names: ["http.services.weighted"],
    kind: "carried",
    text: "`pool: [{ id, weight }]`; the session chooses the side. A note for its `sticky` and `healthCheck`",
  },
  { names: ["http.services.failover"], kind: "carried", text: "The pool of `service`; a note names the `fallback`" },
  {
    names: ["http.services.mirroring"],
    kind: "carried",
    text: "The pool of `service`; a note says that no request is sent twice",
  },
  { names: ["http.services.highestRandomWeight"], kind: "carried", text: "As `weighted`" },
  {
    names: [
      "http.services.loadBalancer.strategy",
      "http.services.loadBalancer.serversTransport",
      "http.services.loadBalancer.passiveHealthCheck",
    ],
    kind: "noted",
    text: "Moor has no such setting, and checks and balances by its own rules",
  },
  { names: ["http.services.loadBalancer.responseForwarding"], kind: "platform", text: "Nothing: bodies stream" },
  {
    names: ["http.middlewares"],
    kind: "noted",
    text: "Moor changes and refuses no request by rule; use rules of Cloudflare, or the application",
  },
  {
    names: ["http.serversTransports"],
    kind: "noted",
    text: "Cloudflare checks certificates as its zone says; time-outs are `attemptDeadlineMs`",
  },
  { names: ["tcp", "udp"], kind: "noted", text: "Moor speaks HTTP alone" },
  { names: ["tls"], kind: "platform", text: "Nothing: Cloudflare, the runtime or Moor itself does it" },
];
