#!/usr/bin/env node
const { main } = await import("./main.ts").catch((fault) => {
  // Only the source is TypeScript; an installed command is JavaScript.
  if (fault.code !== "ERR_UNKNOWN_FILE_EXTENSION") throw fault;
  console.error(`moor: needs Node.js 22.18 or newer, this is ${process.versions.node}; "npm run moor" brings its own`);
  process.exit(2);
});
process.exitCode = await main(process.argv.slice(2));
