import { resolve } from "node:path";
import { describeDropIn } from "./conformance.suite.ts";
import { describeWithPython, python } from "./python-tools.ts";

describeWithPython(() =>
  describeDropIn({ name: "Django", command: () => python(resolve("sdk/python/conformance/django_app.py")) }),
);
