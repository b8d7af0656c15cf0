import prices from "../cost/prices.json" with { type: "json" };
import { table } from "../table.ts";

type Unit = Exclude<keyof typeof prices, "currency" | "seen" | "kvReads" | "kvWrites" | "serverPerMonth">;
type Units = Readonly<Partial<Record<Unit, number>>>;

/** How a store is billed: by the units that a call of the authority takes, or by a server. */
interface Billing {
  readonly label: string;
  readonly color: string;
  /** A read that asks the store, and a change. Absent: the store has a server, whose price does not depend on traffic. */
  readonly calls?: { readonly read: Units; readonly change: Units };
}

const OBJECT_CALL = { objectRequests: 1, objectDuration: 1, rowsRead: 1 };

const BILLINGS: readonly Billing[] = [
  {
    label: "Durable Objects",
    color: "#4a7fb5",
    calls: { read: OBJECT_CALL, change: { ...OBJECT_CALL, rowsWritten: 1 } },
  },
  { label: "Redis at Upstash", color: "#b5524a", calls: { read: { redisCommands: 1 }, change: { redisCommands: 2 } } },
  {
    label: "D1",
    color: "#d08b3a",
    // The second row that a change writes is the index.
    calls: { read: { d1RowsRead: 1 }, change: { d1RowsRead: 1, d1RowsWritten: 2 } },
  },
  { label: "Postgres, memcached: a server", color: "#5b8f4d" },
];

/** One in so many calls of the plot is a change. */
const CALLS_PER_CHANGE = 5;
/** Millions of calls in a month, from the left edge of the plot to the right edge. */
const MILLIONS = [1, 10, 100, 1_000] as const;

/** The price of a million such calls, in dollars. */
function priceOf(units: Units): number {
  return Object.entries(units).reduce((sum, [unit, count]) => sum + count * prices[unit as Unit].price, 0);
}

/** The price of a month with so many million calls, in dollars. */
function monthOf({ calls }: Billing, millions: number): number {
  if (!calls) return prices.serverPerMonth.price;
  const { read, change } = calls;
  return (millions * (priceOf(change) + (CALLS_PER_CHANGE - 1) * priceOf(read))) / CALLS_PER_CHANGE;
}

/** The prices of stores as Markdown, with their date and sources. */
export function storeCosts(): string {
  const rows = BILLINGS.map((billing) => {
    const { label, calls } = billing;
    const perMillion = calls
      ? [priceOf(calls.read), priceOf(calls.change)].map((price) => price.toFixed(3))
      : ["0", "0"];
    return [label, ...perMillion, ...MILLIONS.map((millions) => monthOf(billing, millions).toFixed(2))];
  });
  const months = MILLIONS.map((millions) => `a month with ${millions.toLocaleString("en")} million calls`);
  const head = ["sessions in", "a million reads that ask the store", "a million changes", ...months];
  const billed = new Set(BILLINGS.flatMap(({ calls }) => Object.keys({ ...calls?.read, ...calls?.change }) as Unit[]));
  const sources = [...billed, "serverPerMonth" as const].map((name) => {
    const { price, source } = prices[name];
    return `- \`${name}\`: ${price}, ${source}`;
  });
  const share = `One in ${CALLS_PER_CHANGE} calls of a month is a change. Prices of ${prices.seen} in ${prices.currency}:`;
  return [table(head, rows), "", share, "", ...sources].join("\n");
}

const WIDTH = 760;
const HEIGHT = 400;
const LABEL_HEIGHT = 16;
const MARGIN = { left: 70, right: 230, top: 40, bottom: 50 };
const DOLLARS = [0.1, 1, 10, 100, 1_000, 10_000] as const;

/** The price of a month against its traffic as SVG. Both axes are logarithmic. */
export function storeCostPlot(): string {
  const along = (value: number, from: number, to: number) => Math.log10(value / from) / Math.log10(to / from);
  const [least, most] = [MILLIONS[0], MILLIONS.at(-1) as number];
  const x = (millions: number) => MARGIN.left + along(millions, least, most) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (dollars: number) =>
    HEIGHT -
    MARGIN.bottom -
    along(dollars, DOLLARS[0], DOLLARS.at(-1) as number) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const point = (millions: number, dollars: number) => `${x(millions).toFixed(1)} ${y(dollars).toFixed(1)}`;
  const grid = [
    ...MILLIONS.map((at) => `<path d="M${point(at, DOLLARS[0])}V${MARGIN.top}"/>`),
    ...DOLLARS.map((at) => `<path d="M${point(least, at)}H${WIDTH - MARGIN.right}"/>`),
  ];
  const marks = [
    ...MILLIONS.map((at) => `<text x="${x(at).toFixed(1)}" y="${HEIGHT - 30}" text-anchor="middle">${at}</text>`),
    ...DOLLARS.map((at) => `<text x="${MARGIN.left - 8}" y="${(y(at) + 4).toFixed(1)}" text-anchor="end">${at}</text>`),
  ];
  const ends = BILLINGS.map((billing) => ({ billing, at: y(monthOf(billing, most)) })).sort(
    (one, other) => one.at - other.at,
  );
  let labelAt = 0;
  const lines = ends.map(({ billing, at }) => {
    labelAt = Math.max(at + 4, labelAt + LABEL_HEIGHT);
    return `<path d="M${point(least, monthOf(billing, least))}L${point(most, monthOf(billing, most))}" stroke="${billing.color}" stroke-width="2"/>
<text x="${WIDTH - MARGIN.right + 8}" y="${labelAt.toFixed(1)}" fill="${billing.color}">${billing.label}</text>`;
  });
  const title = "Dollars a month for the store, against calls of the authority";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${MARGIN.left}" y="24" font-weight="bold">${title}</text>
<g stroke="#ddd">${grid.join("")}</g>
${marks.join("\n")}
<text x="${MARGIN.left}" y="${HEIGHT - 10}">millions of calls in a month; one in ${CALLS_PER_CHANGE} is a change</text>
${lines.join("\n")}
</svg>
`;
}
