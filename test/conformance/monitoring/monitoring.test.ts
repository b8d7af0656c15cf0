/** @quick */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataPoint } from "../../../src/observe/data-point.ts";
import { FAMILIES } from "../../../src/totals/exposition.ts";
import { knownFacts } from "../../support/facts.ts";
import { needs } from "../../support/node/packages.ts";

const FOLDER = "docs/monitoring";
const fileOf = (name: string) => readFile(`${FOLDER}/${name}`, "utf8");
interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr?: string; readonly query?: string }[] }[];
}
const queriesOf = async (name: string) =>
  (JSON.parse(await fileOf(name)) as Dashboard).panels.flatMap(({ targets }) =>
    targets.map(({ expr = "", query = "" }) => expr + query),
  );
/** Metrics in a text, without the endings that a histogram adds. */
function metricsIn(text: string): Set<string> {
  const names = [...text.matchAll(/\bmoor_[a-z_0-9]+/g)].map(([name]) => name);
  return new Set(names.map((name) => (name in FAMILIES ? name : name.replace(/_(bucket|sum|count)$/, ""))));
}

describe("the dashboard for Prometheus", () => {
  it("asks for every metric of the site, and for no metric that does not exist", async () => {
    const asked = metricsIn((await queriesOf("grafana-prometheus.json")).join("\n"));
    const ofSite = Object.keys(FAMILIES).filter((name) => name !== "moor_isolate_start_time_seconds");
    expect([...asked].sort()).toEqual(ofSite.sort());
  });

  it("has queries that Prometheus reads without objection", needs("prometheus"), async () => {
    const queries = await queriesOf("grafana-prometheus.json");
    const rules = queries.map((query, nth) => {
      const expr = query.replaceAll("$__rate_interval", "5m").replaceAll("$pool", ".*");
      return { record: `query_${nth}`, expr };
    });
    const folder = await mkdtemp(join(tmpdir(), "moor-queries-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "queries.yml");
    // YAML reads JSON.
    await writeFile(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
    const { stdout } = await promisify(execFile)("promtool", ["check", "rules", file]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});

describe("the dashboard for Analytics Engine", () => {
  it("asks for places that a data point has", async () => {
    const { blobs, doubles } = dataPoint(knownFacts(), { status: 200, tookMs: 1 });
    const places = [
      ...(await queriesOf("grafana-analytics-engine.json")).join("\n").matchAll(/\b(blob|double)(\d+)\b/g),
    ];
    expect(places.length).toBeGreaterThan(10);
    for (const [place, kind, number] of places) {
      expect(Number(number), place).toBeLessThanOrEqual((kind === "blob" ? blobs : doubles).length);
    }
  });
});

describe("the alerts", () => {
  it("ask for no metric that does not exist", async () => {
    const alerts = (await fileOf("alerts.yml")).split("\n").filter((line) => !line.trimStart().startsWith("#"));
    const asked = metricsIn(alerts.join("\n"));
    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((name) => !(name in FAMILIES))).toEqual([]);
  });

  it("fire and stay silent as their unit tests say, by promtool", needs("prometheus"), async () => {
    const run = (...args: string[]) => promisify(execFile)("promtool", args, { cwd: FOLDER });
    expect((await run("check", "rules", "alerts.yml")).stdout).toContain("SUCCESS");
    expect((await run("test", "rules", "alerts.test.yml")).stdout).toContain("SUCCESS");
  });
});
