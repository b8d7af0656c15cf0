import { expect, it } from "vitest";

const pages = import.meta.glob<string>("../../docs/guide/serve.md", { query: "?raw", import: "default", eager: true });
const page = pages["../../docs/guide/serve.md"] ?? "";

it("the systemd unit, the container, the command and HAProxy of the guide agree on the port of health", () => {
  const [, unit = ""] = /--health 0\.0\.0\.0:(\S+)/.exec(page) ?? [];
  const port = unit.replace("%i", "8080");
  expect(port).toMatch(/^\d+$/);
  const shapes = [
    /--health 10\.0\.1\.11:(\d+)/g,
    /^ {2}default-server check port (\d+) /gm,
    /EXPOSE 8080 (\d+)/g,
    /"--health", "0\.0\.0\.0:(\d+)"/g,
  ];
  for (const shape of shapes) {
    const found = [...page.matchAll(shape)].map(([, one]) => one);
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found)).toEqual(new Set([port]));
  }
});
