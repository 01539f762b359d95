// Loads the AWS bindings one resource at a time. `lazy_bindings/__init__.py` gives this file to the jsii kernel.
//
// `@cdktf/provider-aws/lib/index.js` is a list of about 2,200 lines `exports.x = require("./x");`, all run at once.
// Here each becomes a getter that loads its file when it is first asked for: the same exports, later. A file that
// holds anything else than such lines is left to Node: slow, and correct whatever a later release puts there.
"use strict";

const { readFileSync } = require("node:fs");

const INDEX = /[\\/]node_modules[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EXPORT = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const COMMENT = /\/\*[^]*?\*\/|^\/\/.*$/gm;
const PREAMBLE =
  /^(?:"use strict";|Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);|(?:exports\.\w+ = )+void 0;)$/gm;
const OWN_OPTION = / ?--require "(?:\\.|[^"\\])*preload\.cjs"$/;

// cdktf calls what Node has deprecated, and every run would say so (DEP0044).
require("node:util").isArray = Array.isArray;

const stock = require.extensions[".js"];

require.extensions[".js"] = (module, filename) => {
  if (!INDEX.test(filename)) return stock(module, filename);
  withdraw();
  const source = readFileSync(filename, "utf8");
  const rest = [EXPORT, COMMENT, PREAMBLE].reduce((text, pattern) => text.replace(pattern, ""), source);
  if (rest.trim() !== "") return stock(module, filename);
  Object.defineProperty(module.exports, "__esModule", { value: true });
  for (const [, name, path] of source.matchAll(EXPORT)) {
    Object.defineProperty(module.exports, name, { enumerable: true, get: () => module.require(path) });
  }
};

// The work is done: later files load as usual, and programs that the kernel starts do not inherit the option.
function withdraw() {
  require.extensions[".js"] = stock;
  const options = (process.env.NODE_OPTIONS ?? "").replace(OWN_OPTION, "");
  if (options === "") delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = options;
}
