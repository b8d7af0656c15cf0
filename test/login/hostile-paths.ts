import fc from "fast-check";

const step = fc.constantFrom(
  ...["admin", "admin", "ADMIN", "public", "index.php", "secret", "x", "..", "..", ".", "", "..;", ".;a", "admin;v=1"],
);
const slash = fc.constantFrom("/", "/", "/", "//", "\\", "%2f", "%5C", "/./", "%252f");
const letter = (text: string) => {
  const hex = text.charCodeAt(0).toString(16);
  return fc.constantFrom(text, text, `%${hex}`, `%25${hex}`);
};
const encoded = (text: string) =>
  text === "" ? fc.constant("") : letter(text[0] as string).map((first) => first + text.slice(1));

/** Paths as a Worker gets them, by which strangers look for `/admin` behind a guard. */
export const hostilePaths: fc.Arbitrary<string> = fc
  .array(fc.tuple(slash, step.chain(encoded)), { minLength: 1, maxLength: 9 })
  .map(
    (parts) =>
      new URL(
        `https://shop.test/${parts
          .flat()
          .join("")
          .replace(/^[/\\]+/, "")}`,
      ).pathname,
  );
