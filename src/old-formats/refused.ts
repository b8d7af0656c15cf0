/** Formats that Moor does not read, each with its name and its page below docs/guide/moving-in. */
const GUIDES: Readonly<Record<string, readonly [string, string]>> = {
  "cookie-session": ["cookie-session", "express"],
  "connect-mongo": ["connect-mongo", "express"],
  "fastify-session": ["@fastify/session", "other"],
  "koa-session": ["koa-session", "other"],
  django: ["Django", "django"],
  flask: ["Flask", "flask"],
  go: ["Go", "go"],
  gorilla: ["gorilla/sessions", "go"],
  laravel: ["Laravel", "php"],
  php: ["PHP", "php"],
  symfony: ["Symfony", "php"],
  rack: ["Rack", "rails"],
  rails: ["Rails", "rails"],
  sinatra: ["Sinatra", "rails"],
  servlets: ["servlets", "servlets"],
  jetty: ["Jetty", "servlets"],
  tomcat: ["Tomcat", "servlets"],
  spring: ["Spring Session", "spring"],
  "spring-session": ["Spring Session", "spring"],
};

/** The accepted values in place of the name of a format that Moor does not read. */
export function insteadOf(from: string): string {
  const [name, page] = Object.hasOwn(GUIDES, from) ? (GUIDES[from] as readonly [string, string]) : [from, "other"];
  return (
    `express-session, iron-session or next-auth, which Moor reads by itself. For ${name} add confirm: { pool, path }: ` +
    `the old application says who a visitor is, as docs/guide/moving-in/${page}.md shows`
  );
}
