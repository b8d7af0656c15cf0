/** The Workers runtime has it, and Node has not: what is declared here lets files that use it be read, never run. */
interface Element {
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  setAttribute(name: string, value: string): Element;
  removeAttribute(name: string): Element;
  remove(): Element;
  onEndTag(
    handler: (end: { name: string; before(content: string, options: { html: boolean }): unknown }) => void,
  ): void;
}

declare class HTMLRewriter {
  on(selector: string, handlers: { element(element: Element): void }): HTMLRewriter;
  transform(response: Response): Response;
}
