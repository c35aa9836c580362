import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';

test('the defaults ask for nothing and are generous', () => {
  expect(readConfig({}).http).toMatchObject({
    trustProxy: undefined,
    rateLimits: { requests: 60_000, starts: 6000 },
    requestTimeoutMs: 60_000,
  });
});

test.each([
  ['1', 1],
  ['12', 12],
  ['10.0.0.0/8', ['10.0.0.0/8']],
  ['loopback, 2001:db8::/32,192.0.2.1', ['loopback', '2001:db8::/32', '192.0.2.1']],
])('TRUST_PROXY=%s is read', (text, trusted) => {
  expect(readConfig({ TRUST_PROXY: text }).http.trustProxy).toEqual(trusted);
});

test.each([
  ['TRUST_PROXY', '0'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '-1'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0.0/8/8'],
  ['TRUST_PROXY', 'proxy.example'],
  ['TRUST_PROXY', '10.0.0.1,,10.0.0.2'],
  ['API_KEY', ','],
  ['API_KEY', 'a,,b'],
  ['API_KEY', ' '],
  ['HTTP_RATE_LIMIT', '-1'],
  ['HTTP_START_RATE_LIMIT', 'many'],
  ['HTTP_REQUEST_TIMEOUT', '0'],
])('%s=%j is refused by name', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name}: must be`);
});

test('keys do not show when settings are printed', () => {
  const { http } = readConfig({ API_KEY: 'Kirschbaum,Apfelbaum' });
  expect(JSON.stringify(http)).not.toContain('baum');
  expect(String(http.apiKey)).toBe('[secret]');
});
