import type { Command } from "../../sdk/conformance/drop-in.ts";
import type { Browser, Seen } from "./browser.ts";

/** An application that runs on two servers behind Moor, and the acts of a visitor. Each act fails by an assertion. */
export interface Application {
  /** The name of its file, without `.test.ts`: `npm run applications -- --only ID`. */
  readonly id: string;
  /** The name in the table: "phpMyAdmin". */
  readonly name: string;
  /** Its framework, or its language. */
  readonly framework: string;
  /** The lines that its owner adds, each with the file that it belongs to. Empty: the application and its settings stay as they are. */
  readonly lines: readonly string[];
  /** The place of its session: Moor, or the application's own cookie or database. */
  readonly session: "Moor" | "its own store";
  /** A path that only the application's visitors ask for, 50 times. Default: `page`. */
  readonly page: string;
  /** Prepares the application once for both servers. `out` is an empty folder. */
  prepare(out: string): Promise<Prepared>;
  /** Logs a visitor in, by the application's own form. */
  logIn(browser: Browser): Promise<void>;
  /** Whether a page is one that only a visitor who is logged in sees. */
  knows(page: Seen): boolean;
  /** Opens a form. The result sends it later, with a text that nothing else has, and returns the page that this leads to. */
  openForm(browser: Browser): Promise<(text: string) => Promise<Seen>>;
  /** Logs the visitor out. */
  logOut(browser: Browser): Promise<void>;
}

/** An application that can be started. */
export interface Prepared {
  /** The version of the application or of its framework. */
  readonly version: string;
  /** The command of a server. It finds `PORT`, `NAME` and Moor's settings in its environment. The name is `a` or `b`. */
  command(port: number, name: string): Command | Promise<Command>;
  /** Ends the parts that both servers share, for example a database. */
  stop?(): Promise<void>;
}
