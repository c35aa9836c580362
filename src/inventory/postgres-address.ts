import { ExpectedError } from '../contracts/failures.ts';

/**
 * Where the database of a connection URL is, without user, password and options: `postgresql://db.example:5432/orders`.
 * Throws an `ExpectedError` of type `InvalidConfiguration`, which does not show the URL, when it is not one of PostgreSQL's.
 */
export function postgresAddress(databaseUrl: string): string {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  // An @ past the host means that the password was cut short by one of its own characters, and what follows shows the rest.
  const cut = url !== undefined && [url.pathname, url.search, url.hash].some((part) => part.includes('@'));
  if (url === undefined || cut || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new ExpectedError(
      'InvalidConfiguration',
      'DATABASE_URL must be the URL of a PostgreSQL database: postgresql://user:password@host:5432/database. ' +
        'Anywhere in it, @ : / ? # % that are part of a name or password are written %40 %3A %2F %3F %23 %25.',
    );
  }
  const host = url.host || url.searchParams.get('host') || 'localhost';
  return `postgresql://${host}${url.pathname}`;
}
