import { stringify } from 'yaml';

/** What an example is written for. */
export interface Example {
  /** The source's name. */
  readonly name: string;
  readonly root: string;
  /** Where the JSON Schema is, for editors: a path or an address. */
  readonly schema: string;
}

/** A sources file with one source and comments on what else there is. */
export function exampleFile({ name, root, schema }: Example): string {
  return `# yaml-language-server: $schema=${schema}

# What is backed up, each by its name: \`durable-backup backup ${name}\` backs it up now, \`durable-backup schedule apply\` makes
# Temporal do so by the schedules below. A line that begins with # is not read. Values are taken as they are: no variables, no ~.
sources:
  ${name}:
    # The directory; a relative one begins where this file is.
    root: ${stringify(root).trim()}

    # A folder of its own for the blobs; ${name}/ unless given.
    # prefix: hosts/web-1/${name}/

    # Where the directory is: a name that workers elsewhere have among their WORKER_NAMES. The root is absolute then.
    # worker: web-1

    # Words that every run gets, to find it and to keep it by.
    # tags: [nightly]

    # What is left out. Rules in files called .backupignore count besides, as in .gitignore.
    # filters:
    #   exclude: ['*.tmp', /cache/]
    #   excludeIfPresent: [.nobackup]
    #   excludeCaches: true
    #   largerThan: 10GiB

    # A run that lost more of the files than this is suspect: nothing is forgotten or pruned until somebody accepts it.
    # maxLoss: 50%

    # Which runs \`durable-backup forget --source ${name}\` keeps, and the schedule's after.forget.
    retention:
      last: 3
      daily: 7
      weekly: 5
      monthly: 12

    # When it is backed up by itself: cron, or every: 6h. A start that was missed is made up for once.
    # schedule:
    #   cron: '30 2 * * *'
    #   timeZone: Europe/Berlin
    #   jitter: 10m

    # limits:
    #   uploadLimit: 10MiB
    #   window: 16

    # What follows a scheduled backup.
    # after:
    #   forget: true
    #   prune: true
    #   verify: { sample: 1% }

    # Who is told of what. Commands run where the worker does, which has to allow them.
    # notify:
    #   failure:
    #     - webhook: https://example.org/hooks/backup
    #   missed:
    #     - command: [/usr/local/bin/page, 'no backup of ${name}']
    #   missedAfter: 26h
`;
}
