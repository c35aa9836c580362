/** Whether probes and scrapers ask for this path, whose log lines would drown the others. */
export function isQuietPath(url = ''): boolean {
  return /^\/(?:healthz|readyz|metrics)\/?(?:\?|$)/iu.test(url);
}
