const FENCED = /^(```|~~~)[^\n]*\n[\s\S]*?^\1[^\n]*$/gm;

/** The addresses that a page links to, in their order. Links in code do not count. */
export function linksOf(text: string): string[] {
  const prose = text.replace(FENCED, "");
  const links = prose.matchAll(/\[(?:`[^`]*`|[^[\]`]|\[[^\]]*\])*\]\(([^)\s]+)\)|`[^`\n]*`/g);
  return Array.from(links, ([, address]) => address).filter((address) => address !== undefined);
}

/** The anchors of a page's headings, as GitHub makes them. A repeated heading gets a number. */
export function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = text.replace(FENCED, "").matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm);
  return new Set(
    Array.from(headings, ([, heading = ""]) => {
      const anchor = heading
        .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
        .replaceAll(" ", "-");
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}

/**
 * The relative links of a page that lead to no file, no folder, or no heading.
 *
 * @param pages the texts of all pages, by their path from the root of the repository.
 * @param files the paths of all other files.
 */
export function brokenLinks(page: string, pages: ReadonlyMap<string, string>, files: ReadonlySet<string>): string[] {
  const paths = [...pages.keys(), ...files];
  const exists = (path: string) => path === "" || paths.some((file) => file === path || file.startsWith(`${path}/`));
  return linksOf(pages.get(page) ?? "").filter((link) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return false;
    const [target = "", anchor] = link.split("#");
    const path = target === "" ? page : resolve(page, target);
    if (path === undefined || !exists(path)) return true;
    const text = pages.get(path);
    return anchor !== undefined && !(text !== undefined && anchorsOf(text).has(anchor));
  });
}

/** The path from the root that a relative address means; `undefined` outside of the repository. */
function resolve(page: string, target: string): string | undefined {
  const parts = page.split("/").slice(0, -1);
  for (const part of decodeURI(target).split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
