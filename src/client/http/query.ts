import type { Request } from 'express';

/** The query of a request, read as Durable Functions does: names match without case, and what cannot be read is not there. */
export interface Query {
  text(name: string): string | undefined;
  /** Of a parameter that may be repeated, hold several values between commas, or both. */
  list(name: string): string[];
  flag(name: string): boolean | undefined;
  number(name: string): number | undefined;
  /** An ISO date or time; in UTC unless it says otherwise. */
  time(name: string): Date | undefined;
}

export function readQuery(request: Pick<Request, 'query'>): Query {
  const entries = Object.entries(request.query);
  const all = (name: string) =>
    entries
      .filter(([given]) => given.toLowerCase() === name.toLowerCase())
      .flatMap(([, value]) => value)
      .filter((value) => typeof value === 'string');
  const first = <T>(name: string, read: (text: string) => T | undefined): T | undefined => {
    const [text] = all(name);
    return text === undefined ? undefined : read(text.trim());
  };
  return {
    text: (name) => all(name)[0],
    list: (name) =>
      all(name)
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
        .filter((text) => text !== ''),
    flag: (name) => first(name, readFlag),
    number: (name) => first(name, readNumber),
    time: (name) => first(name, readTime),
  };
}

function readFlag(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || (lower === 'false' ? false : undefined);
}

function readNumber(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu.test(text) ? Number(text) : undefined;
}

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+ -]\d\d:?\d\d)?$/iu;

function readTime(text: string): Date | undefined {
  const [, day, clock = '00:00', zone = 'Z'] = isoTime.exec(text) ?? [];
  // A plus that was not escaped arrives as a space.
  const time = new Date(`${day}T${clock}${zone.replace(' ', '+')}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
