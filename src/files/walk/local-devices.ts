import { createDiskCheck } from '../local-disk.ts';

/** Tells whether directories are on a disk of this machine, asked once for each device; without a device they are not. */
export function createDeviceCheck(): (device: bigint | undefined, directory: Buffer) => Promise<boolean> {
  const known = new Map<bigint, Promise<boolean>>();
  return (device, directory) => {
    if (device === undefined) return Promise.resolve(false);
    const check = known.get(device) ?? createDiskCheck()(directory);
    known.set(device, check);
    return check;
  };
}
