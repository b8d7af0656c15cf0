import { tracing } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { LOG_DEFAULTS } from "../../src/config/defaults.ts";
import { createSignals } from "../../src/observe/signals.ts";
import { createTracer } from "../../src/observe/tracer.ts";
import { at } from "../support/time.ts";

// The platform traces nothing here; test/conformance/signals/traces.test.ts has it trace.
describe("a request that the platform does not trace", () => {
  it("opens no span, has no attribute, and no traceparent", async () => {
    const span = tracing.getActiveSpan();
    expect(span?.isTraced ?? false).toBe(false);
    const entered = vi.fn();
    const enterSpan = <Result>(name: string, callback: () => Result) => {
      entered(name);
      return tracing.enterSpan(name, callback);
    };
    const setAttribute = vi.fn();
    const spanContext = vi.fn();
    const active = { isTraced: span?.isTraced ?? false, setAttribute, spanContext };
    const tracer = createTracer({ getActiveSpan: () => active, enterSpan }, "on");
    const signals = createSignals({
      config: { log: { ...LOG_DEFAULTS, requests: "all", trace: true }, errorPage: undefined },
      log: (entry) => expect(entry).not.toHaveProperty("trace"),
      clock: () => at(0),
      tracer,
    });
    const headers = new Headers();
    const step = vi.fn((status: number) => {
      tracer.propagate(headers);
      return new Response("", { status });
    });
    const answered = await signals.serve(new Request("https://shop.test/"), async () => tracer.spanned("a", step)(201));
    expect(answered.status).toBe(201);
    expect(step).toHaveBeenCalledExactlyOnceWith(201);
    for (const call of [entered, setAttribute, spanContext]) expect(call).not.toHaveBeenCalled();
    expect([...headers]).toEqual([]);
  });
});
