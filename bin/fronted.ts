import { createHash } from "node:crypto";
import type { MoorConfig } from "../src/config/types.ts";
import { originUrl } from "../src/settings/grammar.ts";
import { describe } from "../src/settings/mistakes.ts";
import { CommandError } from "./command.ts";

const MAX_ID_CHARACTERS = 64;

/**
 * The configuration that puts Moor in front of the servers at these URLs: one pool, called `local`.
 *
 * An origin's id is its host and port (`127.0.0.1-9001`). So affinity depends neither on the order nor on the number of the URLs.
 *
 * @throws CommandError of code `usage` for an invalid URL, or a URL that is given twice.
 */
export function configFor(urls: readonly string[]): MoorConfig {
  const origins = new Map<string, { id: string; url: string }>();
  for (const url of urls) {
    if (!originUrl.accepts(url)) {
      throw new CommandError("usage", `--origin: found ${describe(url)}, accepted: ${originUrl.accepted}`);
    }
    const id = originId(url);
    if (origins.has(id)) throw new CommandError("usage", `--origin: ${url} is given twice`);
    origins.set(id, { id, url });
  }
  return { pools: [{ id: "local", origins: [...origins.values()] }] };
}

/**
 * A stable id for the server at a URL: its host and port. If an id cannot hold a part of the URL (a base path, IPv6, a long
 * name), a hash at the end of the id stands for it.
 */
export function originId(text: string): string {
  const url = new URL(text);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const place = `${url.hostname}-${port}${url.pathname === "/" ? "" : url.pathname}`;
  if (/^[a-z0-9._-]+$/.test(place) && place.length <= MAX_ID_CHARACTERS) return place;
  const hash = createHash("sha256").update(place).digest("hex").slice(0, 8);
  const readable = place
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^-/, "");
  return `${readable.slice(0, MAX_ID_CHARACTERS - 9)}-${hash}`;
}
