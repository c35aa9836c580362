import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that something is mounted at. */
interface Mounted {
  readonly root: string;
  readonly unmount: () => void;
}

/** Mounts a directory, or a file, once more at a path. Throws where the system does not let this process mount. */
export function bindMount(from: string, to: string): () => void {
  execFileSync('mount', ['--bind', from, to], { stdio: 'pipe' });
  return () => void execFileSync('umount', [to]);
}

/** Makes a file system whose times are whole seconds: inodes of 128 bytes have no room for more. Throws as {@link bindMount} does. */
export function mountCoarse(): Mounted {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'durable-backup-mounted-')));
  const [image, root] = [join(folder, 'image'), join(folder, 'root')];
  const remove = () => rmSync(folder, { recursive: true });
  try {
    writeFileSync(image, '');
    truncateSync(image, 16 * 1024 * 1024);
    mkdirSync(root);
    execFileSync('mkfs.ext4', ['-q', '-I', '128', '-O', '^has_journal', image], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop', image, root], { stdio: 'pipe' });
  } catch (error) {
    remove();
    throw error;
  }
  const unmount = () => {
    execFileSync('umount', [root]);
    remove();
  };
  return { root, unmount };
}

/** Whether this process may mount directories, for which it takes an administrator who is in no closed container. */
export const mayBind = isPossible(() => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-backup-bound-'));
  try {
    bindMount(folder, folder)();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Whether it may mount images, too. */
export const mayMountImages = mayBind && isPossible(() => mountCoarse().unmount());

function isPossible(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
