import type { DescribedAnswer, DescribedOperation, DescribedParameter, OpenApiDocument } from './document.ts';

/** The page's only style sheet. It stands apart so that its hash can be made. */
export const docsStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 6rem; }
h1 { margin-bottom: 0; } h2 { margin: 3rem 0 0.5rem; border-bottom: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: 0.75rem; border: 1px solid var(--line); border-radius: 6px; overflow: auto; max-height: 24rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0; padding: 0.5rem 0.75rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4.5em; }
details > [id] { scroll-margin-top: 3.5rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0; border-top: 1px solid var(--line); }
td { overflow-wrap: anywhere; } td b { white-space: nowrap; }
th { font-weight: 600; border-top: 0; }
@media (min-width: 40rem) { td:first-child { white-space: nowrap; } }
`;

/** Shows a document on one page that needs nothing else: no script, no image, nothing from another address. */
export function docsPage({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag));
    return `<h2 id="${escape(tag)}">${escape(tag)}</h2>${own.map(operationHtml).join('')}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details><summary><code>${escape(name)}</code></summary><pre id="schema-${escape(name)}">${escape(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  const links = [...tags, 'Schemas'].map((tag) => `<a href="#${escape(tag)}">${escape(tag)}</a>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} HTTP API</title>
<style>${docsStyle}</style>
</head>
<body>
<h1>${escape(info.title)} HTTP API</h1>
<p>${escape(info.description)}</p>
<nav aria-label="Sections">${links}<a href="openapi.json">openapi.json</a></nav>
<main>
${sections.join('\n')}
<h2 id="Schemas">Schemas</h2>
${schemas.join('\n')}
</main>
</body>
</html>
`;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: DescribedOperation }) {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const body =
    requestBody && `<h3>Body</h3><p>${requestBody.required ? '' : 'Optional. '}${contentHtml(requestBody)}</p>`;
  // A link to something inside opens the details; one to the details themselves would leave them closed.
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${escape(path)}</code></summary>
<p id="${escape(operationId)}">${escape(summary)}</p>
${parametersHtml(parameters)}${body ?? ''}
<h3>Answers</h3>${table(['Status', 'Meaning', 'Content'], Object.entries(responses).map(answerRow))}</details>`;
}

function parametersHtml(parameters: readonly DescribedParameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(({ name, in: place, required, schema, description = '' }) => {
    const type = typeof schema['type'] === 'string' ? `, ${schema['type']}` : '';
    return [`<code>${escape(name)}</code>`, `${place}${type}`, `${required ? 'Required. ' : ''}${escape(description)}`];
  });
  return `<h3>Parameters</h3>${table(['Name', 'In', 'Meaning'], rows)}`;
}

function answerRow([status, answer]: [string, DescribedAnswer]): string[] {
  const headers = Object.keys(answer.headers ?? {}).map((name) => `<code>${escape(name)}</code>`);
  const parts = [contentHtml(answer), headers.length > 0 ? `with ${headers.join(', ')}` : ''].filter(
    (part) => part !== '',
  );
  return [`<b>${status}</b>`, escape(answer.description), parts.join(', ')];
}

function contentHtml({ content = {} }: Pick<DescribedAnswer, 'content'>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const name = schema.$ref.replace(/^.*\//u, '');
      return `<a href="#schema-${escape(name)}">${escape(name)}</a> as <code>${escape(type)}</code>`;
    })
    .join(', ');
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => entities[character] ?? character);
}
