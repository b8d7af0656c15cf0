import { isPublicOrigin, textRule } from "./grammar.ts";

/** The address of a webhook. It may be in logs and in configurations that many people read, so it holds no credentials. */
export const webhookUrl = textRule(
  "https:// with a host, and a path if need be; no credentials or fragment; http:// only on this machine",
  (text) =>
    /^https?:\/\/[^\s\\/?#@]+(?:\/[^\s\\#]*)?$/.test(text) &&
    URL.canParse(text) &&
    (text.startsWith("https:") || !isPublicOrigin(text)),
);
