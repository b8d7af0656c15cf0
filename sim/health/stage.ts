import type { Build } from "./build.ts";
import { FRONTS, type FrontName } from "./fronts.ts";
import type { Audience, Outcome, Scenario } from "./scenario.ts";
import { Visitor } from "./visitors.ts";

/** Plays a scenario before a front. Every process that it has started has ended when this resolves. */
export function playBefore(front: FrontName, scenario: Scenario, build: Build): Promise<Outcome> {
  return scenario.perform(async (origins, play) => {
    const running = await FRONTS[front].start(origins, scenario.settings ?? {}, build);
    const everyone: Visitor[] = [];
    try {
      const outcome = await play(audienceOf(running.port, everyone));
      const ejections = running.ejections();
      return ejections === undefined ? outcome : { ...outcome, ejections };
    } finally {
      for (const visitor of everyone) visitor.close();
      await running.stop();
    }
  });
}

/** @param everyone is told of each visitor. */
function audienceOf(port: number, everyone: Visitor[]): Audience {
  const stranger = () => {
    const visitor = new Visitor(port, `s${everyone.length}`);
    everyone.push(visitor);
    return visitor;
  };
  return {
    stranger,
    async visitors(count) {
      const settled: Visitor[] = [];
      for (let nth = 0; nth < count; nth++) settled.push(await stranger().settle());
      return settled;
    },
  };
}
