import { expect, test } from 'vitest';
import { anyText, flag, list, number, readQuery, time } from '../../../src/client/http/parameters.ts';

const parameters = { reason: anyText('r'), flag: flag('f'), n: number('n', 1), t: time('t'), s: list('s') };
const of = (query: Record<string, string | string[]>) => readQuery(parameters, query);

test('names match without case, and the first of several counts', () => {
  expect(of({ REASON: 'x' }).reason).toBe('x');
  expect(of({ reason: ['a', 'b'] }).reason).toBe('a');
  expect(of({}).reason).toBeUndefined();
});

test.each([
  ['true', true],
  ['True', true],
  [' TRUE ', true],
  ['false', false],
  ['False', false],
  ['1', undefined],
  ['yes', undefined],
  ['', undefined],
])('the flag "%s" is %s', (text, flag) => {
  expect(of({ flag: text }).flag).toBe(flag);
});

test.each([
  ['1', 1],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['-2', -2],
  ['+2', 2],
  ['1e3', 1000],
  ['1e999', Infinity],
  ['NaN', undefined],
  ['0x10', undefined],
  ['1,5', undefined],
  ['', undefined],
])('the number "%s" is %s', (text, number) => {
  expect(of({ n: text }).n).toBe(number);
});

test.each([
  ['2024-05-06', '2024-05-06T00:00:00.000Z'],
  ['2024-05-06T07:08', '2024-05-06T07:08:00.000Z'],
  ['2024-05-06T07:08:09', '2024-05-06T07:08:09.000Z'],
  ['2024-05-06 07:08:09Z', '2024-05-06T07:08:09.000Z'],
  ['2024-05-06T07:08:09.1234567Z', '2024-05-06T07:08:09.123Z'],
  ['2024-05-06T07:08:09+02:00', '2024-05-06T05:08:09.000Z'],
  ['2024-05-06T07:08:09 02:00', '2024-05-06T05:08:09.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['2024-13-01', undefined],
  ['2024-05-06T25:00', undefined],
  ['6 May 2024', undefined],
  ['1714979289', undefined],
  ['', undefined],
])('the time "%s" is %s', (text, time) => {
  expect(of({ t: text }).t?.toISOString()).toBe(time);
});

test('a list may be repeated, between commas, or both', () => {
  expect(of({ s: 'a, b,,c' }).s).toEqual(['a', 'b', 'c']);
  expect(of({ s: ['a,b', 'c'], S: 'd' }).s).toEqual(['a', 'b', 'c', 'd']);
  expect(of({}).s).toBeUndefined();
});
