import { resolve } from "node:path";

/** The test builds a copy of this application in sdk/node/test-packages, which has its packages. */
export default { turbopack: { root: resolve(import.meta.dirname, "../../..") } };
