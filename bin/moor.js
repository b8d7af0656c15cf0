#!/usr/bin/env node
if (!process.features.typescript) {
  console.error(`moor: needs Node.js 22.18 or newer, this is ${process.versions.node}; "npm run moor" brings its own`);
  process.exit(2);
}
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv.slice(2));
