import { custom, optional } from "valibot";
import { hostName, nonEmpty, teamUrl } from "../settings/grammar.ts";
import { shape, value, yesOrNo } from "../settings/shapes.ts";
import { webhookUrl } from "../settings/webhook-url.ts";

/** The settings of operators that need the console. */
const ofConsole = { roles: optional(shape({ act: optional(value(nonEmpty)), view: optional(value(nonEmpty)) })) };

const adminShape = () =>
  shape({
    host: optional(value(hostName)),
    console: optional(yesOrNo),
    attributes: optional(yesOrNo),
    webhook: optional(shape({ url: value(webhookUrl) })),
    access: optional(shape({ team: value(teamUrl), aud: value(nonEmpty) })),
    ...((typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE ? ofConsole : {}) as typeof ofConsole),
  });
/** A build without operators refuses `admin` in words of its own. */
export const admin =
  typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS
    ? adminShape()
    : (custom(() => true) as unknown as ReturnType<typeof adminShape>);
