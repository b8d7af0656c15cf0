/**
 * The Workers runtime has this class, and Node does not. With this declaration, Node's type checker can read files that
 * use it.
 */
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
