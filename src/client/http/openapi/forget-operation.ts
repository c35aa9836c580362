import { problem, type Operation } from './operation.ts';

/** How runs are given up. */
export const forgetOperation: Operation = {
  method: 'post',
  path: '/api/backups/forget',
  id: 'forget',
  summary:
    'Forget runs, by their ids or by a policy: they cannot be chosen any more, and the next prune may delete them.',
  tag: 'History',
  body: { schema: 'Forget', required: true },
  answers: {
    200: { description: 'What became of each run that was asked about', schema: 'Forgotten' },
    400: problem('The request is wrong'),
    404: problem('There is no such run, or none that has ended'),
    409: problem('A run is under way, or is the newest complete one of its directory; nothing was changed'),
    413: problem('The body is too large'),
    415: problem('The body is not of a type, charset or encoding that can be read'),
    501: problem('This server knows no storage account'),
    502: problem('The storage account refuses what was asked'),
  },
};
