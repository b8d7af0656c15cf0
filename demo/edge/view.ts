import type { Explain } from "../explain.ts";
import type { DemoStore } from "../protocol.ts";
import type { Location } from "./locations.ts";
import type { LoginPanelView } from "./login/view.ts";
import type { StoreType } from "./stores.ts";
import type { StoreState } from "./switches.ts";

/** The contents of the panel: the state of the world, and how the session of this request was resolved in it. */
export interface PanelView {
  /** Where the visitor is. */
  readonly here: Location;
  /** Where the Durable Object of the visitor's session lives, once there is such an object. */
  readonly home: Location | undefined;
  /** The store that keeps the visitor's session, and the stores among which they may choose. */
  readonly store: StoreType;
  readonly stores: readonly DemoStore[];
  readonly objects: "here" | "away";
  readonly redis: StoreState;
  readonly login: LoginPanelView;
  readonly explain: Explain;
  /** Of the page. */
  readonly status: number;
  /** The store that took the visitor's last change: `object`, `journal`, or a store of rows. */
  readonly written: string | undefined;
}
