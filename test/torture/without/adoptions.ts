import type { Rule } from "./rule.ts";

/** The rules by which a session of an old application is adopted once, and its cookie opens it for a short time. */
export const ADOPTIONS: readonly Rule[] = [
  {
    name: "adopted-by-its-id",
    rule: "the key of an adopted session is derived from the id of the old session",
    edits: [
      {
        file: "src/adoption/adopting.ts",
        from: "if (session.id !== undefined) return",
        to: 'if (session.id === "") return',
      },
    ],
    config: "moor-adopt",
    found: { seed: 1, number: 0 },
  },
  {
    name: "old-cookie-closes",
    rule: "the old cookie opens the session only until the token has come back, and for a grace period after that",
    edits: [{ file: "src/session/adopting.ts", from: " && now < adopted.openUntil", to: "" }],
    config: "moor-adopt",
    found: { seed: 1, number: 16 },
  },
  {
    name: "old-cookie-after-rotation",
    rule: "the old cookie opens no session that was rotated",
    edits: [{ file: "src/session/adopting.ts", from: "return generation === 0 && adopted", to: "return adopted" }],
    config: "moor-adopt",
    found: { seed: 1, number: 22 },
  },
  {
    name: "old-cookie-is-no-token",
    rule: "a request by the old cookie does not count as the token that comes back",
    edits: [{ file: "src/session/apply.ts", from: "met.adopted && !ref.byOldCookie", to: "met.adopted" }],
    config: "moor-adopt",
    found: { seed: 1, number: 14 },
  },
  {
    name: "adopted-is-somebodys",
    rule: "an adopted session is somebody's",
    edits: [{ file: "src/session/adopting.ts", from: "somebodys: true as const,", to: "" }],
    config: "moor-adopt",
    found: { seed: 1, number: 601 },
  },
  {
    name: "adoption-founds-or-nothing",
    rule: "an adoption founds a session, or changes nothing",
    edits: [
      {
        file: "src/session/apply.ts",
        from: 'opensByOldCookie(record, now) ? { kind: "committed", view: viewOf(record) } :',
        to: "opensByOldCookie(record, now) ? applyToCurrent(record, change, now, record) :",
      },
    ],
    config: "moor-adopt",
    found: { seed: 1, number: 0 },
  },
  {
    name: "token-before-old-cookie",
    rule: "a token whose session is stored wins over an old cookie",
    edits: [
      {
        file: "src/adoption/adoption.ts",
        from: "if (token && (token.version > 0 || token.markedAt !== undefined)) return false;",
        to: "",
      },
    ],
    config: "moor-adopt",
    found: { seed: 1, number: 0 },
  },
];
