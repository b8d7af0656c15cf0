import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const start = (traces: "on" | "ignore-client" | undefined, traced = true) =>
  startSite([], {
    ...(traces && { traces }),
    log: { requests: "all", trace: true },
    metrics: true,
    around: { traced },
    pools: [
      { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal"] } },
      { id: "gone", origins: [{ id: "gone", url: `http://127.0.0.1:${DEAD_PORT}` }] },
    ],
    routes: [
      { path: "/gone/*", pool: "gone" },
      { path: "/assets/*", pool: "shop", session: false },
      { path: "/*", pool: "shop" },
    ],
  });
const [on, ignoring, without, untraced] = await Promise.all([
  start("on"),
  start("ignore-client"),
  start(undefined),
  start("on", false),
]);
afterAll(() => Promise.all([...[on, ignoring, without, untraced].map((site) => site.stop()), origin.kill()]));

/** An event of the streaming tail Worker. */
interface TailEvent {
  readonly type: string;
  readonly name?: string;
  readonly spanId?: string;
  readonly info?: unknown;
  /** The trace, and for all but the first event of an invocation the span that the event belongs to. */
  readonly context: { readonly traceId: string; readonly spanId?: string };
}

/** A span, as a backend of traces would put it together. */
interface Span {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
}

/** The trace of one request: its spans, that of the invocation first. */
interface Trace {
  readonly id: string;
  readonly spans: readonly Span[];
  readonly line: Record<string, unknown>;
}

const CLIENT_TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENTS = `00-${CLIENT_TRACE}-b7ad6b7169203331-00`;

const tailOf = (site: Site) => site.moor.logged.flatMap((line) => /^TAIL (.*)$/.exec(line)?.[1] ?? []).map(eventIn);
const eventIn = (text: string) => JSON.parse(text) as TailEvent;
const linesOf = (site: Site) =>
  site.moor.logged.filter((line) => line.startsWith('{"event":"request"')).map((line) => JSON.parse(line));

let requests = 0;

/** The trace of a request that has these headers. */
async function traceOf(site: Site, ask: (headers: Record<string, string>) => Promise<unknown>): Promise<Trace> {
  requests++;
  const ray = `${requests.toString(16).padStart(16, "0")}-FRA`;
  await ask({ "CF-Ray": ray });
  const onset = () => tailOf(site).find((event) => event.type === "onset" && JSON.stringify(event.info).includes(ray));
  await expect.poll(onset).toBeDefined();
  const { spanId: root, context } = onset() as TailEvent;
  const own = () => tailOf(site).filter(({ context: { traceId } }) => traceId === context.traceId);
  // workerd tells of no end of the invocation. Moor's last word is the status, and before it the line.
  const last = site === without ? '"level":"log"' : '"moor.status"';
  await expect.poll(() => JSON.stringify(own())).toContain(last);
  const opened = [{ name: "invocation", spanId: root, context: { spanId: undefined } }, ...own()].flatMap((event) =>
    event.name !== undefined && event.spanId !== undefined ? [{ ...event, name: event.name, id: event.spanId }] : [],
  );
  const spans = opened.map(({ name, id, context: { spanId: parent } }) => {
    const given = own().filter((event) => event.type === "attributes" && event.context.spanId === id);
    const pairs = given.flatMap(({ info }) => info as { name: string; value: unknown }[]);
    return { name, id, parent, attributes: Object.fromEntries(pairs.map((pair) => [pair.name, pair.value])) };
  });
  return { id: context.traceId, spans, line: linesOf(site).find(({ request }) => request === ray) };
}

const named = ({ spans }: Trace, name: string) => spans.filter((span) => span.name === name);
/** The attributes of Moor's on the span of the invocation. */
const factsOf = ({ spans }: Trace) =>
  Object.fromEntries(Object.entries(spans[0]?.attributes ?? {}).filter(([name]) => name.startsWith("moor.")));

describe("a traced request with a session", () => {
  it("has its facts on the invocation's span, and spans for its steps", async () => {
    const client = on.client();
    const trace = await traceOf(on, (headers) => client.ask("/?set=basket:tea", { method: "POST", headers }));
    expect(factsOf(trace)).toEqual({
      "moor.request": trace.line.request,
      "moor.route": "/*",
      "moor.status": 200,
      "moor.pool": "shop",
      "moor.origin": "a",
      "moor.chosen": "affinity",
      "moor.source": "none",
      "moor.attempts": 1,
      "moor.written": "object",
      "moor.session": trace.line.session,
    });
    const [resolve, forward, commit] = ["moor.resolve", "moor.forward", "moor.commit"].map((name) => {
      expect(named(trace, name)).toHaveLength(1);
      return named(trace, name)[0] as Span;
    });
    for (const span of [resolve, forward, commit]) expect(span?.parent).toBe(trace.spans[0]?.id);
    // The platform's own spans hang below the step that has caused them.
    expect(named(trace, "fetch")).toMatchObject([{ parent: forward?.id }]);
    const written = trace.spans.filter(({ name }) => name === "durable_object_subrequest");
    expect(written).toMatchObject([{ parent: commit?.id }]);
    // A session that comes back is read.
    const second = await traceOf(on, (headers) => client.ask("/", { headers }));
    expect(factsOf(second)).toMatchObject({ "moor.source": "object", "moor.passed": expect.stringContaining(":") });
    const read = named(second, "durable_object_subrequest")[0];
    expect(read?.parent).toBe(named(second, "moor.resolve")[0]?.id);
  });

  it("has no value of the session, no principal, no query and no more of an id than 8 characters in what Moor writes", async () => {
    const client = on.client();
    await client.ask("/?set=basket:S3CRET&login=alice-S3CRET&q=S3CRET", { method: "POST" });
    let sid = "";
    const trace = await traceOf(on, async (headers) => {
      const { told } = await client.ask("/?q=S3CRET", { headers });
      expect(told.session.data).toEqual({ basket: "S3CRET" });
      sid = told.session.sid as string;
    });
    const text = JSON.stringify([factsOf(trace), trace.spans.filter(({ name }) => name.startsWith("moor."))]);
    expect(text).toContain(sid.slice(0, 8));
    for (const secret of [sid.slice(0, 9), "S3CRET", "alice", ...client.held]) expect(text).not.toContain(secret);
  });

  it("that fails has its code, and the lines of its events and its data point have its trace", async () => {
    const trace = await traceOf(on, (headers) => on.client().ask("/gone/", { headers }));
    const event = on.moor.logged.find((line) => line.includes('"event":"origin_failed"')) ?? "{}";
    expect(JSON.parse(event)).toMatchObject({ request: trace.line.request, trace: trace.id });
    const traces = async () => (await on.moor.dataPoints()).map(({ blobs }) => blobs[10]);
    await expect.poll(traces).toContain(trace.id);
    expect(factsOf(trace)).toMatchObject({
      "moor.code": "origin_unreachable",
      "moor.status": 502,
      "moor.pool": "gone",
    });
    expect(named(trace, "moor.commit")).toEqual([]);
  });
});

describe("traceparent at an origin", () => {
  const asked = async (site: Site, path: string, headers: Record<string, string> = {}) => {
    let sent: Record<string, string> = {};
    const trace = await traceOf(site, async (own) => {
      sent = (await site.client().ask(path, { headers: { ...own, ...headers } })).told.headers;
    });
    return { sent, trace };
  };

  it.each(["/", "/assets/a.css"])("of %s names Moor's span if the client has sent none", async (path) => {
    const { sent, trace } = await asked(on, path, { tracestate: "a=b" });
    expect(sent.traceparent).toBe(`00-${trace.id}-${named(trace, "moor.forward")[0]?.id}-01`);
    expect(sent).not.toHaveProperty("tracestate");
    expect(trace.line.trace).toBe(trace.id);
  });

  it("is the client's, byte for byte, if that is well-formed", async () => {
    const { sent, trace } = await asked(on, "/", { traceparent: CLIENTS, tracestate: "a=b" });
    expect(sent).toMatchObject({ traceparent: CLIENTS, tracestate: "a=b" });
    expect(trace.line.trace).toBe(CLIENT_TRACE);
    expect(factsOf(trace)["moor.client_trace"]).toBe(CLIENT_TRACE);
  });

  it.each([
    ["malformed", on, `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["not to be believed", ignoring, CLIENTS],
  ])("replaces one of the client's that is %s", async (_why, site, traceparent) => {
    const { sent, trace } = await asked(site, "/", { traceparent, tracestate: "a=b" });
    expect(sent.traceparent).toBe(`00-${trace.id}-${named(trace, "moor.forward")[0]?.id}-01`);
    expect(sent).not.toHaveProperty("tracestate");
    expect(trace.line.trace).toBe(trace.id);
    expect(factsOf(trace)).not.toHaveProperty("moor.client_trace");
  });
});

describe("without traces", () => {
  it("Moor adds nothing if the configuration does not ask", async () => {
    const traceparent = "malformed";
    const trace = await traceOf(without, async (headers) => {
      const { told } = await without.client().ask("/", { headers: { ...headers, traceparent } });
      expect(told.headers.traceparent).toBe(traceparent);
    });
    expect(factsOf(trace)).toEqual({});
    expect(trace.spans.filter(({ name }) => name.startsWith("moor."))).toEqual([]);
    expect(trace.line).not.toHaveProperty("trace");
  });

  it("a request that the platform does not trace gives its origin no traceparent but its client's", async () => {
    const before = linesOf(untraced).length;
    const client = untraced.client();
    expect((await client.ask("/")).told.headers).not.toHaveProperty("traceparent");
    expect((await client.ask("/", { headers: { traceparent: "malformed" } })).told.headers).not.toHaveProperty(
      "traceparent",
    );
    const kept = await client.ask("/", { headers: { traceparent: CLIENTS } });
    expect(kept.told.headers.traceparent).toBe(CLIENTS);
    const traces = () =>
      linesOf(untraced)
        .slice(before)
        .map(({ trace }) => trace);
    await expect.poll(traces).toEqual([undefined, undefined, CLIENT_TRACE]);
    const points = async () => (await untraced.moor.dataPoints()).slice(-3).map(({ blobs }) => blobs[10]);
    await expect.poll(points).toEqual(["", "", CLIENT_TRACE]);
  });
});
