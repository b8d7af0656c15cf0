/** @needs openssl */
/** @quick */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { furtherCertificates } from "../../../bin/serve/certificates.ts";
import { makeCertificate } from "../../support/node/certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "moor-certificates-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cert = readFileSync((await makeCertificate(folder, "shop.test")).cert, "utf8").trim();

function fileOf(text: string): Record<string, string> {
  const file = join(folder, "authorities.pem");
  writeFileSync(file, text);
  return { NODE_EXTRA_CA_CERTS: file };
}

it("trusts no further certificate if the variable is not set, or is empty", () => {
  expect([furtherCertificates({}), furtherCertificates({ NODE_EXTRA_CA_CERTS: "" })]).toEqual([[], []]);
});

it("reads each certificate of the file by itself, with text around them", () => {
  expect(furtherCertificates(fileOf(`Our authority\n${cert}\n\nAnother one\n${cert}\n`))).toEqual([cert, cert]);
});

it.each([
  ["is missing", undefined, "a file that cannot be read (ENOENT)"],
  ["is empty", "", "a file without a certificate"],
  ["holds half a certificate", `${cert.slice(0, 60)}\n-----END CERTIFICATE-----`, "a certificate that is malformed"],
])("refuses a file that %s, and says what it accepts", (_, text, found) => {
  const environment = text === undefined ? { NODE_EXTRA_CA_CERTS: join(folder, "none.pem") } : fileOf(text);
  expect(() => furtherCertificates(environment)).toThrow(
    `NODE_EXTRA_CA_CERTS: found ${found}, accepted: a file of certificates in PEM`,
  );
});
