import { type ClientHost, withClientHosts } from "../client-host.ts";
import type { Draft } from "../draft.ts";
import { remarksOn, type Setting } from "../fates.ts";
import { uniqueId } from "../ids.ts";
import { ANY } from "../match.ts";
import { ImportSyntaxError, type Remark } from "../remark.ts";
import { type Rule, routesOf, type Target } from "../rules.ts";
import { at, readDocument, type Value } from "./document.ts";
import { KEY_FATES } from "./fates.ts";
import { readRule } from "./rule.ts";
import { type ReadService, readLoadBalancer } from "./services.ts";

/**
 * Imports a dynamic configuration of Traefik in YAML: services as pools, routers as routes.
 *
 * @throws ImportSyntaxError; or the error of the file system, if the file cannot be read.
 */
export async function importTraefik(file: string): Promise<Draft> {
  const document = await readDocument(file);
  const http = at(document, "http");
  if (!http && document.entries.length === 0)
    throw new ImportSyntaxError({ file, line: 1 }, "there is no key http, as in Traefik's dynamic configuration");
  const notes: Remark[] = [];
  const services = createServices(at(http, "services"), notes);
  const rules = inOrder(at(http, "routers")?.entries ?? []).flatMap(({ key, value }) =>
    rulesOf(key, value, services, notes),
  );
  const { routes, notes: aboutRules } = routesOf(rules);
  if ((at(http, "routers")?.entries.length ?? 0) === 0) services.readAll();
  const read = services.read();
  const { pools, notes: aboutHosts } = withClientHosts(
    read.map(({ pool }) => pool),
    routes,
    services.clientHosts,
  );
  return {
    pools,
    routes,
    refused: read.flatMap(({ refused }) => refused),
    notes: [
      ...notes,
      ...aboutRules,
      ...read.flatMap((each) => each.notes),
      ...aboutHosts,
      ...remarksOn([...settingsIn(document)], KEY_FATES),
    ],
  };
}

type Entry = Value["entries"][number];

/** Traefik tries the router of the highest priority first. The priority of a router without any is the length of its rule. */
function inOrder(routers: readonly Entry[]): Entry[] {
  const priorityOf = ({ value }: Entry) =>
    Number(at(value, "priority")?.text ?? 0) || (at(value, "rule")?.text ?? "").length;
  return [...routers].sort((one, other) => priorityOf(other) - priorityOf(one));
}

function rulesOf(name: string, router: Value, services: Services, notes: Remark[]): Rule[] {
  const { file, line } = router;
  const text = at(router, "rule")?.text;
  const parts = text === undefined ? "it has no rule" : readRule(text);
  if (typeof parts === "string") {
    notes.push({ file, line, text: `router ${name} is not carried over: ${parts}, so these go by the other routers` });
    return [];
  }
  for (const host of new Set(parts.flatMap(({ match }) => (match.host?.startsWith("*.") ? [match.host] : [])))) {
    notes.push({
      file,
      line,
      text: `router ${name}: ${host} takes one label before it in Traefik, and one or more in Moor`,
    });
  }
  const target = services.targetOf(at(router, "service")?.text ?? "", []);
  return parts.map(({ match, except }) => ({
    file,
    line,
    name: `router ${name}`,
    match: { ...ANY, ...match },
    except,
    target,
  }));
}

interface Services {
  /** The pools of a service, or the reason why there are none. `within`: the services that lead to it. */
  targetOf(name: string, within: readonly string[]): Target | string;
  readAll(): void;
  read(): readonly ReadService[];
  readonly clientHosts: readonly ClientHost[];
}

function createServices(given: Value | undefined, notes: Remark[]): Services {
  const ids = new Set<string>();
  const read = new Map<string, ReadService>();
  const clientHosts: ClientHost[] = [];

  function targetOf(name: string, within: readonly string[]): Target | string {
    const bare = name.replace(/@file$/, "");
    const service = at(given, bare);
    if (!service) return `leads to the service ${name || "of no name"}, which this file does not have`;
    if (within.includes(bare)) return `leads to the service ${bare}, which leads to itself`;
    const balancer = at(service, "loadBalancer");
    if (balancer) return balanced(bare, balancer);
    const inner = [...within, bare];
    const shares = at(service, "weighted") ?? at(service, "highestRandomWeight");
    if (shares) return weighted(shares, inner);
    const { file, line } = service;
    const failover = at(service, "failover");
    if (failover) {
      notes.push({
        file,
        line,
        text: `service ${bare}: failover to ${at(failover, "fallback")?.text} is not carried over; its servers can be backups of the pool`,
      });
      return targetOf(at(failover, "service")?.text ?? "", inner);
    }
    const mirroring = at(service, "mirroring");
    if (!mirroring) return `leads to the service ${bare}, which has no servers`;
    notes.push({ file, line, text: `service ${bare}: mirrors are not carried over: Moor sends no request twice` });
    return targetOf(at(mirroring, "service")?.text ?? "", inner);
  }

  function balanced(name: string, balancer: Value): Target | string {
    const known = read.get(name);
    if (known) return { pool: known.pool.id };
    if ((at(balancer, "servers")?.items.length ?? 0) === 0) return `leads to the service ${name}, which has no server`;
    const service = readLoadBalancer(balancer, uniqueId(name, ids));
    read.set(name, service);
    const { file, line } = balancer;
    if (service.wantsClientHost) clientHosts.push({ pool: service.pool.id, file, line });
    return { pool: service.pool.id };
  }

  function weighted(shares: Value, within: readonly string[]): Target | string {
    const weights = new Map<string, number>();
    for (const side of at(shares, "services")?.items ?? []) {
      const target = targetOf(at(side, "name")?.text ?? "", within);
      if (typeof target === "string") return target;
      const weight = Number(at(side, "weight")?.text ?? 1);
      const pools = Array.isArray(target.pool) ? target.pool : [{ id: target.pool, weight: 1 }];
      const total = pools.reduce((sum, pool) => sum + pool.weight, 0);
      for (const pool of pools) weights.set(pool.id, (weights.get(pool.id) ?? 0) + (weight * pool.weight) / total);
    }
    const { file, line } = shares;
    for (const key of ["sticky", "healthCheck"]) {
      if (at(shares, key))
        notes.push({
          file,
          line,
          text: `weighted.${key} is not carried over: the session chooses the side, and keeps it`,
        });
    }
    const pool = [...weights].map(([id, weight]) => ({ id, weight }));
    return pool.length === 0
      ? "leads to a service without sides"
      : { pool: pool.length > 1 ? pool : (pool[0]?.id ?? "") };
  }

  return {
    targetOf,
    readAll: () => given?.entries.forEach(({ key }) => void targetOf(key, [])),
    read: () => [...read.values()],
    clientHosts,
  };
}

const IN_SERVICES = /^http\.services\.(?:loadBalancer)$/;

/** The keys whose fate is told: those of routers and load balancers, and the first two of everything else. */
function* settingsIn(document: Value): Generator<Setting> {
  for (const { key, value, file, line } of document.entries) {
    if (key !== "http") yield { name: key, file, line };
    for (const { key: part, value: named, ...place } of key === "http" ? value.entries : []) {
      if (part !== "routers" && part !== "services") yield { name: `http.${part}`, ...place };
      else for (const { value: fields } of named.entries) yield* fieldsOf(`http.${part}`, fields);
    }
  }
}

function* fieldsOf(begin: string, { entries }: Value): Generator<Setting> {
  for (const { key, value, file, line } of entries) {
    const name = `${begin}.${key}`;
    if (IN_SERVICES.test(name)) yield* fieldsOf(name, value);
    else yield { name, file, line };
  }
}
