import type { Explain } from "../explain.ts";
import type { Location } from "./locations.ts";
import type { LoginPanelView } from "./login/view.ts";
import type { StoreState } from "./switches.ts";

/** The contents of the panel: the state of the world, and how the session of this request was resolved in it. */
export interface PanelView {
  /** Where the visitor is. */
  readonly here: Location;
  /** Where the Durable Object of the visitor's session lives, once there is such an object. */
  readonly home: Location | undefined;
  readonly objects: "here" | "away";
  readonly redis: StoreState;
  readonly login: LoginPanelView;
  readonly explain: Explain;
  /** Of the page. */
  readonly status: number;
  /** The store that took the visitor's last change: `object` or `journal`. */
  readonly written: string | undefined;
}
