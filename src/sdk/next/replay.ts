import type { ChangeHeaders } from "../origin/change-cookie.ts";
import { isJsonObject } from "../origin/json.ts";
import type { OriginSession } from "../origin/session.ts";

/** Makes the changes of headers once more, in a session of the same request. A flash is for the visitor's next page. */
export function replay(session: OriginSession, changes: ChangeHeaders): void {
  const remember = changes.some(([name]) => name === "Moor-Remember");
  for (const [name, value] of changes) {
    switch (name) {
      case "Moor-Principal":
        session.login(value, { remember });
        break;
      case "Moor-Rotate":
        session.rotate();
        break;
      case "Moor-End":
        session.end();
        break;
    }
  }
  // A login of another principal begins with the changes of this request alone.
  for (const [name, value] of changes) {
    const patch: unknown = name === "Moor-Patch" ? JSON.parse(value) : undefined;
    if (isJsonObject(patch)) session.patch(patch);
  }
}
