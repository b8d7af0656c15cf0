/**
 * Runs an example of express-session's own documentation: `documented.cjs HEADING`. The code is taken from the README of the package
 * as it is installed here; `require('express-session')` becomes `require('moor/express')`, and nothing else changes. What the
 * README leaves out of a snippet stands around it, and the port is the environment's.
 */
const { readFileSync } = require("node:fs");
const { Server } = require("node:net");

const readme = readFileSync(require.resolve("express-session/README.md"), "utf8");
const part = readme.slice(readme.indexOf(`\n### ${process.argv[2]}\n`));
const [, snippet] = /```js\n(.*?)```/s.exec(part);
const whole = snippet.includes("require('express')")
  ? snippet
  : `var express = require('express')\nvar session = require('express-session')\nvar app = express()\n${snippet}\napp.listen(3000)`;
const lines = whole.split("\n").map((line) => line.replace("require('express-session')", "require('moor/express')"));

const { listen } = Server.prototype;
Server.prototype.listen = function () {
  return listen.call(this, Number(process.env.PORT), "127.0.0.1");
};
module._compile(lines.join("\n"), __filename);
