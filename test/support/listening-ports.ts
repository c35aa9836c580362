import { readFile, readdir, readlink } from 'node:fs/promises';

/** Where a process listens on this machine over IPv4, as Linux tells. */
export async function listeningAddresses(pid: number): Promise<{ host: string; port: number }[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  const open = new Set(await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => ''))));
  const found: { host: string; port: number }[] = [];
  for (const line of (await readFile('/proc/net/tcp', 'utf8')).split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/u);
    if (state !== '0A' || !open.has(`socket:[${inode}]`)) continue;
    const [address = '', port = ''] = local.split(':');
    // The four bytes stand in the order of this machine, which is little-endian.
    const host = [...Buffer.from(address, 'hex')].toReversed().join('.');
    found.push({ host, port: Number.parseInt(port, 16) });
  }
  return found;
}
