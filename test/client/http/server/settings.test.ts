import { expect, test } from 'vitest';
import { readConfig } from '../../../../src/config.ts';

test('the defaults ask for nothing and are generous', () => {
  expect(readConfig({}).http).toMatchObject({
    trustProxy: undefined,
    rateLimits: { requests: 60_000, starts: 6000 },
    maxBacklog: 50_000,
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
  ['API_KEY', 'a-key-of-16-chars,,another-one-of-16'],
  ['API_KEY', ' '],
  ['API_KEY', 'change-me'],
  ['API_KEY', 'only 15 letters'],
  ['API_KEY', 'a-key-of-16-chars, short'],
  ['HTTP_RATE_LIMIT', '-1'],
  ['HTTP_START_RATE_LIMIT', 'many'],
  ['HTTP_MAX_BACKLOG', '-1'],
  ['HTTP_REQUEST_TIMEOUT', '0'],
])('%s=%j is refused by name', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name}: must be`);
});

test('a key of 16 characters is taken, and what is too short is told how to be made, not what it was', () => {
  expect(readConfig({ API_KEY: 'exactly-16-chars' }).http.apiKey?.reveal()).toBe('exactly-16-chars');
  const message =
    /^The environment is not usable\. API_KEY: must be .* 16 characters; .* node -p "crypto\.randomUUID\(\)"$/u;
  expect(() => readConfig({ API_KEY: 'exactly-16-chars,hunter2' })).toThrow(message);
  expect(() => readConfig({ API_KEY: 'exactly-16-chars,hunter2' })).not.toThrow('hunter2');
});

test('keys do not show when settings are printed', () => {
  const { http } = readConfig({ API_KEY: 'KirschbaumAmHaus,ApfelbaumAmTeich' });
  expect(JSON.stringify(http)).not.toContain('baum');
  expect(String(http.apiKey)).toBe('[secret]');
});
