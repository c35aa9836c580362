import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { requireSourcesFileApart } from '../../../src/client/cli/serve/sources-file-apart.ts';
import { temporaryDirectory } from '../../support/tree.ts';

async function newPlace() {
  const home = await realpath(await temporaryDirectory());
  const [roots, etc] = [join(home, 'roots'), join(home, 'etc')];
  for (const directory of [roots, etc]) await mkdir(directory);
  const check = (file: string, env: NodeJS.ProcessEnv = {}) =>
    requireSourcesFileApart(
      readConfig({ ALLOW_COMMANDS: 'true', BACKUP_ROOTS: roots, DURABLE_BACKUP_CONFIG: file, ...env }),
    );
  return { home, roots, etc, check };
}

test('commands go with a sources file that no restore can write', async () => {
  const { home, roots, etc, check } = await newPlace();
  for (const file of [join(etc, 'sources.yaml'), join(home, 'roots.yaml')])
    await expect(check(file)).resolves.toBeUndefined();
  const inside = join(roots, 'sources.yaml');
  await expect(check(inside)).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: expect.stringContaining(`the sources file ${inside} lies in ${roots} of BACKUP_ROOTS`) as string,
  });
  await expect(check(inside, { ALLOW_COMMANDS: 'false' })).resolves.toBeUndefined();
});

test('no link on the way hides where it is', async () => {
  const { home, roots, etc, check } = await newPlace();
  await writeFile(join(roots, 'real.yaml'), '');
  await writeFile(join(etc, 'real.yaml'), '');
  await symlink(join(roots, 'real.yaml'), join(etc, 'leads-in.yaml'));
  await symlink(join(etc, 'real.yaml'), join(roots, 'leads-out.yaml'));
  await symlink(roots, join(home, 'also-roots'));
  const inside = [
    join(etc, 'leads-in.yaml'),
    join(roots, 'leads-out.yaml'),
    join(home, 'also-roots', 'not-there-yet.yaml'),
  ];
  for (const file of inside) await expect(check(file)).rejects.toThrow('ALLOW_COMMANDS');
  await expect(check(join(roots, 'real.yaml'), { BACKUP_ROOTS: join(home, 'also-roots') })).rejects.toThrow('ALLOW_C');
});

test('the usual file in the usual root is refused too', async () => {
  await expect(requireSourcesFileApart(readConfig({ ALLOW_COMMANDS: 'true' }))).rejects.toThrow('durable-backup.yaml');
});

test('so do the programs that it names, wherever they are looked for', async () => {
  const { roots, etc, check } = await newPlace();
  const file = join(etc, 'sources.yaml');
  const write = (command: readonly string[]) =>
    writeFile(
      file,
      `sources: { site: { root: /srv/site, notify: { failure: [{ command: ${JSON.stringify(command)} }] } } }\n`,
    );
  await writeFile(join(roots, 'hook'), '', { mode: 0o755 });
  await write([join(roots, 'hook')]);
  await expect(check(file)).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: expect.stringMatching(
      new RegExp(`^ALLOW_COMMANDS: the command ${roots}/hook uses ${roots}/hook, which lies in ${roots} of`, 'u'),
    ) as string,
  });
  await expect(check(file, { ALLOW_COMMANDS: 'false' })).resolves.toBeUndefined();
  await write(['hook']);
  await expect(check(file, { PATH: `${roots}:/usr/bin:/bin` })).rejects.toThrow(`uses ${roots}/hook`);
  // Where the program is not found before, a restore could put one.
  await write(['sh']);
  await expect(check(file, { PATH: `${roots}:/usr/bin:/bin` })).rejects.toThrow(`uses ${roots}/sh`);
  await expect(check(file, { PATH: `/usr/bin:/bin:${roots}` })).resolves.toBeUndefined();
  await writeFile(file, 'sources: [');
  await expect(check(file)).resolves.toBeUndefined();
});
