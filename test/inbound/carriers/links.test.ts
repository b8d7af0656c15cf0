import { expect, it } from "vitest";
import { withLinks } from "../../../src/inbound/carriers/links.ts";
import { createUrlCarrier } from "../../../src/inbound/carriers/url-carrier.ts";

it("a form's hidden token is a value, whatever characters it has", async () => {
  const page = new Response("<form></form>", { headers: { "Content-Type": "text/html" } });
  const links = { carrier: createUrlCarrier({ name: "moor" }), page: new URL("https://shop.test/") };
  const linked = withLinks(page, { ...links, text: 'a"><script>&amp;</script>' });
  expect(await linked.text()).toContain(
    '<input type="hidden" name="moor" value="a&quot;&gt;&lt;script&gt;&amp;amp;&lt;/script&gt;"></form>',
  );
});
