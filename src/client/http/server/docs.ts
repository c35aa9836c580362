import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Response } from 'express';
import { z } from 'zod';
import { anyJson, anyText } from '../answers.ts';
import { inPath } from '../parameters.ts';
import { nothing } from '../problem.ts';
import { route } from '../route.ts';
import { originOf } from './origin.ts';

const root = route({
  method: 'get',
  path: '/',
  id: 'root',
  tag: 'Server',
  summary: 'Leads to the page that shows this API.',
  answers: { 302: { description: 'To /docs', headers: ['Location'] } },
  open: true,
  page: true,
  // Relative, for whoever serves this below a path of its own.
  handle: ({ response }) => response.redirect('docs'),
});

const document = route({
  method: 'get',
  path: '/openapi.json',
  id: 'openApiDocument',
  tag: 'Server',
  summary: 'This document.',
  answers: { 200: { description: 'OpenAPI 3.1', schema: anyJson } },
  open: true,
  page: true,
  handle: ({ request, response, server }) => response.type('json').send(server.document(originOf(request))),
});

const docs = route({
  method: 'get',
  path: '/docs',
  id: 'docs',
  tag: 'Server',
  summary: 'This document as a page.',
  answers: { 200: { description: 'HTML', schema: anyText, type: 'text/html' } },
  open: true,
  page: true,
  handle({ request, response }) {
    // The page names its parts relative to itself.
    if (request.path.endsWith('/')) response.redirect('../docs');
    else response.set('Content-Security-Policy', policy).type('html').send(page);
  },
});

const fileNames = ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'] as const;

const docsFile = route({
  method: 'get',
  path: '/docs/{file}',
  id: 'docsFile',
  tag: 'Server',
  summary: 'A part of that page.',
  inPath: {
    file: inPath(z.enum(fileNames).meta({ description: 'Its name', examples: [...fileNames] }), () => nothing(404)),
  },
  answers: {
    200: { description: 'A script or a style sheet', schema: anyText, type: 'text/javascript' },
    404: { description: 'The page has no such part' },
  },
  open: true,
  page: true,
  handle: async ({ response, path: { file } }) => {
    response.set('Cache-Control', 'public, max-age=3600');
    if (file === 'start.js') response.type('js').send(startScript);
    else await sendFile(response, file);
  },
});

/** The document, and Swagger UI, which shows it. */
export const docsRoutes = [root, document, docs, docsFile];

// Nothing but what this server serves; images are part of the style sheet.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>durable-backup HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs a script; <a href="openapi.json">openapi.json</a> says the same.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** Starts Swagger UI, and has it show the commands of `x-codeSamples`, which it knows nothing of. */
const startScript = `
const samples = ({ React: { createElement: h } }) => ({
  wrapComponents: {
    responses: (Responses) => (props) => {
      const operation = props.specSelectors.specJson().getIn(['paths', props.path, props.method]);
      const shown = operation?.get('x-codeSamples')?.toJS() ?? [];
      return h('div', null,
        ...shown.map(({ label, source }) => h('section', { key: label, className: 'opblock-description-wrapper' },
          h('h4', null, label), h('pre', { className: 'microlight' }, h('code', null, source)))),
        h(Responses, props));
    },
  },
});
SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  displayOperationId: false,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  plugins: [samples],
});
`;

/** Where Swagger UI's files are: in a package beside this module, in a clone among its dependencies. */
function folder(): string {
  const packed = fileURLToPath(new URL('swagger-ui', import.meta.url));
  if (existsSync(packed)) return packed;
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}

function sendFile(response: Response, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.sendFile(file, { root: folder(), cacheControl: false }, (error) => (error ? reject(error) : resolve()));
  });
}
