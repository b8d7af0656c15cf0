/** A path that every origin reads alike, except for capitals. */
const PLAIN = /^(?:\/[a-z0-9_~!$&'()*+,=:@-][a-z0-9._~!$&'()*+,=:@-]*)*\/?$/;
/** Servers decode once, and twice behind a proxy that decodes. */
const MOST_DECODINGS = 3;
/** No page is that far away, and each step up costs time. */
const MOST_CHARACTERS = 4_096;
const MOST_STEPS_UP = 32;
/** No link can be read in so many ways, and each way costs time. */
const MOST_TEXTS = 64;
/** Parts of a path that some servers leave out. A host after `//` and the parameters of a segment end at `/`, or at `\` as well. */
const LEFT_OUT = [/^[/\\]{2,}[^/\\]*/, /^[/\\]{2,}[^/]*/, /;[^/]*/g, /;[^/\\]*/g];

/**
 * Reads a path in each way in which an origin may read it. Origins decode a different number of times, cut `;…` from segments or keep
 * it, take `\` for `/`, and ignore case. Some decide for a script in the middle of the path before they follow `..`. So a reading
 * has several places: where it ends, and each place from which a `..` steps up.
 *
 * @param pathname of a parsed URL.
 * @returns the places that an origin may read, in small letters. `unreadable`: no origin shall be asked for the path.
 */
export function readingsOf(pathname: string): readonly string[] | "unreadable" {
  if (PLAIN.test(pathname)) return [pathname.replace(/(?<=.)\/$/, "")];
  const texts = pathname.length <= MOST_CHARACTERS ? textsOf(pathname) : undefined;
  if (!texts?.every(isReadable)) return "unreadable";
  const folded = texts
    .flatMap((text) => [text, text.normalize("NFKC")])
    .flatMap((text) => [text, text.replaceAll("\\", "/")]);
  return [...new Set([...new Set(folded)].flatMap(placesOf))];
}

/** A path in small letters, decoded to the end; for patterns of routes. */
export function looselyRead(path: string): string {
  return (textsOf(path)?.at(-1) ?? path).toLowerCase();
}

/**
 * The path after no, one and more decodings, each with `;…` in its segments and without. A server may cut before it decodes, or after.
 * Parsers of URLs, such as PHP's `parse_url`, take the first name after `//` for a host, and leave it out.
 *
 * @returns `undefined` if the path is encoded more often than any server decodes, or can be read in more than {@link MOST_TEXTS} ways.
 */
function textsOf(path: string): string[] | undefined {
  const texts = new Set<string>();
  let newest = [path];
  for (let times = 0; times <= MOST_DECODINGS; times++) {
    const cut = new Set(newest);
    // A set is walked to its end, with the texts that are added on the way.
    for (const text of cut) {
      texts.add(text);
      if (texts.size > MOST_TEXTS) return undefined;
      for (const part of LEFT_OUT) cut.add(text.replace(part, ""));
    }
    newest = [...cut].map(decoded).filter((text) => !texts.has(text));
    if (newest.length === 0) return [...texts];
  }
  return undefined;
}

function isReadable(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.split("..").length <= MOST_STEPS_UP + 1;
}

/** The text after one decoding. Bytes that are no UTF-8 are no error: links in Latin-1 exist. */
function decoded(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split("%"), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder().decode(bytes);
  });
}

/** Where a path leads, and each place from which a `..` steps up. */
function placesOf(text: string): string[] {
  const places: string[] = [];
  const steps: string[] = [];
  const here = () => `/${steps.join("/")}`.toLowerCase();
  for (const step of text.split("/")) {
    if (step === "..") {
      places.push(here());
      steps.pop();
    } else if (step !== "" && step !== ".") steps.push(step);
  }
  return [...places, here()];
}
