// node scripts/run.mjs scripts/write-docs.ts
//
// Writes what of the documentation the program itself knows: its commands, its variables, its HTTP calls. A test checks that what is
// written is current.

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { format } from 'oxfmt';
import { z } from 'zod';
import { routes } from '../src/client/http/routes.ts';
import { variables } from '../src/config-variables.ts';
import { createProgram } from '../src/client/cli/program.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every file that is written, by its path in the project, as it should be. */
export async function writtenDocs(): Promise<Record<string, string>> {
  const { printWidth } = JSON.parse(await readFile(join(root, '.oxfmtrc.json'), 'utf8')) as { printWidth: number };
  const pages = {
    'docs/cli.md': commandsPage(createProgram([], () => undefined)),
    'docs/configuration.md': variablesPage(),
    'docs/http-api.md': withCalls(await readFile(join(root, 'docs/http-api.md'), 'utf8')),
  };
  const formatted = Object.entries(pages).map(async ([file, text]) => {
    const { code } = await format(file, text, { printWidth, singleQuote: true });
    return [file, code] as const;
  });
  return { ...Object.fromEntries(await Promise.all(formatted)), '.env.example': exampleEnvironment(printWidth) };
}

// ---- docs/cli.md

const commandsIntro = `# The command line

All commands with their options, as \`durable-backup COMMAND --help\` prints them. What they are for, and in which order one uses them, stands in [the guide](guide.md). This page is written by \`npm run docs\`.

`;

function commandsPage(program: Command): string {
  const help = program.createHelp();
  const groups = Map.groupBy(
    help.visibleCommands(program).filter((command) => command.name() !== 'help'),
    (command) => command.helpGroup(),
  );
  const lists = [...groups].map(([heading, commands]) =>
    [
      `**${heading.replace(/:$/u, '')}:**`,
      commands.map((command) => `[\`${command.name()}\`](#${command.name()})`).join(', '),
    ].join(' '),
  );
  const sections = [...groups.values()].flat().flatMap((command) => commandSections(command));
  return `${commandsIntro}${[...lists, ...sections].join('\n\n')}\n`;
}

function commandSections(command: Command, parents: readonly string[] = []): string[] {
  const path = [...parents, command.name()];
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const given = help.visibleArguments(command).map((argument) => [`\`${argument.name()}\``, argument.description]);
  const options = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [`\`${option.flags}\``, help.optionDescription(option)]);
  const parts = [
    `${'#'.repeat(path.length + 1)} ${path.join(' ')}`,
    `\`durable-backup ${[...path, command.usage()].join(' ')}\`: ${escaped(command.description())}.`,
    table(['argument', 'meaning'], given),
    table(['option', 'meaning'], options),
    ...paragraphs(textAfterHelp(command)),
  ];
  return [...parts.filter((part) => part !== ''), ...below.flatMap((child) => commandSections(child, path))];
}

/** What a command's help says after its options. */
function textAfterHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text.slice(command.helpInformation().length);
}

/** Text of a help as Markdown: what is indented are examples, all else is prose whose lines were broken for a terminal. */
function paragraphs(text: string): string[] {
  const blocks = text.split(/\n\n+|(?<=:)\n(?= )/u).filter((block) => block.trim() !== '');
  return blocks.map((block) =>
    /^ {2}/u.test(block)
      ? `\`\`\`sh\n${block.replaceAll(/^ {2}/gmu, '').trimEnd()}\n\`\`\``
      : escaped(block.trim().replaceAll('\n', ' ')),
  );
}

// ---- docs/configuration.md and .env.example

const variablesIntro = `# Configuration

Everything is read from the environment at start. An empty variable counts as not set, and a wrong one ends the program with a message that names it. [.env.example](../.env.example) is a file to copy. This page is written by \`npm run docs\`.

`;

/** What stands below a heading before its variables. */
const groupNotes: Partial<Record<keyof typeof variables, string>> = {
  Storage:
    'A connection string, or an account that is reached with the identity of the environment. Neither: Azurite is started.',
  Temporal:
    "An address or a profile. Neither: Temporal's development server is started by `backup` and `dev`. For a Temporal that you name, all other variables of [Temporal's environment configuration](https://docs.temporal.io/develop/environment-configuration) work too: `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_CONFIG_FILE`, `TEMPORAL_TLS`, `TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_KEY_PATH`, `TEMPORAL_TLS_SERVER_CA_CERT_PATH`, `TEMPORAL_TLS_SERVER_NAME` and the rest. The embedded server ignores them.",
  'Embedded servers': 'Of `backup` and `dev` without a storage account or a Temporal of yours.',
  'Logs, metrics and traces': 'Logs go to standard error. See [monitoring](operations.md#monitoring).',
};

/** Read by Docker Compose alone, of docker-compose.yml. */
const composeOnly = '# The directory of this machine that the containers see as /backup.\n# BACKUP_SOURCE=./\n';

interface Meta {
  readonly description?: string | undefined;
  readonly sample?: string;
  /** The default, where its value would say too much of this machine or too little. */
  readonly usual?: string;
}

interface Variable extends Meta {
  readonly name: string;
  readonly fallback: string;
}

function groupsOfVariables(): [title: keyof typeof variables, Variable[]][] {
  return Object.entries(variables).map(([title, group]) => [
    title as keyof typeof variables,
    Object.entries<z.ZodType>(group.shape).map(([name, schema]) => {
      const meta = (schema.meta() ?? {}) as Meta;
      return { name, fallback: fallbackOf(schema), ...meta };
    }),
  ]);
}

/** The default in a schema, wherever it stands in it; empty where there is none. */
function fallbackOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodDefault) return String(schema.def.defaultValue);
  if (schema instanceof z.ZodPipe) return fallbackOf(schema.in);
  return schema instanceof z.ZodOptional ? fallbackOf(schema.unwrap()) : '';
}

function variablesPage(): string {
  const sections = groupsOfVariables().map(([title, group]) => {
    const rows = group.map(({ name, fallback, usual, description = '', sample }) => [
      `\`${name}\``,
      usual ?? (fallback === '' ? '' : `\`${fallback}\``),
      sample === undefined || sample.includes('…') ? description : `${description} \`${sample}\``,
    ]);
    const note = groupNotes[title];
    return [`## ${title}`, ...(note === undefined ? [] : [note]), table(['variable', 'default', 'meaning'], rows)].join(
      '\n\n',
    );
  });
  return `${variablesIntro}${sections.join('\n\n')}\n`;
}

function exampleEnvironment(width: number): string {
  const intro = `# Every variable that the project reads, with its default where it has one. Copy to .env and uncomment what you change.
# Docker Compose reads .env by itself. For the npm scripts, load it into the shell:  set -a; . ./.env; set +a
# An empty variable counts as not set. This file is written by \`npm run docs\`.
`;
  const groups = groupsOfVariables().map(([title, group]) => {
    const note = groupNotes[title]?.replaceAll(/\[([^\]]*)\]\(([^)]*)\)/gu, '$1 ($2)');
    const lines = group
      // PATH is nobody's to set for this project alone.
      .filter(({ name }) => name !== 'PATH')
      .map(({ name, description = '', usual, sample, fallback }) => {
        const said = usual === undefined ? description : `${description} Unless given: ${usual}.`;
        const value = usual === undefined && fallback !== '' ? fallback : (sample ?? '');
        return `${comment(said, width)}\n# ${name}=${/[\s;]/u.test(value) ? `'${value}'` : value}\n`;
      });
    return [`# --- ${title} ---\n`, ...(note === undefined ? [] : [`${comment(note, width)}\n`]), ...lines].join('\n');
  });
  return [intro, ...groups, `# --- Docker Compose only ---\n\n${composeOnly}`].join('\n');
}

/** A comment of lines of at most `width` characters. */
function comment(text: string, width: number): string {
  const lines = [''];
  for (const word of text.replaceAll('`', '').split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 3 > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}

// ---- docs/http-api.md

/** The page with the table of all calls between its marks. */
function withCalls(page: string): string {
  // Starts have other paths too; the page says so once.
  const rows = routes.map(({ method, path, summary }) => [`\`${method.toUpperCase()} ${path}\``, summary]);
  const marked = /(?<=<!-- calls:[^>]*-->\n).*?(?=<!-- end -->)/su;
  return page.replace(marked, () => `\n${table(['call', 'what it does'], rows)}\n\n`);
}

// ---- Markdown

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => escaped(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** Text in which no character but those of code and links means anything in Markdown. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/u)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[*<>]/gu, '\\$&')))
    .join('');
}

if (import.meta.main)
  for (const [file, text] of Object.entries(await writtenDocs())) await writeFile(join(root, file), text);
