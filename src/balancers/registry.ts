import type { ReadServerName } from "./balancer.ts";
import { haproxy } from "./haproxy.ts";
import { ingressNginx } from "./ingress-nginx.ts";
import { nginx } from "./nginx.ts";
import { tomcat } from "./tomcat.ts";
import { traefik } from "./traefik.ts";

/** The balancers whose cookies can be followed, by the value of `formerBalancer.type`. */
export const BALANCERS = {
  haproxy,
  nginx,
  traefik,
  "ingress-nginx": ingressNginx,
  tomcat,
} as const satisfies Record<string, ReadServerName>;

/** A balancer whose cookies can be followed. */
export type BalancerType = keyof typeof BALANCERS;
