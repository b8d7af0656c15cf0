const MAX_CHARACTERS = 60;

/** A name as an id that is not in `taken`, and is from then on. Characters that an id cannot have become `-`. */
export function uniqueId(name: string, taken: Set<string>): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .slice(0, MAX_CHARACTERS);
  const id = plain || "pool";
  let own = id;
  for (let count = 2; taken.has(own); count++) own = `${id}-${count}`;
  taken.add(own);
  return own;
}
