import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client, Told } from "../../support/node/client.ts";
import { forgeProof } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** A planted token gains nothing, in either Worker that Moor is in. */
export async function describePlantedTokens(role: Role) {
  const origin = await startOrigin("a");
  /** The sites by the grace of the generation before a login. */
  const sites: Record<string, Site> = {
    "no grace": await startSite([origin], { role, session: { graceSeconds: 0 } }),
    "a second of grace": await startSite([origin], { role, session: { graceSeconds: 1 } }),
  };
  afterAll(async () => {
    await Promise.all(Object.values(sites).map((site) => site.stop()));
    await origin.kill();
  });

  const plants = [
    { what: "of a session that is not stored", prepare: "/", cookie: "__Host-moor" },
    { what: "of a stored session", prepare: "/?set=bait:worm", cookie: "__Host-moor" },
    { what: "of a session that is not stored, as a provisional token", prepare: "/", cookie: "__Host-moor-new" },
    { what: "of a stored session, as a provisional token", prepare: "/?set=bait:worm", cookie: "__Host-moor-new" },
  ];
  const cases = Object.keys(sites).flatMap((grace) => plants.map((plant) => ({ grace, ...plant })));

  describe.each(cases)("a planted token $what, with $grace", ({ grace, prepare, cookie }) => {
    const site = sites[grace] as Site;
    let attacker: Client;
    let victim: Client;
    let sid: string | undefined;

    /** An attacker, and a victim who has logged in with the attacker's token. */
    beforeAll(async () => {
      attacker = site.client();
      await attacker.ask(prepare);
      victim = site.client(
        [...attacker.cookies].map(([name, value]) => [name === "__Host-moor" ? cookie : name, value]),
      );
      await victim.ask("/?login=victim", { method: "POST" });
    });

    /**
     * The attacker has neither the victim's principal nor the victim's changes, nor a token that gives access to them.
     */
    const expectNothingGained = async (asking: string) => {
      const answer = await attacker.ask(asking, { method: asking.includes("?") ? "POST" : "GET" });
      // A change that is sent at the same time as the login is refused.
      const { session } = answer.status === 409 ? { session: {} as Partial<Told["session"]> } : answer.told;
      expect(session).not.toHaveProperty("sub", "victim");
      expect(session.data ?? {}).not.toHaveProperty("address");
      expect(attacker.cookies.get("__Host-moor-gen")).not.toBe(victim.cookies.get("__Host-moor-gen"));
    };

    it("shows nothing of the victim's login", async () => {
      await expectNothingGained("/");
    });

    it("shows nothing of the victim's later actions, and a change of the attacker's own does not either", async () => {
      await victim.ask("/?set=address:harbour", { method: "POST" });
      const { session } = (await victim.ask("/")).told;
      expect(session).toMatchObject({ gen: 1, sub: "victim", data: { address: "harbour" } });
      sid = session.sid;
      await expectNothingGained("/");
      await expectNothingGained("/?set=probe:1");
      await expectNothingGained("/");
    });

    it("cannot end the victim's session, nor rotate it", async () => {
      for (const query of ["end", "rotate"]) {
        await site.client(attacker.cookies).send(`/?${query}`, { method: "POST" });
        expect((await victim.ask("/")).told.session).toMatchObject({ sid, gen: 1, sub: "victim" });
      }
    });

    it("is superseded: the session is out of the attacker's reach for good", async () => {
      const reached = async () => {
        const { session } = (await attacker.send("/", { headers: { "Sec-Fetch-Site": "same-origin" } })).told;
        await expectNothingGained("/");
        return session.sid;
      };
      await expect.poll(reached).not.toBe(sid);
      await expectNothingGained("/?set=probe:2");
      expect((await victim.ask("/")).told.session.data).not.toHaveProperty("probe", "2");
    });

    it("with which the attacker logs in starts a session of the attacker's own", async () => {
      await attacker.ask("/?login=mallory", { method: "POST" });
      const { session } = (await attacker.ask("/")).told;
      expect(session.sub).toBe("mallory");
      expect(session.sid).not.toBe(sid);
      expect((await victim.ask("/")).told.session).toMatchObject({ sid, gen: 1, sub: "victim" });
    });

    it("leaves the victim their session, with the address", async () => {
      expect((await victim.ask("/")).told.session).toMatchObject({ sid, sub: "victim", data: { address: "harbour" } });
    });
  });

  describe("a stolen token without its proof", () => {
    const site = sites["no grace"] as Site;
    let sid: string;
    let token: string;
    let proof: string;
    beforeAll(async () => {
      const victim = site.client();
      await victim.ask("/?login=victim&set=address:harbour", { method: "POST" });
      sid = (await victim.ask("/")).told.session.sid ?? "";
      token = victim.token ?? "";
      proof = victim.cookies.get("__Host-moor-gen") ?? "";
    });

    const sessionWith = async (proofs: string | undefined) => {
      const cookies: [string, string][] = [["__Host-moor", token]];
      if (proofs !== undefined) cookies.push(["__Host-moor-gen", proofs]);
      return (await site.client(cookies).send("/")).told.session;
    };

    it("has no session; with the proof it has", async () => {
      expect(await sessionWith(undefined)).not.toHaveProperty("sid");
      expect(await sessionWith(proof)).toMatchObject({ sid, sub: "victim" });
    });

    it("gains nothing by the proof of another session", async () => {
      const attacker = site.client();
      await attacker.ask("/?login=mallory", { method: "POST" });
      expect((await attacker.ask("/")).told.session.sub).toBe("mallory");
      expect(await sessionWith(attacker.cookies.get("__Host-moor-gen"))).not.toHaveProperty("sid");
    });

    it("gains nothing by a proof that is forged, cut or turned", async () => {
      const secret = Buffer.alloc(32, 7);
      const forged = [
        forgeProof(site.moor.keys, sid, 1, secret),
        proof.slice(0, -1),
        `${proof}=`,
        `${proof}A`,
        "",
        "1",
      ];
      for (let bit = 0; bit < 42 * 8; bit += 5) {
        const bytes = Buffer.from(proof, "base64url");
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        forged.push(bytes.toString("base64url"));
      }
      for (const proofs of forged) expect(await sessionWith(proofs)).not.toHaveProperty("sid");
    });

    it("gains nothing by a proof of a generation that is not the session's", async () => {
      for (const generation of [0, 2, 4_294_967_295]) {
        expect(await sessionWith(forgeProof(site.moor.keys, sid, generation))).not.toHaveProperty("sid");
      }
      expect(await sessionWith(forgeProof(site.moor.keys, sid, 1))).toMatchObject({ sid, sub: "victim" });
    });
  });

  it("keeps keys, tokens, principals and attributes out of the log", () => {
    for (const site of Object.values(sites)) {
      expect(site.indiscretions("victim", "mallory", "harbour", "worm")).toEqual([]);
    }
  });
}
