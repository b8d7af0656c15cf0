import { panel } from "./panel.ts";
import { panelStyle } from "./panel-style.ts";
import type { PanelView } from "./view.ts";

/** Whether a response is a page that a visitor looks at. */
export function isPage({ headers }: Response): boolean {
  return (headers.get("Content-Type") ?? "").startsWith("text/html");
}

/** A page of the shop, or one of Moor's own pages, with the panel at its end. */
export function addPanel(response: Response, view: PanelView): Response {
  const nonce = crypto.randomUUID();
  const added = `<style nonce="${nonce}">${panelStyle}</style>\n${panel(view).text}\n`;
  let isAdded = false;
  const page = new HTMLRewriter()
    .on("main", {
      element(main) {
        main.append(added, { html: true });
        isAdded = true;
      },
    })
    .on("html", {
      element: (html) =>
        html.onEndTag((end) => {
          if (!isAdded) end.before(added, { html: true });
        }),
    })
    .transform(response);
  const policy = page.headers.get("Content-Security-Policy");
  if (policy) {
    // The form that logs out leads to the provider, and browsers apply `form-action` to that redirect, too.
    const amended = policy
      .replace("style-src ", `style-src 'nonce-${nonce}' `)
      .replace("form-action 'self'", `form-action 'self' ${view.login.address}`);
    page.headers.set("Content-Security-Policy", amended);
  }
  return page;
}
