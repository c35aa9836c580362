const longest = 300;
const authority = /^(?:\[[\da-f:.]+\]|[^\s/\\?#@<>"'%:[\]\p{Cc}]+)(?::\d{1,5})?$/iu;

/** Whether `host` is a host with an optional port, fit to stand in a URI: nothing that could end it or begin another part. */
export function isHost(host: string): boolean {
  return host.length <= longest && authority.test(host) && URL.canParse(`http://${host}/`);
}
