import { describe, expect, it } from "vitest";
import { deviceOf, whereaboutsOf } from "../../src/inbound/whereabouts.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("a device", () => {
  it.each([
    ["Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"],
    ["Chrome on Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`],
    [
      "Edge on Windows",
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`,
    ],
    [
      "Opera on macOS",
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0`,
    ],
    [
      "Safari on macOS",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    ],
    [
      "Chrome on iPhone",
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
    ],
    [
      "Safari on iPad",
      "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    ],
    [
      "Samsung Internet on Android",
      `Mozilla/5.0 (Linux; Android 13; SM-S918B) ${WEBKIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
    ],
    ["Chrome on Linux", `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36`],
    ["Chrome on ChromeOS", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`],
    ["curl", "curl/8.5.0"],
    ["Android", "ShopApp/3.1 (Android 15)"],
    ["", "ShopApp/3.1"],
    ["", ""],
  ])("is called %o", (device, userAgent) => expect(deviceOf(userAgent)).toBe(device));

  it("is never text that a client has made up, however long", () => {
    expect(deviceOf("<script>alert(1)</script> Firefox/1 (Linux)")).toBe("Firefox on Linux");
    expect(deviceOf(`${"x".repeat(100_000)} Firefox/1`)).toBe("");
  });
});

describe("whereabouts", () => {
  const whereabouts = (cf: unknown) => {
    const request = new Request("https://shop.test/", { headers: { "User-Agent": "curl/8.5.0" } });
    return whereaboutsOf(Object.defineProperty(request, "cf", { value: cf }));
  };

  it("are country and data centre of the request, and its device", () => {
    expect(whereabouts({ country: "NL", colo: "AMS" })).toEqual({ country: "NL", colo: "AMS", device: "curl" });
    expect(whereabouts({ country: "T1", colo: "AMS" })).toMatchObject({ country: "T1" });
  });

  it.each([undefined, {}, { country: 31, colo: null }, { country: "the Netherlands", colo: "<b>" }])(
    "are unknown with %j",
    (cf) => expect(whereabouts(cf)).toEqual({ country: "", colo: "", device: "curl" }),
  );
});
