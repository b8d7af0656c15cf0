import { afterEach, describe, expect, it, vi } from "vitest";
import { breakerNameOf, createAsk } from "../../src/login/provider-call.ts";
import { createBreaker } from "../../src/store/breaker.ts";

const URL = "https://id.example.com/token";
let now = 1_800_000_000_000;
const askWithBreaker = () => createAsk(createBreaker({ name: "provider", clock: () => now, random: () => 0 }));

/** Answers each call alike, and counts the calls. */
function answering(answer: () => Promise<Response>) {
  return vi.spyOn(globalThis, "fetch").mockImplementation(answer);
}
const silent = () => answering(async () => Promise.reject(new DOMException("no answer", "TimeoutError")));
const outcomeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "answered",
    ({ outcome }) => outcome,
  );

afterEach(() => vi.restoreAllMocks());

describe("a provider that does not answer", () => {
  it.each<[string, () => Promise<Response>]>([
    ["silence", () => Promise.reject(new DOMException("no answer", "TimeoutError"))],
    ["a page instead of an answer", async () => new Response("<html>", { status: 200 })],
    ["an answer of 503", async () => Response.json({}, { status: 503 })],
  ])("by %s is not asked for a while after five calls, and nobody waits for it", async (_name, answer) => {
    const ask = askWithBreaker();
    const asked = answering(answer);
    for (let times = 0; times < 20; times++) {
      expect(await outcomeOf(ask("token endpoint", URL))).toMatchObject({ kind: "unavailable" });
    }
    expect(asked).toHaveBeenCalledTimes(5);
  });

  it("is asked again by one request after half a second, and by all requests once it has answered", async () => {
    const ask = askWithBreaker();
    const asked = silent();
    for (let times = 0; times < 5; times++) await outcomeOf(ask("keys", URL));
    asked.mockImplementation(async () => Response.json({}));
    now += 500;
    const both = await Promise.all([outcomeOf(ask("keys", URL)), outcomeOf(ask("keys", URL))]);
    expect(both).toEqual(["answered", expect.objectContaining({ kind: "unavailable" })]);
    expect(await outcomeOf(ask("keys", URL))).toBe("answered");
  });
});

it.each<[string, () => Response, string]>([
  ["an error in JSON", () => Response.json({ error: "invalid_grant" }, { status: 400 }), "refused"],
  ["a page of a firewall", () => new Response("<html>", { status: 403 }), "unavailable"],
])("a refusal by %s never keeps others from asking: anybody can have the provider refuse", async (_, answer, kind) => {
  const ask = askWithBreaker();
  const asked = answering(async () => answer());
  for (let times = 0; times < 20; times++) expect(await outcomeOf(ask("token endpoint", URL))).toMatchObject({ kind });
  expect(asked).toHaveBeenCalledTimes(20);
});

it("every call has a deadline", async () => {
  const asked = silent();
  await outcomeOf(createAsk()("keys", URL));
  expect(asked.mock.calls[0]?.[1]?.signal).toBeInstanceOf(AbortSignal);
});

it("the provider of each login has a breaker of its own", () => {
  expect([undefined, "staff", "partners"].map(breakerNameOf)).toEqual([
    "provider",
    "provider-staff",
    "provider-partners",
  ]);
});
