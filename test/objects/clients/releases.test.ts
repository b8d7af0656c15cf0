import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createObjectAuthority } from "../../../src/objects/clients/session-client.ts";
import { changeAt, refTo, uniqueId } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: T0 }));
afterEach(() => vi.useRealTimers());

/** A machine with other work may take long to start the first object. */
const PATIENT = { deadlineMs: 30_000 };

type Methods = Record<string, (ask: unknown) => Promise<unknown>>;

/** The real objects, as a stub of other code shows them. */
function objectsOfCode(methodsOf: (stub: Methods) => Methods): DurableObjectNamespace {
  const getByName = (id: string) => methodsOf(env.SESSION_OBJECT.getByName(id) as unknown as Methods);
  return { getByName } as unknown as DurableObjectNamespace;
}

describe("while a release is being deployed", () => {
  const founding = changeAt(T0, { patches: [{ a: 1 }] });
  const copies = { replicate: "off", backup: "off", strictBackup: false };

  it("an isolate of the newer release asks an object that only takes objects", async () => {
    const asked: string[] = [];
    const noted = (name: string, objects: Methods) => (ask: unknown) => {
      asked.push(`${name} by ${typeof ask}`);
      return objects[name]!(ask);
    };
    // The object of a principal does not know the two methods either, and workerd says so in the same words.
    const other = env.PRINCIPAL_OBJECT.getByName("other") as unknown as Methods;
    const older = objectsOfCode((stub) => ({
      readText: noted("readText", other),
      commitText: noted("commitText", other),
      read: noted("read", stub),
      commit: noted("commit", stub),
    }));
    const authority = createObjectAuthority(older, PATIENT);
    const id = uniqueId();
    expect(await authority.commit(refTo(id), founding)).toMatchObject({ kind: "committed", copy: { version: 1 } });
    expect(await authority.read(refTo(id), T0)).toMatchObject({ kind: "hit", copy: { attributes: { a: 1 } } });
    expect(asked).toEqual(["commitText by string", "commit by object", "readText by string", "read by object"]);
  });

  it("an object of the newer release answers an isolate that asks by objects", async () => {
    const id = uniqueId();
    const object = env.SESSION_OBJECT.getByName(id) as unknown as Methods;
    const ref = refTo(id);
    expect(await object.commit!({ ref, change: founding, copies })).toMatchObject({
      kind: "committed",
      copy: { version: 1 },
    });
    expect(await object.read!({ ref, now: T0, copies })).toMatchObject({ kind: "hit", copy: { attributes: { a: 1 } } });
    expect(await createObjectAuthority(env.SESSION_OBJECT, PATIENT).read(ref, T0)).toMatchObject({
      copy: { attributes: { a: 1 } },
    });
  });
});
