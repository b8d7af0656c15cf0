import { expect, it } from "vitest";
import { createPasses, IDLE_MS, LONGEST_MS } from "../../../src/api/console/operator.ts";
import { macRing } from "../../support/rings.ts";
import { T0 } from "../../support/time.ts";

const SECRETS = ["an operator's token", "a viewer's token"] as const;
let now = T0;
const passesOf = (secrets: readonly (string | undefined)[] = SECRETS) => createPasses(macRing(1), secrets, () => now);
const passes = passesOf();

async function issuedAt(time: number): Promise<string> {
  now = time;
  return passes.issue({ who: "viewer", may: "view" });
}

it("knows the operator by the pass, and by no text in which a character differs", async () => {
  const pass = await issuedAt(T0);
  expect((await passes.read(pass))?.operator).toMatchObject({ who: "viewer", may: "view" });
  for (let at = 0; at < pass.length; at++) {
    const other = pass[at] === "A" ? "B" : "A";
    expect([at, await passes.read(pass.slice(0, at) + other + pass.slice(at + 1))]).toEqual([at, undefined]);
  }
});

it.each([
  ["the operators' token", ["another", SECRETS[1]]],
  ["the viewers' token", [SECRETS[0], "another"]],
  ["the viewers' token, which is gone", [SECRETS[0], undefined]],
])("makes passes void by another value of %s", async (_name, secrets) => {
  expect(await passesOf(secrets).read(await issuedAt(T0))).toBeUndefined();
});

it("ends a pass that rests, and each pass after its longest time", async () => {
  let pass = await issuedAt(T0);
  now = T0 + IDLE_MS;
  expect(await passes.read(pass)).toBeUndefined();
  for (now = T0; now < T0 + LONGEST_MS; now += IDLE_MS - 1) {
    const read = await passes.read(pass);
    expect(read).toBeDefined();
    pass = read?.renewed ?? pass;
  }
  now = T0 + LONGEST_MS;
  expect(await passes.read(pass)).toBeUndefined();
});

it("gives each operator a form token of their own", async () => {
  const [one, other, same] = await Promise.all(["one", "other", "one"].map((who) => passes.formToken(who, T0)));
  expect(one).toBe(same);
  expect(one).not.toBe(other);
});
