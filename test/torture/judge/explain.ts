import type { Act, Held, History, Moment, View, Visit } from "../history.ts";
import type { Ask } from "../schedule.ts";
import type { Verdict } from "./verdict.ts";

/** An event of the history. */
interface Event {
  readonly at: Moment;
  readonly text: string;
}

/** Describes the broken promise in words, and lists the events of its sessions in order. Sessions are called S1, S2. */
export function explain(history: History, { violations }: Verdict): string {
  const names = namesOf(history);
  const concerned = new Set(violations.map(({ sid }) => sid));
  const first = history.visits[0]?.left.ms ?? 0;
  const events = [
    ...history.visits.filter((visit) => isAbout(visit, concerned)).flatMap((visit) => visited(visit, names)),
    ...history.acts.filter(({ sid }) => concerned.has(sid)).flatMap((act) => acted(act, names)),
    ...history.troubles.flatMap(({ what, from, until }) => [
      { at: from, text: `${what} begins` },
      { at: until, text: `${what} is over` },
    ]),
    ...Array.from(concerned, (sid) => ({
      at: history.end,
      text: `in the end ${names.get(sid)} is ${truthOf(sid, history)}`,
    })),
  ];
  return [
    ...violations.map(({ kind, sid, message }) => `${kind}: ${names.get(sid)}: ${message}`),
    "",
    ...events
      .toSorted((one, other) => one.at.tick - other.at.tick)
      .map(({ at, text }) => `${seconds(at.ms - first)}  ${text}`),
  ].join("\n");
}

function namesOf({ visits }: History): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { held, shown, answered } of visits) {
    for (const sid of [held?.sid, shown?.sid, answered?.held?.sid]) {
      if (sid !== undefined && !names.has(sid)) names.set(sid, `S${names.size + 1}`);
    }
  }
  return names;
}

function isAbout({ held, shown, answered, arrived }: Visit, concerned: ReadonlySet<string>): boolean {
  return [held, shown, answered?.held, arrived?.before].some((named) => concerned.has(named?.sid ?? ""));
}

function visited(visit: Visit, names: ReadonlyMap<string, string>): Event[] {
  const { id, browser, epoch, place, ask, left, held, old, shown, answered, arrived } = visit;
  const who = `visit ${id}`;
  const copied = epoch > 0 ? `, ${epoch} times copied into` : "";
  const at = `${place.location}/${place.isolate}`;
  const untouched = visit.untouched ? ", not touched" : "";
  const events = [
    {
      at: left,
      text: `${who} of browser ${browser}${copied} leaves for ${at} with ${holds(held, names)}${old ? ` and the old cookie ${old.name}` : ""} to ${wish(ask)}`,
    },
  ];
  if (answered) {
    const seen = shown ? `was shown ${content(shown, names)}` : "was shown nothing";
    const text = `${who} ${seen}; answered ${answered.outcome}, with ${holds(answered.held, names)}${untouched}`;
    events.push({ at: answered, text });
  }
  if (arrived) events.push({ at: arrived, text: `${who} arrives; the browser holds ${holds(arrived.held, names)}` });
  return events;
}

function acted({ id, sid, ask, left, answered }: Act, names: ReadonlyMap<string, string>): Event[] {
  const events = [{ at: left, text: `act ${id} on ${names.get(sid)} to ${wish(ask)}` }];
  if (answered) events.push({ at: answered, text: `act ${id} is answered ${answered.outcome}` });
  return events;
}

function wish(ask: Ask): string {
  const { kind, ...details } = ask;
  return [kind, ...Object.entries(details).map(([name, value]) => `${name} ${value}`)].join(" ");
}

function holds(held: Held | undefined, names: ReadonlyMap<string, string>): string {
  return held ? `${names.get(held.sid) ?? held.sid} generation ${held.generation} version ${held.version}` : "nothing";
}

function content({ sid, principal, attributes, flash, stale }: View, names: ReadonlyMap<string, string>): string {
  if (sid === undefined) return "no session";
  const parts = Object.entries({ ...attributes, ...flash }).map(([name, value]) => `${name}=${value}`);
  return `${names.get(sid)}${stale ? ", stale," : ""} {${[...(principal ? [principal] : []), ...parts].join(" ")}}`;
}

function truthOf(sid: string, { truths }: History): string {
  const truth = truths.get(sid);
  return truth?.kind === "live" ? content({ ...truth, sid }, new Map([[sid, "live"]])) : (truth?.kind ?? "none");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`.padStart(12);
}
