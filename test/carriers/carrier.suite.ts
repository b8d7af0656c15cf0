import { describe, expect, it } from "vitest";
import type { Carrier } from "../../src/carriers/carrier.ts";
import { joinCredentials, splitCredentials } from "../../src/carriers/credentials.ts";
import { at } from "../support/time.ts";

/** A carrier, and a client of it. */
export interface CarrierCase {
  readonly carrier: Carrier;
  /**
   * The next request of a client that has received these headers of responses, in order. The first request follows no
   * response.
   */
  readonly next: (responses: readonly Headers[]) => Request;
}

const TOKEN = "T".repeat(84);
const NEWER = "N".repeat(84);
const PROOF = "P".repeat(56);

/** The promises of every carrier. */
export function carrierSuite(name: string, { carrier, next }: CarrierCase): void {
  const given = (text: string) => {
    const headers = new Headers();
    carrier.write(headers, splitCredentials(text), at(600), false);
    return headers;
  };
  const cleared = () => {
    const headers = new Headers();
    carrier.clear(headers);
    return headers;
  };
  /** The credentials that the client then sends, as one text; `null`: none. */
  const held = (...responses: Headers[]) => {
    const credentials = carrier.read(next(responses));
    return credentials ? joinCredentials(credentials) : null;
  };

  describe(`the carrier ${name}`, () => {
    it("reads nothing of a client that has been given nothing", () => expect(held()).toBe(null));

    it.each([TOKEN, `${TOKEN}.${PROOF}`, `${TOKEN}.${PROOF}.123`, `${TOKEN}..123`])(
      "reads the credentials that it has written: %s",
      (text) => {
        expect(held(given(text))).toBe(text);
      },
    );

    it("reads the newer of two", () => {
      expect(held(given(`${TOKEN}.${PROOF}`), given(`${NEWER}.${PROOF}`))).toBe(`${NEWER}.${PROOF}`);
    });

    it("reads nothing once it has cleared", () => {
      expect(held(given(`${TOKEN}.${PROOF}`), cleared())).toBe(null);
      expect(held(given(`${TOKEN}.${PROOF}`), cleared(), given(NEWER))).toBe(NEWER);
    });

    it(
      carrier.apart ? "leaves the parts that are not written as they are" : "holds nothing but what was written last",
      () => {
        const text = held(given(`${TOKEN}.${PROOF}.123`), given(NEWER));
        expect(text).toBe(carrier.apart ? `${NEWER}.${PROOF}.123` : NEWER);
      },
    );

    it("adds to the headers that are there, and takes none away", () => {
      const headers = new Headers({ "X-Other": "1" });
      headers.append("Set-Cookie", "a=1");
      carrier.write(headers, splitCredentials(TOKEN), at(600), false);
      carrier.clear(headers);
      expect(headers.get("X-Other")).toBe("1");
      expect(headers.getSetCookie()[0]).toBe("a=1");
    });
  });
}
