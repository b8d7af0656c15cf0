import type { Explain } from "../explain.ts";
import type { Location } from "./locations.ts";
import type { StoreState } from "./switches.ts";

/** What the panel shows: the world as it is, and how the session of this request was resolved in it. */
export interface PanelView {
  /** Where the visitor is. */
  readonly here: Location;
  /** Where the Durable Object of his session lives, once there is one. */
  readonly home: Location | undefined;
  readonly objects: "here" | "away";
  readonly redis: StoreState;
  readonly explain: Explain;
  /** Of the page. */
  readonly status: number;
  /** Who took the visitor's last change: `object` or `journal`. */
  readonly written: string | undefined;
}
