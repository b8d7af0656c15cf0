/** Headers by which frameworks take another path, method or host than those of the request. A guard has judged the request itself. */
const OVERRIDES = [
  "x-original-url",
  "x-rewrite-url",
  "x-override-url",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-original-host",
  "x-host",
];

/** Cuts those headers, however servers may spell them: some read every sign that is no letter or digit as `-`. */
export function cutOverrides(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (OVERRIDES.includes(name.replace(/[^a-z0-9]/g, "-"))) headers.delete(name);
  }
}
