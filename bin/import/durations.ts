const UNIT_MS: Record<string, number> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A duration as nginx, HAProxy and Traefik write it: `90`, `1m30s`, `500ms`.
 *
 * @param bare the unit of a number without a unit.
 * @returns milliseconds; `undefined` if the text is no duration.
 */
export function milliseconds(text: string, bare: "ms" | "s"): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * (UNIT_MS[bare] as number);
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|[smhdw]))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)([a-z]+)/g)];
  return Math.round(
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit as string] as number), 0),
  );
}
