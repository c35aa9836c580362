import type { OpenedFile } from './blocking-file.ts';

/**
 * The same file, of which a read fails that takes longer than `limit`, milliseconds. Nothing can end such a read, so closing the file does not
 * wait for it either.
 */
export function impatientFile(file: OpenedFile, limit: number): OpenedFile {
  let isStuck = false;
  return {
    fd: file.fd,
    stat: (options) => file.stat(options),
    read: async (...where) => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        isStuck = true;
        late.reject(
          Object.assign(new Error(`a read of it gave nothing for ${limit / 1000} seconds`), { syscall: 'read' }),
        );
      }, limit);
      try {
        return await Promise.race([file.read(...where), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      const closed = Promise.resolve(file.close());
      if (isStuck) closed.catch(() => undefined);
      else await closed;
    },
  };
}
