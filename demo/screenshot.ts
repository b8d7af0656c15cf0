/** `npm run screenshot`: makes docs/console.png from the running demonstration. Needs Chromium. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";

const PORT = 8797;
const VISITORS = 40;
const ROUNDS = 4;
const FILE = "docs/console.png";
const MINUTE_MS = 60_000;
const PAUSE_MS = 1_000;
/** How long after a minute all of its reports have come. */
const REPORTED_MS = 12_000;
const url = `http://localhost:${PORT}`;

/** Visitors with baskets, who come back, so that their sessions count. */
async function visit(visitors: number): Promise<void> {
  const one = async () => {
    const cookies = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      const Cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
      const response = await fetch(url, { headers: { Cookie, Accept: "text/html" } });
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      await response.body?.cancel();
    }
  };
  await Promise.all(Array.from({ length: visitors }, one));
}

const demo = spawn(process.execPath, ["demo/start.ts", "--port", String(PORT)], {
  stdio: ["ignore", "pipe", "inherit"],
});
let said = "";
demo.stdout.setEncoding("utf8").on("data", (text: string) => {
  said += text;
});
try {
  while (!said.includes("open http")) await Promise.race([once(demo.stdout, "data"), failed()]);
  const token = /token (\S+)/.exec(said)?.[1] ?? "";
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${url}/.moor/console/login`);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${url}/.moor/console`);
  await visit(VISITORS);
  // Isolates report every five seconds while an operator watches. The page shows the last whole minute.
  const wholeMinuteEndsAt = (Math.ceil(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
  while (Date.now() < wholeMinuteEndsAt + REPORTED_MS) {
    await visit(VISITORS / 10);
    await page.reload();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await page.reload();
  await page.screenshot({ path: FILE });
  await browser.close();
} finally {
  demo.kill("SIGINT");
}

async function failed(): Promise<never> {
  await once(demo, "exit");
  throw new Error(`the demonstration ended: ${said}`);
}
