import type { VerificationTally, VerifiedFile } from './verification.ts';

export const emptyVerificationTally: VerificationTally = {
  files: 0,
  bytes: 0,
  intact: 0,
  readBytes: 0,
  missing: 0,
  corrupt: 0,
  extra: 0,
  unchecked: 0,
  failed: 0,
};

/** What one line of the ledger adds to its page's tally. */
export function verificationTallyOf({ outcome, size, attempts }: VerifiedFile): VerificationTally {
  if (outcome === 'extra') return { ...emptyVerificationTally, extra: 1 };
  const held = { ...emptyVerificationTally, files: 1, bytes: size };
  switch (outcome) {
    case 'intact':
      return { ...held, intact: 1, readBytes: attempts > 0 ? size : 0 };
    case 'archived':
    case 'unchecked':
      return { ...held, [outcome]: 1 };
    case 'missing':
    case 'corrupt':
      return { ...held, [outcome]: 1, failed: 1, readBytes: attempts > 0 ? size : 0 };
    case 'failed':
      return { ...held, failed: 1 };
  }
}
