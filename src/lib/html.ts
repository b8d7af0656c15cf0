const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // A parser of HTML reads line ends as LF, unless they are escaped.
  "\r": "&#13;",
  "\n": "&#10;",
};

/** Escapes a text for HTML, between tags or between the quotes of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\r\n]/g, (character) => ESCAPES[character] as string);
}
