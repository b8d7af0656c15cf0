import { beforeEach, describe, expect } from "vitest";
import type { Copies, Memory } from "../../src/store/contracts.ts";
import { casesOf, type Gap } from "../support/contract.ts";
import { copyOf, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

export interface CopiesUnderTest {
  create(): Copies;
  /** The same, out of reach. */
  createUnreachable?(): Copies;
  readonly gaps: readonly Gap[];
}

/** Memory as other stores of copies are asked: by promises. */
export function copiesIn({ name, read, keep }: Memory): Copies {
  return { name, read: async (ref) => read(ref), keep: async (copy) => keep(copy) };
}

/** The promises of every store of copies. */
export function testCopies(name: string, { create, createUnreachable, gaps }: CopiesUnderTest): void {
  const it = casesOf(gaps);

  describe(`${name}, as copies`, () => {
    let copies: Copies;
    let id: string;
    const held = () => copies.read(refTo(id), T0);
    beforeEach(() => {
      copies = create();
      id = uniqueId();
    });

    it("misses a session that it was never given", async () => expect(await held()).toEqual({ kind: "miss" }));

    it("gives back the copy that it was given, unknown names and all", async () => {
      const attributes = JSON.parse('{"__proto__":{"a":1},"list":[null,1.5,"ü"],"deep":{"er":{}}}');
      const copy = copyOf(id, { attributes, principal: "alice", vouchedAt: at(3) });
      expect(await copies.keep(copy)).toEqual({ kind: "kept" });
      const found = await held();
      expect(found).toEqual({ kind: "hit", copy });
      expect(JSON.stringify(found)).toContain('"__proto__":{"a":1}');
    });

    it("keeps sessions apart", async () => {
      await copies.keep(copyOf(id));
      expect(await copies.read(refTo(uniqueId()), T0)).toEqual({ kind: "miss" });
    });

    it("replaces a copy by a newer version, and never by an older", async () => {
      await copies.keep(copyOf(id, { version: 2 }));
      expect(await copies.keep(copyOf(id, { version: 1, vouchedAt: at(9) }))).toEqual({ kind: "older" });
      expect(await held()).toMatchObject({ copy: { version: 2 } });
      expect(await copies.keep(copyOf(id, { version: 3 }))).toEqual({ kind: "kept" });
      expect(await held()).toMatchObject({ copy: { version: 3 } });
    });

    it("replaces a copy with a copy of the same version that was vouched for later, and never earlier", async () => {
      await copies.keep(copyOf(id, { vouchedAt: at(2) }));
      expect(await copies.keep(copyOf(id, { vouchedAt: at(1) }))).toEqual({ kind: "older" });
      expect(await held()).toMatchObject({ copy: { vouchedAt: at(2) } });
      expect(await copies.keep(copyOf(id, { vouchedAt: at(3) }))).toEqual({ kind: "kept" });
      expect(await held()).toMatchObject({ copy: { vouchedAt: at(3) } });
    });

    it("never replaces a generation with an earlier generation, whatever the version", async () => {
      await copies.keep(copyOf(id, { generation: 1, version: 2 }));
      expect(await copies.keep(copyOf(id, { generation: 0, version: 9 }))).toEqual({ kind: "older" });
      expect(await held()).toMatchObject({ copy: { generation: 1 } });
    });

    it("replaces any copy by a tombstone, and a tombstone by nothing", async () => {
      await copies.keep(copyOf(id, { version: 5 }));
      const ended = { at: at(1), reason: "ended" as const };
      expect(await copies.keep(copyOf(id, { version: 6, ended }))).toEqual({ kind: "kept" });
      expect(await held()).toMatchObject({ kind: "ended" });
      const later = copyOf(id, { version: 9, generation: 3, vouchedAt: at(9) });
      expect(await copies.keep(later)).toEqual({ kind: "ended" });
      expect(await held()).toMatchObject({ kind: "ended", tombstone: { version: 6, ended } });
    });

    it("is unavailable when it is out of reach, which is not a miss", async () => {
      const unreachable = createUnreachable?.();
      expect(await unreachable?.read(refTo(id), T0)).toMatchObject({ kind: "unavailable" });
      expect(await unreachable?.keep(copyOf(id))).toMatchObject({ kind: "unavailable" });
    });
  });
}
