import { expect, it } from "vitest";
import type { AddressCarrier } from "../../src/carriers/carrier.ts";
import { withLinks } from "../../src/carriers/links.ts";
import { createCarrier } from "../../src/carriers/registry.ts";
import { OPTIONS } from "../support/carriers.ts";

it("a form's hidden token is a value, whatever characters it has", async () => {
  const page = new Response("<form></form>", { headers: { "Content-Type": "text/html" } });
  const carrier = createCarrier({ type: "url", name: "moor" }, OPTIONS).https.address as AddressCarrier;
  const links = { carrier, page: new URL("https://shop.test/") };
  const linked = withLinks(page, { ...links, text: 'a"><script>&amp;</script>' });
  expect(await linked.text()).toContain(
    '<input type="hidden" name="moor" value="a&quot;&gt;&lt;script&gt;&amp;amp;&lt;/script&gt;"></form>',
  );
});
