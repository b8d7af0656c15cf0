import { type FSWatcher, watch } from "node:fs";
import { dirname, join } from "node:path";

/** Calls back when files change. */
export interface FileWatch {
  /** Watches these files in place of the files before. */
  follow(files: readonly string[]): void;
  stop(): void;
}

/** An editor writes a file in several steps. */
const SETTLE_MS = 100;

/** @param changed is called once for changes that follow each other closely. */
export function createFileWatch(changed: () => void): FileWatch {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  function stop(): void {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    watchers = [];
  }
  return {
    follow(files) {
      stop();
      // Editors replace a file by another file of its name, which a watch of the file itself would lose.
      watchers = [...new Set(files.map((file) => dirname(file)))].map((folder) =>
        watch(folder, (_event, name) => {
          if (name === null || files.includes(join(folder, name))) soon();
        }),
      );
    },
    stop,
  };
}
