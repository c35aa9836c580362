import { lines, read } from './backup-operations.ts';
import { parameters, problem, type Operation } from './operation.ts';

const answers = { 501: problem('This server knows no storage account, or no sources file') } as const;

/** What can be asked of sources. */
export const sourceOperations: readonly Operation[] = [
  read('/api/backups/sources', 'sources', {
    summary: 'What the sources file names.',
    answers: { ...answers, 200: { description: 'The sources, in its order', schema: 'SourceList' } },
  }),
  read('/api/backups/status', 'sourceStatus', {
    summary: 'How every source is.',
    answers: { ...answers, 200: { description: 'Sources, and directories without one', schema: 'SourceStatusList' } },
  }),
  read('/api/backups/stats', 'stats', {
    summary: 'What backups take in storage.',
    parameters: [parameters.prefix],
    answers: { ...answers, 200: lines('StatsRow') },
  }),
];
