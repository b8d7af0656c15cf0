import type { RequireConfig } from "../config/login-types.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import { createRoutes, type RouteFacts } from "../upstream/routes.ts";
import { looselyRead, readingsOf } from "./readings.ts";

/** Everything that the pages require to which a path may lead. */
export interface Requirements {
  /** All of it must hold. `undefined`: everybody may come. */
  readonly required: readonly RequireConfig[] | undefined;
  /** Whether one of the pages is shown by the newest state of the session alone. */
  readonly isStrict: boolean;
}

/** Finds the logins that a request requires. */
export interface Guard {
  /**
   * @param route the route of the path as it stands.
   * @returns `unreadable`: the path is encoded so often, or holds such characters, that its origin may read any path from it.
   */
  requiredBy(facts: RouteFacts, route: ResolvedRoute): Requirements | "unreadable";
}

type Config = Pick<ResolvedConfig, "routes" | "require">;

/**
 * The guard of a configuration. A route chooses a pool by the path as it stands. A guard holds for each path that an origin may read
 * from it.
 */
export function createGuard({ routes, require: ofSite = "none" }: Config): Guard {
  // Places are in small letters, without a slash at the end. A pattern with %XX is compared as it stands, and as it is decoded.
  const spelled = [(path: string) => path.toLowerCase(), looselyRead].map((spell) =>
    createRoutes(routes.map((route) => ({ ...route, path: spell(route.path).replace(/(?<=.)\/$/, "") }))),
  );
  const formats = routes.flatMap(({ path, require = ofSite, freshness }) => {
    const isBelow = path.endsWith("/*") && path !== "/*";
    return isBelow ? [{ prefix: `${looselyRead(path.slice(0, -2))}.`, require, isStrict: freshness === "strict" }] : [];
  });

  return {
    requiredBy(facts, route) {
      const places = readingsOf(facts.pathname);
      if (places === "unreadable") return places;
      const required = new Set([route.require ?? ofSite]);
      let isStrict = route.freshness === "strict";
      for (const pathname of places) {
        for (const loose of spelled) {
          const found = loose.match({ ...facts, pathname });
          required.add(found?.require ?? ofSite);
          isStrict ||= found?.freshness === "strict";
        }
        // Frameworks read /admin.json as the page /admin in another format.
        for (const format of formats) {
          if (!pathname.startsWith(format.prefix)) continue;
          required.add(format.require);
          isStrict ||= format.isStrict;
        }
      }
      required.delete("none");
      return { required: required.size > 0 ? [...required] : undefined, isStrict };
    },
  };
}
