import { expect, test } from 'vitest';
import { writtenByteRate, writtenByteSize, writtenDuration, writtenShare } from '../../src/lib/units.ts';

const MiB = 1024 * 1024;

test.each([
  ['1048576', MiB],
  ['1048576B', MiB],
  ['10MiB', 10 * MiB],
  ['10M', 10 * MiB],
  ['10 mib/s', 10 * MiB],
  ['1.5Mi', 1.5 * MiB],
  ['500KiB', 500 * 1024],
  ['1k', 1024],
  ['1024GiB', 1024 ** 4],
])('%j is %d bytes a second', (text, rate) => {
  expect(writtenByteRate.parse(text)).toBe(rate);
});

test.each(['', '0', '512', '0.5K', '-1M', '10MB', '10Mbit', '10 m iB', 'M', '1e6', '1025G', 'off', '10MiB/h', '1,5M'])(
  '%j is no rate',
  (text) => {
    expect(writtenByteRate.safeParse(text).error?.issues).toMatchObject([
      { message: expect.stringMatching(/^must be bytes per second from 1KiB to 1024GiB/u) as string },
    ]);
  },
);

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
  ['500K', 512_000],
  ['100MiB', 104_857_600],
  ['1.5 GB', 1_610_612_736],
  ['2t', 2_199_023_255_552],
  [' 7 B ', 7],
])('%j is %i bytes', (text, bytes) => {
  expect(writtenByteSize.parse(text)).toBe(bytes);
});

test.each(['', '-1', 'M', '1 X', '1e3', '1,5M', '99999999T', '1KiBB'])('%j is no size', (text) => {
  expect(writtenByteSize.safeParse(text).error?.issues).toMatchObject([
    { message: expect.stringMatching(/^must be bytes, as a number/u) as string },
  ]);
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['30m1h', 5_400_000],
  ['1w1d', 691_200_000],
])('%j is a duration of %i milliseconds', (text, duration) => {
  expect(writtenDuration.parse(text)).toBe(duration);
});

test.each(['', '6', '0h', '1.5h', '-1h', '1y', 'h', '1 h', 6])('%j is no duration', (given) => {
  expect(writtenDuration.safeParse(given).error?.issues).toMatchObject([
    { message: 'must be a duration in weeks, days, hours, minutes and seconds, such as 26h, 1h30m or 7d' },
  ]);
});

test.each([
  ['5%', 0.05],
  ['0.05', 0.05],
  [0.05, 0.05],
  ['.5', 0.5],
  ['100 %', 1],
  [1, 1],
])('%j is a share of %f', (given, share) => {
  expect(writtenShare.parse(given)).toBe(share);
});

test.each(['', '0', '0%', '120%', '2', '-5%', '5 percent', 'NaN', 1.5, null])('%j is no share', (given) => {
  expect(writtenShare.safeParse(given).error?.issues).toMatchObject([
    { message: 'must be a share above 0 and at most 100%, such as 5%' },
  ]);
});
