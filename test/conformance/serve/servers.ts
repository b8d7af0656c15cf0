import { createHash } from "node:crypto";
import { forgeToken } from "../../support/node/forge.ts";
import { asProxyFor, plainRequest } from "../../support/node/plain-request.ts";
import type { RunningServe } from "../../support/node/served.ts";
import type { TestKeys } from "../../support/node/test-keys.ts";

const visitors = Array.from({ length: 20 }, (_, at) => createHash("sha256").update(`${at}`).digest().subarray(0, 16));

/**
 * The origin that serves each of twenty sessions at a process: as many as three origins share for certain, because the keys are always the
 * same. Origins answer with their names.
 *
 * @param bornInSeconds when the sessions were born, from now.
 */
export function serversOf({ port }: RunningServe, keys: TestKeys, bornInSeconds: number): Promise<string[]> {
  return Promise.all(
    visitors.map(async (key, at) => {
      const bornAt = Date.now() + bornInSeconds * 1000;
      const headers = [...asProxyFor(`192.0.2.${at}`), `Cookie: __Host-moor=${forgeToken(keys, { key, bornAt })}`];
      return (await plainRequest({ port, target: "/", headers })).text;
    }),
  );
}
