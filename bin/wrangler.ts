/**
 * Switches off what wrangler does on its own beside its work: telemetry, the look for a newer version (part of its banner)
 * and the download of a sample `request.cf`. To be called before wrangler is imported or started; what the user has set stays.
 */
export function quietWrangler(): void {
  process.env.WRANGLER_SEND_METRICS ??= "false";
  process.env.WRANGLER_HIDE_BANNER ??= "true";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false";
}
